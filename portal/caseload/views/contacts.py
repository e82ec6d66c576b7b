"""Logging a contact, and the next action done, moved or planned."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from portal.caseload import queries
from portal.caseload.forms.cases import NextActionForm
from portal.caseload.forms.contacts import LogForm
from portal.caseload.forms.planning import PlanningForm
from portal.caseload.queries import CaseFacts
from portal.caseload.rules.contacts import KEEP, NOTHING
from portal.caseload.service import contacts, next_actions
from portal.caseload.views import blueprint
from portal.caseload.views.links import way_back
from portal.caseload.views.loading import load_own_case
from portal.caseload.views.rows import action_words, day_words, late_words
from portal.db import unit_of_work
from portal.kernel.clock import today, utc_now
from portal.kernel.ids import new_token
from portal.kernel.result import Err, Ok, Problem
from portal.web.access import current_author

_ONCE_LENGTH = 32


def planned_words(case: CaseFacts) -> str:
    """What stands on the case now, on one line; empty when nothing does."""
    if case.next_due_on is None:
        return ""
    day = today()
    late = late_words(case.next_due_on, day)
    words = f"{action_words(case.next_kind, case.next_what)}, {day_words(case.next_due_on, day)}"
    return f"{words} ({late})" if late else words


def _action_id(case: CaseFacts) -> int | None:
    action = queries.open_action(case.id)
    return None if action is None else action.id


def _closed(case: CaseFacts) -> ResponseReturnValue:
    flash("This case is closed. Reopen it first.", "error")
    return redirect(url_for("caseload.case", case=case.reference))


def _refused(form: PlanningForm, problem: Problem, case: CaseFacts) -> CaseFacts:
    """Show why; when another action stands there by now, the form goes on from that one."""
    form.refuse(problem)
    if problem.code != next_actions.ACTION_CHANGED:
        return case
    fresh = queries.case_facts(case.reference) or case
    form.action.data = str(_action_id(fresh) or "")
    return fresh


@blueprint.route("/cases/<case>/log", methods=["GET", "POST"])
def log_contact(case: str) -> ResponseReturnValue:
    """One short form: what it was, whom, what happened, and what comes next."""
    facts = load_own_case(case)
    if not facts.is_open:
        return _closed(facts)
    form = LogForm()
    back = way_back(url_for("caseload.case", case=facts.reference))
    if request.method != "POST":
        _prefill(form, facts)
    _offer(form, facts)
    if form.validate_on_submit():
        finishes = form.when.data == NOTHING
        # The action that was seen matters only where this changes it.
        touches = finishes or form.step is not None
        with unit_of_work():
            result = contacts.log(
                reference=facts.reference,
                kind=form.kind.data,
                reached=form.was_reached,
                minutes=form.spent,
                with_name=form.with_name.data or "",
                summary=form.happened.data or "",
                at=contacts.instant_of(form.on.data or today(), now=utc_now()),
                next_action=form.step,
                finishes=finishes,
                action_id=form.action_id if touches else None,
                waiting_for=form.waiting_for.data or "",
                once=str(form.once.data or "")[:_ONCE_LENGTH],
                by=current_author(),
            )
        if isinstance(result, Ok):
            flash(Markup("Logged for {}.").format(facts.employer_name), "success")
            return redirect(back)
        facts = _refused(form, result.problem, facts)
        _offer(form, facts)
    return render_template(
        "caseload/log.html", case=facts, form=form, back=back, planned=planned_words(facts)
    )


def _prefill(form: LogForm, case: CaseFacts) -> None:
    form.once.data = new_token()[:_ONCE_LENGTH]
    form.action.data = str(_action_id(case) or "")
    form.with_name.data = case.contact_name
    form.on.data = today()
    form.waiting_for.data = case.waiting_for
    if case.next_kind in {"call", "visit", "video", "email"}:
        form.kind.data = case.next_kind
    if case.next_due_on is not None and case.next_due_on > today():
        form.when.data = KEEP


def _offer(form: LogForm, case: CaseFacts) -> None:
    planned = planned_words(case)
    form.offer_days(
        keep=f"Leave it: {planned}" if planned else "",
        nothing="Done, nothing next" if planned else "Nothing yet",
    )


_DOING = {
    "done": ("What was planned is done", "What comes next?"),
    "move": ("Move or change the next action", "When instead?"),
    "plan": ("Plan the next action", "When?"),
}


@blueprint.route("/cases/<case>/next", methods=["GET", "POST"])
def next_action(case: str) -> ResponseReturnValue:
    """The next action done, moved or planned; ``do`` in the address says which."""
    facts = load_own_case(case)
    if not facts.is_open:
        return _closed(facts)
    back = way_back(url_for("caseload.case", case=facts.reference))
    doing = _doing(facts)
    form = NextActionForm()
    if request.method != "POST":
        form.action.data = str(_action_id(facts) or "")
        if doing == "move":
            form.next_kind.data, form.next_what.data = facts.next_kind, facts.next_what
    _offer_next(form, doing)
    if form.validate_on_submit():
        with unit_of_work():
            result = next_actions.end(
                reference=facts.reference,
                action_id=form.action_id,
                done=doing == "done",
                then=form.step,
                by=current_author(),
            )
        if not isinstance(result, Err):
            flash(Markup("Saved for {}.").format(facts.employer_name), "success")
            return redirect(back)
        facts = _refused(form, result.problem, facts)
        doing = _doing(facts)
        _offer_next(form, doing)
    title, question = _DOING[doing]
    return render_template(
        "caseload/next.html",
        case=facts,
        form=form,
        back=back,
        title=title,
        question=question,
        planned=planned_words(facts),
    )


def _doing(case: CaseFacts) -> str:
    if case.next_due_on is None:
        return "plan"
    return "done" if request.args.get("do") == "done" else "move"


def _offer_next(form: NextActionForm, doing: str) -> None:
    nothing = {"done": "Nothing yet", "move": "Drop it, it is no longer needed"}
    form.offer_days(nothing=nothing.get(doing, ""))
