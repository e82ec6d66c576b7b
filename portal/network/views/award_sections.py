"""What an employer writes in an application: the tier, each criterion, and asking staff."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.result import Err
from portal.network.forms.awards import AskForm, ChoicesForm, SectionForm
from portal.network.queries import award_applications as queries
from portal.network.queries.award_applications import ApplicationFacts
from portal.network.rules.award_criteria import Criterion, load_criteria
from portal.network.rules.awards import MOST_STATEMENTS, drafted
from portal.network.service import award_applications as service
from portal.network.service import award_statements as statements_service
from portal.network.service.award_applications import Section
from portal.network.views import blueprint
from portal.network.views.award_apply import load_application, to_application
from portal.web.access import current_author
from portal.web.security import limiter


@blueprint.route("/employers/<employer>/awards/<reference>/choices", methods=["GET", "POST"])
def application_choices(employer: str, reference: str) -> ResponseReturnValue:
    """The tier, and whether assessors may see actions and evidence."""
    facts = load_application(employer, reference)
    form = ChoicesForm(data={"tier": facts.tier_sought, "consent": facts.consent_evidence})
    if form.validate_on_submit():
        with unit_of_work():
            done = service.choose(
                reference=facts.reference,
                tier=form.tier.data or "",
                consent=bool(form.consent.data),
                by=current_author(),
            )
        if not isinstance(done, Err):
            flash("Saved.", "success")
            return to_application(facts.employer_reference, facts.reference)
        form.refuse(done.problem)
    return render_template(
        "network/awards/choices.html",
        facts=facts,
        form=form,
        actions=queries.done_actions(facts.employer_id),
        files=queries.own_files(facts.employer_id),
    )


@blueprint.route("/employers/<employer>/awards/<reference>/section/<key>", methods=["GET", "POST"])
def application_section(employer: str, reference: str, key: str) -> ResponseReturnValue:
    """One criterion, saved by itself; an older edit is refused with both texts."""
    facts = load_application(employer, reference)
    criterion = load_criteria(facts.criteria_version).criterion(key) or abort(404)
    form = _section_form(facts, criterion)
    quiet = request.headers.get("X-Autosave") == "1"
    stale = False
    if form.validate_on_submit():
        with unit_of_work():
            done = service.save_section(
                reference=facts.reference,
                section=Section(
                    key,
                    form.text.data or "",
                    tuple(form.actions.data or ()),
                    tuple(form.evidence.data or ()),
                    form.seen(),
                ),
                by=current_author(),
            )
        if not isinstance(done, Err):
            if quiet:
                saved: dict[str, Any] = {"revision": str(done.value)}
                return jsonify({"message": "Saved", "revision": saved})
            flash(f"{criterion.title}: saved.", "success")
            return redirect(_next_section(facts, key))
        facts = load_application(employer, reference)
        stale = done.problem.code == "stale"
        form.refuse(done.problem)
        if stale:
            form.revision.data = str(facts.section(key).get("revision", 0))
    if quiet:
        message = form.summary()[0]["text"] if form.summary() else "Not saved"
        return jsonify({"message": message, "reload": request.path}), 409
    page = render_template(
        "network/awards/section.html",
        facts=facts,
        criterion=criterion,
        form=form,
        stale=stale,
        saved=facts.section(key),
    )
    return page, 409 if stale else 200


@blueprint.route("/employers/<employer>/awards/<reference>/statements", methods=["GET", "POST"])
@limiter.limit("60/hour", methods=["POST"])
def statement_ask(employer: str, reference: str) -> ResponseReturnValue:
    """Asking staff to speak for it, and what those said who did."""
    facts = load_application(employer, reference)
    form = AskForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = statements_service.ask(
                reference=facts.reference,
                to_name=form.to_name.data or "",
                to_email=form.to_email.data or "",
                by=current_author(),
            )
        if not isinstance(done, Err):
            flash(f"{form.to_name.data} has been asked.", "success")
            return redirect(request.path)
        form.refuse(done.problem)
    return render_template(
        "network/awards/statements.html",
        facts=facts,
        form=form,
        statements=queries.statements(facts.id),
        most=MOST_STATEMENTS,
    )


# Parts ----------------------------------------------------------------------------------------


def _section_form(facts: ApplicationFacts, criterion: Criterion) -> SectionForm:
    """The form as saved; begun out of completed actions where they agreed to show them."""
    saved = facts.section(criterion.key)
    consent = facts.consent_evidence
    actions = queries.done_actions(facts.employer_id) if consent else []
    files = queries.own_files(facts.employer_id) if consent else []
    values: dict[str, Any] = {**saved, "revision": str(saved.get("revision", 0))}
    if not saved.get("text") and not saved.get("actions"):
        fitting = [a for a in actions if a.about(criterion.dimension, criterion.questions)]
        values["text"] = drafted((one.title, one.evidence) for one in fitting)
        values["actions"] = [one.reference for one in fitting]
    form = SectionForm(data=values)
    form.offer("actions", [(one.reference, one.title, one.evidence) for one in actions])
    form.offer("evidence", [(one.reference, one.file_name, one.kind_words) for one in files])
    return form


def _next_section(facts: ApplicationFacts, key: str) -> str:
    keys = load_criteria(facts.criteria_version).keys
    place = keys.index(key) + 1
    address: dict[str, Any] = {
        "employer": facts.employer_reference,
        "reference": facts.reference,
    }
    if place < len(keys) and "next" in request.form:
        return url_for("network.application_section", key=keys[place], **address)
    return url_for("network.application", **address)
