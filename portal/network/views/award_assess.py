"""Assessing an application without seeing the other's scores, and deciding once both are there."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from flask import abort, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.queries import evidence as files
from portal.db import unit_of_work
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.network.access import may_decide
from portal.network.forms.awards import (
    DECLINE,
    AssessForm,
    ConflictForm,
    DecideForm,
    ReasonForm,
    UserForm,
    assess_form,
)
from portal.network.queries import award_applications as applications
from portal.network.queries import award_assessing as queries
from portal.network.queries import awards as award_queries
from portal.network.queries.award_applications import ApplicationFacts
from portal.network.queries.award_assessing import AssessmentFacts
from portal.network.rules.award_criteria import load_criteria
from portal.network.rules.awards import shown_code, shown_score, unnamed
from portal.network.rules.words import TIERS
from portal.network.service import award_assessing as service
from portal.network.service import award_deciding as deciding
from portal.network.service.award_assessing import Scored
from portal.network.views import blueprint
from portal.network.views.award_apply import STATE_WORDS
from portal.web.access import current_actor, current_author
from portal.web.asked import asked_number

_A_PAGE: Final = 50
_LONGEST_KEY: Final = 10
_BLIND: Final = frozenset({"submitted", "assessing", "moderation"})


@blueprint.get("/awards/assess")
def assess_list() -> str:
    """What somebody has to assess."""
    page = max(1, asked_number("page", 1))
    rows = queries.assessed_by(
        current_actor().user_id or 0, limit=_A_PAGE + 1, offset=(page - 1) * _A_PAGE
    )
    return render_template(
        "network/awards/assess_list.html",
        rows=rows[:_A_PAGE],
        tiers=TIERS,
        earlier=url_for("network.assess_list", page=page - 1) if page > 1 else None,
        later=url_for("network.assess_list", page=page + 1) if rows[_A_PAGE:] else None,
    )


@blueprint.route("/awards/assess/<reference>", methods=["GET", "POST"])
def assess(reference: str) -> ResponseReturnValue:
    """One application as its assessor sees it: no people, and nobody else's scores."""
    facts, own = _own(reference)
    criteria = load_criteria(facts.criteria_version)
    form = assess_form(criteria)(data=_saved(own))
    quiet = request.headers.get("X-Autosave") == "1"
    if form.validate_on_submit():
        scored = Scored(form.scores(criteria), form.words.data or "", form.seen())
        finished = "finish" in request.form and not quiet
        with unit_of_work():
            done = (service.finish if finished else service.save)(
                reference=facts.reference, scored=scored, by=current_author()
            )
        if not isinstance(done, Err):
            if quiet:
                return jsonify({"message": "Saved", "revision": {"revision": str(done.value)}})
            flash("Finished. Thank you." if finished else "Saved.", "success")
            return redirect(url_for("network.assess_list") if finished else request.path)
        form.refuse(done.problem)
    if quiet:
        message = form.summary()[0]["text"] if form.summary() else "Not saved"
        return jsonify({"message": message, "reload": request.path}), 409
    return _assess_page(facts, own, form)


def _assess_page(facts: ApplicationFacts, own: AssessmentFacts, form: AssessForm) -> str:
    criteria = load_criteria(facts.criteria_version)
    people = queries.people_of(facts.employer_id)
    # Whoever settles a gap reads both, without knowing whose they are.
    two = queries.of_application(facts.id) if own.moderates else []
    return render_template(
        "network/awards/assess.html",
        facts=facts,
        own=own,
        form=form,
        fields=form.parts(criteria),
        criteria=criteria,
        frozen=facts.frozen or {},
        statements=[one for one in applications.statements(facts.id) if one.given],
        hide=lambda text: unnamed(text, people),
        two=[one for one in two if not one.moderates and one.state == "done"],
        is_open=own.state == "assigned" and facts.state in _BLIND,
        tiers=TIERS,
    )


@blueprint.route("/awards/assess/<reference>/conflict", methods=["GET", "POST"])
def assess_conflict(reference: str) -> ResponseReturnValue:
    """Say that you cannot judge an employer: it goes to somebody else."""
    facts, _own_one = _own(reference)
    form = ReasonForm()
    if form.validate_on_submit():
        author = current_author()
        with unit_of_work():
            done = service.declare(
                reference=facts.reference,
                user_id=author.user_id or 0,
                reason=form.reason.data or "",
                by=author,
            )
        if not isinstance(done, Err):
            flash("Thank you. It goes to somebody else.", "success")
            return redirect(url_for("network.assess_list"))
        form.refuse(done.problem)
    return render_template("network/awards/assess_conflict.html", facts=facts, form=form)


