"""What people do to an action: add their own, edit, move on, withdraw, put in order."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from portal.action_plans import queries
from portal.action_plans.models import Plan, PlanAction
from portal.action_plans.rules.plan import ActionStatus, by_due_date, check_due, move, moved
from portal.action_plans.service.common import (
    NO_ACTION,
    action_or_problem,
    note,
    plan_or_problem,
    record,
    touch,
)
from portal.db import current_session
from portal.kernel.clock import today
from portal.kernel.ids import new_reference
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

SHORTEST_REASON = 3


@dataclass(frozen=True, slots=True)
class ActionInput:
    """An action as typed. `goal_id` is a goal of the plan; `due_on` a London day."""

    title: str
    goal_id: int
    owner_name: str = ""
    due_on: date | None = None
    why: str = ""
    first_step: str = ""
    evidence: str = ""
    link_title: str = ""
    link_url: str = ""
    effort: int = 2
    impact: int = 2


# A recommendation's reasons, effort and impact are the diagnostic's and stay as they are.
OWN_ONLY = frozenset({"why", "effort", "impact"})


def as_text(action: Any) -> dict[str, str]:
    """The editable fields of an action as text, for comparing and for the history."""
    return {each.name: _text(getattr(action, each.name)) for each in fields(ActionInput)}


def _text(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)


def add_action(*, employer: str, values: ActionInput, by: Author) -> Ok[str] | Err:
    """Add an action of the employer's own at the end of a goal; returns its reference."""
    plan = plan_or_problem(employer)
    if isinstance(plan, Err):
        return plan
    wrong = _wrong(plan, values)
    if wrong is not None:
        return Err(wrong)
    action = PlanAction(
        reference=new_reference(),
        plan_id=plan.id,
        status="not_started",
        legal=False,
        because=[],
        position=_end_of(plan, values.goal_id),
        revision=0,
        **{each.name: getattr(values, each.name) for each in fields(ActionInput)},
    )
    current_session().add(action)
    touch(plan)
    note(action, by, text="Added by hand")
    record("action_added", plan, action=action.reference)
    return Ok(action.reference)


def edit_action(
    *, employer: str, action: str, revision: int, values: ActionInput, by: Author
) -> Ok[bool] | Err:
    """Change an action's words, owner, date, goal or link; True when anything changed.

    Refused with the code `changed` when it is no longer at `revision`.
    """
    opened = _opened(employer, action, revision)
    if isinstance(opened, Err):
        return opened
    plan, found = opened
    wrong = _wrong(plan, values, kept_due=found.due_on)
    if wrong is not None:
        return Err(wrong)
    before, after = as_text(found), as_text(values)
    fixed = OWN_ONLY if found.recommendation_key else frozenset()
    changes = {
        field: (before[field], after[field])
        for field in after
        if field not in fixed and before[field] != after[field]
    }
    if not changes:
        return Ok(value=False)
    if "goal_id" in changes:
        found.position = _end_of(plan, values.goal_id)
    for field in changes:
        setattr(found, field, getattr(values, field))
    touch(plan)
    note(found, by, changes=changes)
    record("action_edited", plan, action=action, fields=sorted(changes))
    return Ok(value=True)


def change_status(
    *,
    employer: str,
    action: str,
    revision: int,
    status: ActionStatus,
    text: str = "",
    by: Author,
) -> Ok[ActionStatus] | Err:
    """Move an action on, with a note; the same status with a note only adds the note."""
    if status is ActionStatus.WITHDRAWN:
        return withdraw(employer=employer, action=action, revision=revision, reason=text, by=by)
    opened = _opened(employer, action, revision)
    if isinstance(opened, Err):
        return opened
    plan, found = opened
    old = ActionStatus(found.status)
    if status is old:
        if not text:
            return Err(Problem("nothing", "Choose a new status or write a note", "status"))
        note(found, by, text=text)
        record("action_noted", plan, action=action)
        return Ok(old)
    step = move(old, status)
    if isinstance(step, Err):
        return step
    found.status = status.value
    found.withdrawn_reason = None
    touch(plan)
    note(found, by, old_status=old.value, new_status=status.value, text=text)
    record("action_moved", plan, action=action, old=old.value, new=status.value)
    return Ok(status)


