"""Changes of a case: its stage, its end, its contact person, what it waits for."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload import queries
from portal.caseload.forms.cases import (
    CloseForm,
    ContactForm,
    ReopenForm,
    RevisedForm,
    StageForm,
    WaitingForm,
)
from portal.caseload.queries import CaseFacts
from portal.caseload.rules import stages
from portal.caseload.rules.stages import Stage
from portal.caseload.service import case_details, cases
from portal.caseload.views import blueprint
from portal.caseload.views.contacts import planned_words
from portal.caseload.views.links import way_back
from portal.caseload.views.loading import load_own_case
from portal.db import unit_of_work
from portal.kernel.result import Ok, Problem
from portal.web.access import current_author


def _home(case: CaseFacts) -> str:
    return way_back(url_for("caseload.case", case=case.reference))


def _gone(case: CaseFacts, message: str) -> ResponseReturnValue:
    flash(message, "error")
    return redirect(url_for("caseload.case", case=case.reference))


def _done(case: CaseFacts, message: str) -> ResponseReturnValue:
    flash(message, "success")
    return redirect(_home(case))


def _begin(form: RevisedForm, case: CaseFacts) -> None:
    if request.method != "POST":
        form.revision.data = str(case.revision)


def _refuse(form: RevisedForm, problem: Problem, case: CaseFacts) -> None:
    """Show why. Having been told of another's change, the same button goes on from it."""
    form.refuse(problem)
    if problem is cases.CHANGED:
        fresh = queries.case_facts(case.reference)
        form.revision.data = str(fresh.revision if fresh is not None else case.revision)


@blueprint.route("/cases/<case>/stage", methods=["GET", "POST"])
def move_stage(case: str) -> ResponseReturnValue:
    """Another stage, each shown with the records it still misses."""
    facts = load_own_case(case)
    if not facts.is_open:
        return _gone(facts, "This case is closed. Reopen it first.")
    form = StageForm()
    _begin(form, facts)
    held = queries.held_milestones(facts.id)
    waived = queries.waived_milestones(facts.id)
    form.offer("stage", [_stage_choice(s, facts, held, waived) for s in _others(facts)])
    if form.validate_on_submit():
        with unit_of_work():
            result = cases.move_stage(
                reference=facts.reference,
                target=Stage(form.stage.data),
                reason=form.reason.data or "",
                revision=form.seen_revision,
                by=current_author(),
            )
        if isinstance(result, Ok):
            return _done(facts, f"The case is now at {Stage(form.stage.data).label}.")
        _refuse(form, result.problem, facts)
    return render_template("caseload/stage.html", case=facts, form=form, back=_home(facts))


def _others(case: CaseFacts) -> list[Stage]:
    return [stage for stage in Stage if stage not in {case.stage, Stage.CLOSED}]


def _stage_choice(
    stage: Stage, case: CaseFacts, held: frozenset[str], waived: frozenset[str]
) -> tuple[str, str, str]:
    absent = stages.missing(stage, held, waived)
    if absent:
        hint = "Missing: " + "; ".join(item.label for item in absent)
    elif stage.place < case.stage.place:
        hint = "A stage back"
    else:
        hint = "Every record is there"
    return (stage.value, stage.label, hint)


@blueprint.route("/cases/<case>/close", methods=["GET", "POST"])
def close(case: str) -> ResponseReturnValue:
    """End the work on a case, with a reason."""
    facts = load_own_case(case)
    if not facts.is_open:
        return _gone(facts, "This case is closed already.")
    form = CloseForm()
    _begin(form, facts)
    if form.validate_on_submit():
        with unit_of_work():
            result = cases.close_case(
                reference=facts.reference,
                reason=form.reason.data,
                note=form.note.data or "",
                revision=form.seen_revision,
                by=current_author(),
            )
        if isinstance(result, Ok):
            return _done(facts, "The case is closed.")
        _refuse(form, result.problem, facts)
    absent = stages.missing(
        Stage.FOLLOW_UP,
        queries.held_milestones(facts.id),
        queries.waived_milestones(facts.id),
    )
    return render_template(
        "caseload/close.html",
        case=facts,
        form=form,
        back=_home(facts),
        absent=[item.label for item in absent],
        planned=planned_words(facts),
    )


@blueprint.route("/cases/<case>/reopen", methods=["GET", "POST"])
def reopen(case: str) -> ResponseReturnValue:
    """Take up a closed case again."""
    facts = load_own_case(case)
    if facts.is_open:
        return _gone(facts, "This case is open.")
    form = ReopenForm()
    _begin(form, facts)
    if form.validate_on_submit():
        with unit_of_work():
            result = cases.reopen_case(
                reference=facts.reference,
                reason=form.reason.data,
                revision=form.seen_revision,
                by=current_author(),
            )
        if isinstance(result, Ok):
            return _done(facts, "The case is open again. Plan its next action.")
        _refuse(form, result.problem, facts)
    return render_template("caseload/reopen.html", case=facts, form=form, back=_home(facts))


@blueprint.route("/cases/<case>/waiting", methods=["GET", "POST"])
def waiting(case: str) -> ResponseReturnValue:
    """What the employer has promised."""
    facts = load_own_case(case)
    if not facts.is_open:
        return _gone(facts, "This case is closed. Reopen it first.")
    form = WaitingForm()
    if request.method != "POST":
        form.what.data = facts.waiting_for
    if form.validate_on_submit():
        with unit_of_work():
            result = case_details.wait(
                reference=facts.reference, what=form.what.data or "", by=current_author()
            )
        if isinstance(result, Ok):
            return _done(facts, "Saved.")
        form.refuse(result.problem)
    return render_template("caseload/waiting.html", case=facts, form=form, back=_home(facts))


@blueprint.route("/cases/<case>/contact", methods=["GET", "POST"])
def case_contact(case: str) -> ResponseReturnValue:
    """The contact person of the case."""
    facts = load_own_case(case)
    if not facts.is_open:
        return _gone(facts, "This case is closed. Reopen it first.")
    form = ContactForm(obj=facts)
    _begin(form, facts)
    if form.validate_on_submit():
        with unit_of_work():
            result = case_details.change_contact(
                reference=facts.reference,
                name=form.contact_name.data,
                job=form.contact_job.data or "",
                email=form.contact_email.data or "",
                phone=form.contact_phone.data or "",
                revision=form.seen_revision,
                by=current_author(),
            )
        if isinstance(result, Ok):
            return _done(facts, "Saved.")
        _refuse(form, result.problem, facts)
    return render_template("caseload/contact.html", case=facts, form=form, back=_home(facts))