@blueprint.get("/awards/assess/<reference>/files/<file>")
def assess_file(reference: str, file: str) -> ResponseReturnValue:
    """A file that the application puts before its assessors, as a download."""
    facts, _own_one = _own(reference)
    wanted = normalise_reference(file)
    found = files.one(wanted) if wanted in (facts.frozen or {}).get("evidence", {}) else None
    if found is None or found.employer_id != facts.employer_id or found.withdrawn:
        abort(404)
    read = service.read_file(found)
    if isinstance(read, Err):
        flash(read.problem.message, "error")
        return redirect(url_for("network.assess", reference=facts.reference))
    response = send_file(
        BytesIO(read.value),
        mimetype=found.media_type,
        as_attachment=True,
        download_name=found.file_name,
        etag=False,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


# --- For the LEP ------------------------------------------------------------------------------


@blueprint.get("/awards/applications/<reference>")
def moderate(reference: str) -> ResponseReturnValue:
    """An application as the LEP sees it: who assesses it, and what they scored."""
    facts = _sent(reference)
    if _assesses(facts):
        return redirect(url_for("network.assess", reference=facts.reference))
    criteria = load_criteria(facts.criteria_version)
    assessments = queries.of_application(facts.id)
    free = service.free_assessors(facts.id, facts.round_id, facts.employer_id)
    assign, conflict = UserForm(), ConflictForm()
    assign.offer("user", [(str(one.user_id), f"{one.name} ({one.given})") for one in free])
    conflict.offer("user", _working(assessments))
    came = deciding.outcome(criteria, assessments) if facts.state not in _BLIND else None
    return render_template(
        "network/awards/sent.html",
        facts=facts,
        criteria=criteria,
        assessments=assessments,
        came=came,
        free=free,
        assign=assign,
        conflict=conflict,
        may_decide=may_decide(current_actor()) and facts.state == "ready",
        statements=[one for one in applications.statements(facts.id) if one.given],
        award=award_queries.by_application(facts.id),
        words={**STATE_WORDS, "moderation": "A third assessor settles a large gap"},
        tiers=TIERS,
        shown_score=shown_score,
        shown_code=shown_code,
    )


@blueprint.post("/awards/applications/<reference>/assign")
def assign(reference: str) -> ResponseReturnValue:
    """Give it to an assessor, or to a third one who settles the gap."""
    facts = _sent(reference)
    form = UserForm()
    sent = request.form.get("user", "")
    # Whoever was on the page may have a conflict by now: the service says which, and keeps it.
    form.offer("user", [(sent, sent)] if sent.isdecimal() and len(sent) < _LONGEST_KEY else [])
    if form.validate_on_submit():
        with unit_of_work():
            done = service.assign(reference=facts.reference, user_id=int(sent), by=current_author())
        _say(done, "They are told by mail.")
    else:
        flash("Choose an assessor who has no conflict", "error")
    return redirect(url_for("network.moderate", reference=facts.reference))


@blueprint.post("/awards/applications/<reference>/conflict")
def conflict_add(reference: str) -> ResponseReturnValue:
    """Note that one of its assessors cannot judge it."""
    facts = _sent(reference)
    form = ConflictForm()
    form.offer("user", _working(queries.of_application(facts.id)))
    if form.validate_on_submit():
        with unit_of_work():
            done = service.declare(
                reference=facts.reference,
                user_id=int(form.user.data or 0),
                reason=form.reason.data or "",
                by=current_author(),
            )
        _say(done, "It is noted, and the application is free for somebody else.")
    else:
        flash("Choose the assessor and say why", "error")
    return redirect(url_for("network.moderate", reference=facts.reference))


@blueprint.route("/awards/applications/<reference>/decide", methods=["GET", "POST"])
def decide(reference: str) -> ResponseReturnValue:
    """Decide, with feedback."""
    facts = _sent(reference)
    if _assesses(facts):
        abort(403)
    form = DecideForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = deciding.decide(
                reference=facts.reference,
                tier=None if form.tier.data == DECLINE else form.tier.data,
                feedback=form.feedback.data or "",
                reason=form.reason.data or "",
                by=current_author(),
            )
        if not isinstance(done, Err):
            flash("It is decided, and the employer is told.", "success")
            return redirect(url_for("network.moderate", reference=facts.reference))
        form.refuse(done.problem)
    criteria = load_criteria(facts.criteria_version)
    ready = facts.state == "ready"
    return render_template(
        "network/awards/decide.html",
        facts=facts,
        form=form,
        criteria=criteria,
        came=deciding.outcome(criteria, queries.of_application(facts.id)) if ready else None,
        tiers=TIERS,
        shown_score=shown_score,
    )


# Parts ----------------------------------------------------------------------------------------


def _own(reference: str) -> tuple[ApplicationFacts, AssessmentFacts]:
    facts = applications.application(normalise_reference(reference)) or abort(404)
    own = queries.mine(facts.id, current_actor().user_id or 0) or abort(404)
    return facts, own


def _sent(reference: str) -> ApplicationFacts:
    facts = applications.application(normalise_reference(reference))
    if facts is None or facts.submitted_at is None:
        abort(404)
    return facts


def _assesses(facts: ApplicationFacts) -> bool:
    """Whether whoever looks has a part in assessing it that is not over."""
    own = queries.mine(facts.id, current_actor().user_id or 0)
    return own is not None and facts.state in _BLIND


def _saved(own: AssessmentFacts) -> dict[str, Any]:
    values: dict[str, Any] = {"words": own.words, "revision": str(own.revision)}
    for key, row in own.scores.items():
        values[f"score_{key}"] = str(row["score"])
        values[f"note_{key}"] = row.get("note", "")
    return values


def _working(assessments: list[AssessmentFacts]) -> list[tuple[str, str]]:
    return [(str(one.user_id), one.by_name) for one in assessments if one.state == "assigned"]


def _say(done: Any, words: str) -> None:
    if isinstance(done, Err):
        flash(done.problem.message, "error")
    else:
        flash(words, "success")
