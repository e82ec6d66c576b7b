"""The in-depth session: its record, until the employer has confirmed it."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.access import may_work
from portal.caseload.forms.work import SessionForm, WithdrawForm, whole
from portal.caseload.panels import Panel, session_panels
from portal.caseload.queries import CaseFacts, work
from portal.caseload.queries import confirmations as questions
from portal.caseload.rules.confirmations import STANDINGS, length, long_day
from portal.caseload.rules.words import BENEFITS, CHALLENGES, SESSION_MODES
from portal.caseload.rules.work import SIDES, words_of
from portal.caseload.service import sessions as service
from portal.caseload.views import blueprint
from portal.caseload.views.loading import load_case, load_own_case
from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.ids import new_token, normalise_reference
from portal.kernel.result import Err, Problem
from portal.web.access import Actor, current_actor, current_author

_SHARED = (
    *("held_on", "minutes", "mode", "place", "challenges", "challenges_text"),
    *("benefits", "benefits_text", "goals_text", "solutions_text"),
)
_FEWEST_ROWS = 2
_WHAT_NEXT = {
    "not_asked": "Ask the employer to confirm it",
    "awaiting": "The employer has until {due} to answer",
    "overdue": "The employer has not answered: call them, or send the link again",
    "disputed": "Call the employer: it says something is wrong",
    "confirmed": "Nothing more to do",
}


@blueprint.route("/cases/<case>/session", methods=["GET", "POST"])
def session_new(case: str) -> ResponseReturnValue:
    """Record an in-depth session."""
    facts = load_own_case(case)
    form = SessionForm()
    if request.method != "POST":
        _prefill(form, facts)
        return _form_page(facts, form)
    if "add" in request.form:
        form.add_row()
        return _form_page(facts, form)
    if not form.validate_on_submit():
        return _form_page(facts, form)
    with unit_of_work():
        result = service.record(
            reference=facts.reference,
            given=form.to_held(),
            by=current_author(),
            finishes=bool(form.finishes.data),
            once=form.sent_as,
        )
        kept = None if isinstance(result, Err) else result.value.reference
    if isinstance(result, Err):
        _refuse(form, result.problem)
        return _form_page(facts, form)
    flash("The session is recorded. Now ask the employer to confirm it.", "success")
    return redirect(url_for("caseload.session", case=facts.reference, record=kept))


def _refuse(form: SessionForm, problem: Problem) -> None:
    if problem.field == "present":
        form.refuse_people(problem.message)
    else:
        form.refuse(problem)


def _prefill(form: SessionForm, case: CaseFacts) -> None:
    """An empty record with those who were probably there, or a withdrawn one to record again."""
    form.once.data = new_token()[:32]
    again = normalise_reference(request.args.get("again", ""))
    earlier = work.session_of(case.id, again) if again else None
    if earlier is not None:
        for name in _SHARED:
            form[name].data = getattr(earlier, name)
        people = earlier.present
    else:
        form.held_on.data = today()
        people = [
            {"name": case.contact_name, "job": case.contact_job, "side": "employer"},
            {"name": current_actor().name, "job": "Adviser", "side": "provider"},
        ]
    for person in people:
        form.present.append_entry(person)
    while len(form.present.entries) < _FEWEST_ROWS:
        form.add_row()


def _form_page(case: CaseFacts, form: SessionForm, **more: object) -> str:
    return render_template("caseload/session/form.html", case=case, form=form, **more)


@blueprint.get("/cases/<case>/session/<record>")
def session(case: str, record: str) -> ResponseReturnValue:
    """One session: what was recorded, what the employer says, what to do next."""
    facts = load_case(case)
    found = work.session_of(facts.id, normalise_reference(record))
    if found is None:
        abort(404)
    actor = current_actor()
    question = questions.of_subjects("session", [found.id]).get(found.id)
    standing = question.standing if question else "not_asked"
    due = long_day(question.due_on) if question else ""
    return render_template(
        "caseload/session/record.html",
        case=facts,
        record=found,
        mode=SESSION_MODES[found.mode],
        length=length(found.minutes),
        sides=SIDES,
        challenges=words_of(found.challenges, CHALLENGES),
        benefits=words_of(found.benefits, BENEFITS),
        question=question,
        standing=standing,
        standings={**STANDINGS, "not_asked": ("Not asked yet", "grey")},
        what_next=_WHAT_NEXT[standing].format(due=due),
        panels=session_panels(found.reference, facts, actor),
        others=[one for one in work.sessions_of(facts.id) if one.id != found.id],
        can_edit=not service.was_asked(found.id),
        can_work=may_work(actor, facts),
    )


@blueprint.route("/cases/<case>/session/<record>/edit", methods=["GET", "POST"])
def session_edit(case: str, record: str) -> ResponseReturnValue:
    """Change the record, until the employer is asked about it."""
    facts = load_own_case(case)
    found = work.session_of(facts.id, normalise_reference(record))
    if found is None:
        abort(404)
    form = SessionForm(obj=found) if request.method != "POST" else SessionForm()
    if request.method != "POST":
        return _form_page(facts, form, record=found)
    if "add" in request.form:
        form.add_row()
        return _form_page(facts, form, record=found)
    if not form.validate_on_submit():
        return _form_page(facts, form, record=found)
    revision = whole(form.revision.data)
    with unit_of_work():
        result = service.edit(
            reference=facts.reference,
            record_reference=found.reference,
            revision=revision,
            given=form.to_held(),
            by=current_author(),
        )
    if isinstance(result, Err):
        _refuse(form, result.problem)
        clash = result.problem.code == service.CHANGED
        now = work.session_of(facts.id, normalise_reference(record)) or found
        if clash:
            # Having seen what is saved now, the same button keeps what was typed.
            form.revision.data = str(now.revision)
        return _form_page(facts, form, record=now, clash=_saved_now(now) if clash else ())
    flash("Saved.", "success")
    return redirect(url_for("caseload.session", case=facts.reference, record=record))


def _saved_now(record: object) -> list[tuple[str, str]]:
    """What is saved now, to compare with what was typed."""
    kept = {name: getattr(record, name) for name in (*_SHARED, "present")}
    challenges = words_of(kept["challenges"], CHALLENGES, kept["challenges_text"])
    benefits = words_of(kept["benefits"], BENEFITS, kept["benefits_text"])
    return [
        ("Day", long_day(kept["held_on"])),
        ("Length", length(kept["minutes"])),
        ("How", ", ".join(part for part in (SESSION_MODES[kept["mode"]], kept["place"]) if part)),
        ("Present", ", ".join(one["name"] for one in kept["present"])),
        ("Challenges", "; ".join(challenges)),
        ("Business benefits", "; ".join(benefits)),
        ("Possible goals", kept["goals_text"]),
        ("Practical solutions", kept["solutions_text"]),
    ]


@blueprint.route("/cases/<case>/session/<record>/withdraw", methods=["GET", "POST"])
def session_withdraw(case: str, record: str) -> ResponseReturnValue:
    """Withdraw the record with a reason."""
    facts = load_own_case(case)
    found = work.session_of(facts.id, normalise_reference(record))
    if found is None:
        abort(404)
    form = WithdrawForm()
    if form.validate_on_submit():
        with unit_of_work():
            result = service.withdraw(
                reference=facts.reference,
                record_reference=found.reference,
                reason=form.reason.data,
                by=current_author(),
            )
        if not isinstance(result, Err):
            flash("The record is withdrawn.", "success")
            here = url_for("caseload.session", case=facts.reference, record=record)
            return redirect(here)
        form.refuse(result.problem)
    return render_template("caseload/session/withdraw.html", case=facts, record=found, form=form)


def case_panel(case: CaseFacts, actor: Actor) -> Panel | None:
    """The card on the case's page: the latest session and what to do next about it."""
    live = [one for one in work.sessions_of(case.id) if one.withdrawn_at is None]
    if not live:
        if not (case.is_open and may_work(actor, case)):
            return Panel("In-depth session", "Not recorded")
        return Panel(
            "In-depth session",
            "Not recorded yet. Record it when you have met.",
            href=url_for("caseload.session_new", case=case.reference),
        )
    latest = live[0]
    question = questions.of_subjects("session", [latest.id]).get(latest.id)
    standing = question.standing if question else "not_asked"
    due = long_day(question.due_on) if question else ""
    return Panel(
        "In-depth session",
        f"{long_day(latest.held_on)}, {SESSION_MODES[latest.mode].lower()}",
        href=url_for("caseload.session", case=case.reference, record=latest.reference),
        meta=STANDINGS["confirmed"][0]
        if standing == "confirmed"
        else _WHAT_NEXT[standing].format(due=due),
        tint=standing in {"not_asked", "disputed", "overdue"},
    )
