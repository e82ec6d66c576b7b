"""Applying for an award: what it takes, sections saved as you go, checking and sending."""

from __future__ import annotations

from typing import Any, Final

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.employers import queries as employers
from portal.employers.queries import EmployerProfile
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.network.access import may_send
from portal.network.forms.awards import ApplyForm, AskForm, ChoicesForm, PressForm, SectionForm
from portal.network.queries import award_applications as queries
from portal.network.queries import award_rounds as rounds
from portal.network.queries import awards as award_queries
from portal.network.queries.award_applications import ApplicationFacts
from portal.network.rules.award_criteria import Criterion, load_criteria
from portal.network.rules.awards import MOST_STATEMENTS, drafted, renew_from, shown_code
from portal.network.rules.words import TIERS
from portal.network.service import award_applications as service
from portal.network.service import award_statements as statements_service
from portal.network.service.award_applications import Section
from portal.network.views import blueprint
from portal.web.access import current_actor, current_author
from portal.web.security import limiter

STATE_WORDS: Final = {
    "draft": "Not sent yet",
    "submitted": "Sent",
    "assessing": "Being assessed",
    "moderation": "Being assessed",
    "ready": "Waits for the decision",
    "awarded": "Awarded",
    "declined": "No award this time",
    "withdrawn": "Withdrawn",
    "lapsed": "Not sent in time",
}


@blueprint.route("/employers/<employer>/awards", methods=["GET", "POST"])
def apply(employer: str) -> ResponseReturnValue:
    """An employer's awards and applications; what it takes to apply, and applying."""
    profile = _employer(employer)
    current = rounds.now_or_next(today())
    wanted = request.args.get("tier", "")
    form = ApplyForm(data={"tier": wanted if wanted in TIERS else "committed"})
    if form.validate_on_submit():
        with unit_of_work():
            done = service.begin(
                employer=profile.reference,
                round_reference=current.reference if current else "",
                tier=form.tier.data or "",
                by=current_author(),
            )
        if not isinstance(done, Err):
            return _to(profile.reference, done.value)
        form.refuse(done.problem)
    tier = form.tier.data if form.tier.data in TIERS else "committed"
    return render_template(
        "network/awards/apply.html",
        employer=profile,
        form=form,
        round=current,
        is_open=current is not None and current.is_open(today()),
        needs=service.eligibility(profile, current.sectors, tier) if current else [],
        need_links=_need_links(profile.reference),
        tier=tier,
        applications=queries.of_employer(profile.id),
        awards=award_queries.of_employer(profile.id),
        today=today(),
        words=STATE_WORDS,
        tiers=TIERS,
        shown_code=shown_code,
    )


@blueprint.get("/employers/<employer>/awards/renewal")
def renewal(employer: str) -> str:
    """Which awards end when, from when each can be renewed, and the way to do it."""
    profile = _employer(employer)
    current = rounds.now_or_next(today())
    return render_template(
        "network/awards/renewal.html",
        employer=profile,
        awards=[
            (one, renew_from(one.valid_until))
            for one in award_queries.of_employer(profile.id)
            if one.standing(today()) == "valid"
        ],
        round=current,
        is_open=current is not None and current.is_open(today()),
        today=today(),
        tiers=TIERS,
    )


@blueprint.get("/employers/<employer>/awards/<reference>")
def application(employer: str, reference: str) -> str:
    """One application: how far it is, and after the decision what came of it."""
    facts = _load(employer, reference)
    award = award_queries.by_application(facts.id) if facts.state == "awarded" else None
    return render_template(
        "network/awards/application.html",
        facts=facts,
        criteria=load_criteria(facts.criteria_version),
        round=rounds.round_by_id(facts.round_id),
        given=sum(one.given for one in queries.statements(facts.id)),
        award=award,
        standing=award.standing(today()) if award else "",
        form=PressForm(),
        may_send=may_send(current_actor(), facts.employer_reference),
        words=STATE_WORDS,
        tiers=TIERS,
        today=today(),
        shown_code=shown_code,
    )


@blueprint.route("/employers/<employer>/awards/<reference>/choices", methods=["GET", "POST"])
def application_choices(employer: str, reference: str) -> ResponseReturnValue:
    """The tier, and whether assessors may see actions and evidence."""
    facts = _load(employer, reference)
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
            return _to(facts.employer_reference, facts.reference)
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
    facts = _load(employer, reference)
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
        facts = _load(employer, reference)
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
    facts = _load(employer, reference)
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


@blueprint.route("/employers/<employer>/awards/<reference>/check", methods=["GET", "POST"])
def submit(employer: str, reference: str) -> ResponseReturnValue:
    """Everything on one page, to be read through and sent."""
    facts = _load(employer, reference)
    form = PressForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.submit(reference=facts.reference, by=current_author())
        if not isinstance(done, Err):
            flash(
                "Your application is sent. You can take it back until the round closes.", "success"
            )
            return _to(facts.employer_reference, facts.reference)
        form.refuse(done.problem)
        facts = _load(employer, reference)
    profile = _employer(employer)
    found = rounds.round_by_id(facts.round_id)
    return render_template(
        "network/awards/check.html",
        facts=facts,
        form=form,
        criteria=load_criteria(facts.criteria_version),
        actions={one.reference: one for one in queries.done_actions(facts.employer_id)},
        files={one.reference: one for one in queries.own_files(facts.employer_id)},
        needs=[
            one
            for one in service.eligibility(profile, found.sectors, facts.tier_sought)
            if not one.met
        ],
        tiers=TIERS,
    )


@blueprint.post("/employers/<employer>/awards/<reference>/take-back")
def application_take_back(employer: str, reference: str) -> ResponseReturnValue:
    """Make it a draft again while the round is open."""
    facts = _load(employer, reference)
    if PressForm().validate_on_submit():
        with unit_of_work():
            done = service.take_back(reference=facts.reference, by=current_author())
        _say(done, "It is yours to change again. Send it before the round closes.")
    return _to(facts.employer_reference, facts.reference)


@blueprint.route("/employers/<employer>/awards/<reference>/withdraw", methods=["GET", "POST"])
def withdraw(employer: str, reference: str) -> ResponseReturnValue:
    """Withdraw an application, after asking."""
    facts = _load(employer, reference)
    form = PressForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.withdraw(reference=facts.reference, by=current_author())
        _say(done, "Your application is withdrawn.")
        return _to(facts.employer_reference, facts.reference)
    return render_template("network/awards/withdraw.html", facts=facts, form=form)


# Parts ----------------------------------------------------------------------------------------


def _employer(reference: str) -> EmployerProfile:
    return employers.employer_profile(reference) or abort(404)


def _load(employer: str, reference: str) -> ApplicationFacts:
    facts = queries.application(normalise_reference(reference))
    if facts is None or facts.employer_reference != employer:
        abort(404)
    return facts


def _to(employer: str, reference: str) -> ResponseReturnValue:
    return redirect(url_for("network.application", employer=employer, reference=reference))


def _say(done: Any, words: str) -> None:
    if isinstance(done, Err):
        flash(done.problem.message, "error")
    else:
        flash(words, "success")


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


def _need_links(employer: str) -> dict[str, tuple[str, str]]:
    """Where what is missing is done."""
    return {
        "diagnostic": ("Start the diagnostic", url_for("diagnostics.start")),
        "legal": ("Open the action plan", url_for("action_plans.overview", employer=employer)),
        "member": ("Join the network", url_for("network.profile_edit", employer=employer)),
        "award": ("See when you can renew", url_for("network.renewal", employer=employer)),
    }