def withdraw(
    *, employer: str, action: str, revision: int, reason: str, by: Author
) -> Ok[ActionStatus] | Err:
    """Take an action out of the plan with a reason. It stays on record and can be brought back."""
    opened = _opened(employer, action, revision)
    if isinstance(opened, Err):
        return opened
    plan, found = opened
    if len(reason.strip()) < SHORTEST_REASON:
        return Err(Problem("no_reason", "Say why you are withdrawing this action", "reason"))
    old = ActionStatus(found.status)
    step = move(old, ActionStatus.WITHDRAWN)
    if isinstance(step, Err):
        return step
    found.status = ActionStatus.WITHDRAWN.value
    found.withdrawn_reason = reason
    touch(plan)
    note(found, by, old_status=old.value, new_status=found.status, text=reason)
    record("action_withdrawn", plan, action=action)
    return Ok(ActionStatus.WITHDRAWN)


def move_action(*, employer: str, action: str, up: bool) -> Ok[bool] | Err:
    """Move an action one place up or down among its goal's live actions."""
    plan = plan_or_problem(employer)
    if isinstance(plan, Err):
        return plan
    everything = queries.actions_to_change(plan.id)
    found = next((item for item in everything if item.reference == action), None)
    if found is None:
        return Err(NO_ACTION)
    peers = {
        item.reference: item
        for item in everything
        if item.goal_id == found.goal_id and item.status != ActionStatus.WITHDRAWN.value
    }
    if action not in peers:
        return Err(Problem("withdrawn", "A withdrawn action has no place in the order"))
    order = moved(tuple(peers), action, up=up)
    changed = order != tuple(peers)
    if changed:
        _place(peers, order)
        touch(plan)
        record("action_placed", plan, action=action)
    return Ok(changed)


def order_by_due(*, employer: str) -> Ok[int] | Err:
    """Put the actions of every goal in the order of their due dates, undated ones last."""
    plan = plan_or_problem(employer)
    if isinstance(plan, Err):
        return plan
    goals: dict[int, dict[str, PlanAction]] = {}
    for item in queries.actions_to_change(plan.id):
        goals.setdefault(item.goal_id, {})[item.reference] = item
    for peers in goals.values():
        _place(peers, by_due_date({key: item.due_on for key, item in peers.items()}))
    touch(plan)
    record("ordered_by_due", plan)
    return Ok(len(goals))


def _opened(employer: str, action: str, revision: int) -> tuple[Plan, PlanAction] | Err:
    plan = plan_or_problem(employer)
    if isinstance(plan, Err):
        return plan
    found = action_or_problem(plan, action, revision)
    return found if isinstance(found, Err) else (plan, found)


def _place(peers: dict[str, PlanAction], order: tuple[str, ...]) -> None:
    """Hand out the places the peers hold between them, in the new order."""
    places = sorted(item.position for item in peers.values())
    if len(set(places)) != len(places):
        places = list(range(len(places)))
    for reference, place in zip(order, places, strict=True):
        if peers[reference].position != place:
            peers[reference].position = place


def _end_of(plan: Plan, goal_id: int) -> int:
    actions = queries.actions_to_change(plan.id)
    return max((item.position for item in actions if item.goal_id == goal_id), default=-1) + 1


def _wrong(plan: Plan, values: ActionInput, *, kept_due: date | None = None) -> Problem | None:
    if not values.title:
        return Problem("no_title", "Enter what is to be done", "title")
    if values.goal_id not in {number for number, _ in queries.goal_choices(plan.id)}:
        return Problem("unknown_goal", "Choose one of the goals of the plan", "goal_id")
    if values.link_title and not values.link_url:
        return Problem("no_address", "Enter the address of the linked resource", "link_url")
    if values.link_url and not is_web_address(values.link_url):
        return Problem(
            "bad_address", "Enter a web address that starts with https:// or http://", "link_url"
        )
    # A date that was allowed when it was set stays allowed, however long ago it has become.
    return None if values.due_on == kept_due else check_due(values.due_on, today())


def is_web_address(address: str) -> bool:
    """Whether a browser may be sent there: http or https with a host, and no blank inside."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"}
        and "." in (parts.hostname or "")
        and not any(each.isspace() for each in address)
    )
