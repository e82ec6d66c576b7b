"""An action: its page with history, adding, editing, moving on, withdrawing."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.action_plans import queries, service
from portal.action_plans.forms import ActionForm, StatusForm, WithdrawForm
from portal.action_plans.panels import action_help
from portal.action_plans.queries import ActionFacts, PlanFacts
from portal.action_plans.rules.plan import ActionStatus, Merged, merge
from portal.action_plans.service import CHANGED, ActionInput, as_text
from portal.action_plans.views import blueprint
from portal.action_plans.views.shared import (
    EFFORT,
    IMPACT,
    LABELS,
    TAG_COLOURS,
    action_or_404,
    history_items,
    in_words,
    moment,
    note_title,
    plan_or_404,
    revision_in,
    say,
)
from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.result import Err, Ok, Problem
from portal.web.access import current_author
from portal.web.asked import asked_number

_FIELDS = tuple(LABELS)


@blueprint.get("/actions/<action>")
def action(employer: str, action: str) -> ResponseReturnValue:
    """All about one action."""
    plan = plan_or_404(employer)
    facts = action_or_404(plan, action)
    form = StatusForm(formdata=None, data={"status": facts.status, "revision": facts.revision})
    form.offer_steps(facts.status)
    return _action_page(plan, facts, form)


def _action_page(
    plan: PlanFacts, facts: ActionFacts, form: StatusForm, changed: dict[str, Any] | None = None
) -> str:
    goals = dict(queries.goal_choices(plan.id))
    return render_template(
        "action_plans/action.html",
        plan=plan,
        action=facts,
        goal=goals.get(facts.goal_id, ""),
        overdue=facts.overdue(today()),
        colour=TAG_COLOURS[facts.status],
        effort=EFFORT[facts.effort],
        impact=IMPACT[facts.impact],
        form=form,
        changed=changed,
        history=history_items(queries.history(facts.id), goals),
        help_links=action_help(plan, [facts]).get(facts.reference, []),
    )


@blueprint.post("/actions/<action>/status")
def change_status(employer: str, action: str) -> ResponseReturnValue:
    """Move an action on, or add a note to it."""
    plan = plan_or_404(employer)
    facts = action_or_404(plan, action)
    form = StatusForm()
    form.offer_steps(facts.status)
    seen = revision_in(form)
    if facts.revision != seen:
        return _status_conflict(plan, facts, form, seen)
    if form.validate():
        with unit_of_work():
            done = service.change_status(
                employer=employer,
                action=action,
                revision=seen,
                status=ActionStatus(form.status.data),
                text=form.note.data or "",
                by=current_author(),
            )
        if isinstance(done, Ok):
            flash(f"Saved: {done.value.label.lower()}", "success")
            return redirect(url_for("action_plans.action", employer=employer, action=action))
        if done.problem.code == CHANGED:
            return _status_conflict(plan, action_or_404(plan, action), form, seen)
        form.refuse(done.problem)
    return _action_page(plan, facts, form)


def _status_conflict(
    plan: PlanFacts, facts: ActionFacts, typed: StatusForm, seen: int
) -> ResponseReturnValue:
    """Show what somebody else did meanwhile; the note that was typed stays in its box."""
    wanted = request.form.get("status")
    data = {"note": typed.note.data, "revision": facts.revision}
    form = StatusForm(formdata=None, data=data)
    form.offer_steps(facts.status)
    form.status.data = wanted if wanted in form.status.offered() else facts.status
    return _action_page(plan, facts, form, _since(facts, seen)), 409


def _since(facts: ActionFacts, seen: int) -> dict[str, Any]:
    """Who changed an action since a revision, and how."""
    notes = queries.notes_after(facts.id, seen) if seen >= 0 else []
    return {
        "lines": [f"{moment(note.at)}, {note.by_name}: {note_title(note)}" for note in notes],
        "taken": [],
        "clashes": [],
    }


# --- Adding and editing ----------------------------------------------------------------------


@blueprint.route("/actions/add", methods=["GET", "POST"])
def add_action(employer: str) -> ResponseReturnValue:
    """Add an action of the employer's own."""
    plan = plan_or_404(employer)
    goals = queries.goal_choices(plan.id)
    form = ActionForm(data={"goal_id": asked_number("goal")})
    form.offer("goal_id", goals)
    if form.validate_on_submit():
        with unit_of_work():
            done = service.add_action(employer=employer, values=_typed(form), by=current_author())
        if isinstance(done, Ok):
            flash("The action is in the plan", "success")
            return redirect(url_for("action_plans.action", employer=employer, action=done.value))
        form.refuse(done.problem)
    return render_template("action_plans/edit_action.html", plan=plan, form=form, action=None)


@blueprint.route("/actions/<action>/edit", methods=["GET", "POST"])
def edit_action(employer: str, action: str) -> ResponseReturnValue:
    """Change an action's words, owner, date, goal or link."""
    plan = plan_or_404(employer)
    facts = action_or_404(plan, action)
    goals = queries.goal_choices(plan.id)
    form = _edit_form(facts, goals)
    if form.validate_on_submit():
        seen = revision_in(form)
        with unit_of_work():
            done = service.edit_action(
                employer=employer,
                action=action,
                revision=seen,
                values=_typed(form, facts),
                by=current_author(),
            )
        if isinstance(done, Ok):
            flash("Saved" if done.value else "Nothing was changed", "success")
            return redirect(url_for("action_plans.action", employer=employer, action=action))
        if done.problem.code == CHANGED:
            return _edit_conflict(plan, action_or_404(plan, action), form, seen), 409
        form.refuse(done.problem)
    return _edit_page(plan, facts, form)


def _edit_page(
    plan: PlanFacts, facts: ActionFacts, form: ActionForm, changed: dict[str, Any] | None = None
) -> str:
    return render_template(
        "action_plans/edit_action.html", plan=plan, form=form, action=facts, changed=changed
    )


def _edit_form(
    facts: ActionFacts, goals: list[tuple[int, str]], values: dict[str, Any] | None = None
) -> ActionForm:
    if values is None:
        shown = {name: getattr(facts, name) for name in _FIELDS}
        form = ActionForm(data={**shown, "revision": facts.revision})
    else:
        form = ActionForm(formdata=None, data={**values, "revision": facts.revision})
    form.offer("goal_id", goals)
    if facts.recommendation_key:
        form.only_what_may_change()
    return form


def _typed(form: ActionForm, facts: ActionFacts | None = None) -> ActionInput:
    """What was typed; what the form leaves out stays as it is."""
    values = {name: form[name].data if name in form else getattr(facts, name) for name in _FIELDS}
    return ActionInput(**values)


def _edit_conflict(plan: PlanFacts, facts: ActionFacts, typed: ActionForm, seen: int) -> str:
    """Bring the two edits together: nobody's words are lost, and clashes are named."""
    saved = as_text(facts)
    before = dict(saved)
    for note in reversed(queries.notes_after(facts.id, seen) if seen >= 0 else []):
        before.update({field: pair[0] for field, pair in note.changes.items()})
    mine = _typed(typed, facts)
    merged = merge(before=before, saved=saved, typed=as_text(mine))
    goals = queries.goal_choices(plan.id)
    values = {name: getattr(facts if name in merged.taken else mine, name) for name in _FIELDS}
    form = _edit_form(facts, goals, values)
    return _edit_page(plan, facts, form, _told(facts, merged, seen, dict(goals)))


def _told(facts: ActionFacts, merged: Merged, seen: int, goals: dict[int, str]) -> dict[str, Any]:
    return {
        **_since(facts, seen),
        "taken": [
            f"{LABELS[name]}: now {in_words(name, merged.values[name], goals)}"
            for name in merged.taken
        ],
        "clashes": [
            f"{LABELS[each.field]}: they saved {in_words(each.field, each.saved, goals)}; "
            f"you typed {in_words(each.field, each.typed, goals)}"
            for each in merged.clashes
        ],
    }


# --- Withdrawing and order -------------------------------------------------------------------


@blueprint.route("/actions/<action>/withdraw", methods=["GET", "POST"])
def withdraw(employer: str, action: str) -> ResponseReturnValue:
    """Take an action out of the plan, with a reason."""
    plan = plan_or_404(employer)
    facts = action_or_404(plan, action)
    form = WithdrawForm(data={"revision": facts.revision})
    changed = None
    if form.validate_on_submit():
        seen = revision_in(form)
        with unit_of_work():
            done = service.withdraw(
                employer=employer,
                action=action,
                revision=seen,
                reason=form.reason.data or "",
                by=current_author(),
            )
        if isinstance(done, Ok):
            flash("The action is withdrawn. It is kept below the plan with your reason.", "success")
            return redirect(url_for("action_plans.overview", employer=employer))
        if done.problem.code == CHANGED:
            facts = action_or_404(plan, action)
            form = WithdrawForm(
                formdata=None, data={"reason": form.reason.data, "revision": facts.revision}
            )
            changed = _since(facts, seen)
        else:
            form.refuse(done.problem)
    return render_template(
        "action_plans/withdraw.html", plan=plan, action=facts, form=form, changed=changed
    )


@blueprint.post("/actions/<action>/move")
def move(employer: str, action: str) -> ResponseReturnValue:
    """Move an action a place up or down."""
    way = request.form.get("way")
    if way not in {"up", "down"}:
        say(Problem("unknown_way", "An action moves up or down"))
    else:
        with unit_of_work():
            done = service.move_action(employer=employer, action=action, up=way == "up")
        if isinstance(done, Err):
            say(done.problem)
        else:
            flash("Moved" if done.value else f"It cannot move further {way}", "success")
    return redirect(url_for("action_plans.overview", employer=employer))
