"""What every change to a plan shares: who makes it, the lock, and the refusals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.action_plans import queries
from portal.action_plans.models import ActionNote, Plan, PlanAction
from portal.db import audit, current_session
from portal.employers.service import timeline
from portal.kernel.people import Author
from portal.kernel.result import Err, Problem

NO_PLAN = Problem("no_plan", "There is no action plan yet: start one from your results")
NO_ACTION = Problem("no_action", "That action is not in this plan")
CHANGED = "changed"


def stale(what: str) -> Err:
    """Somebody else saved first: the page shows what changed and keeps what was typed."""
    return Err(Problem(CHANGED, f"Somebody changed this {what} while you had it open"))


def plan_or_problem(employer: str) -> Plan | Err:
    """The employer's active plan, locked until the unit of work ends."""
    plan = queries.plan_to_change(employer)
    return Err(NO_PLAN) if plan is None else plan


def action_or_problem(plan: Plan, reference: str, revision: int) -> PlanAction | Err:
    """An action as its author saw it, or why it cannot be changed."""
    action = queries.action_to_change(plan.id, reference)
    if action is None:
        return Err(NO_ACTION)
    return action if action.revision == revision else stale("action")


def touch(plan: Plan) -> None:
    """Count a change under the plan."""
    plan.revision += 1


def note(
    action: PlanAction,
    by: Author,
    *,
    old_status: str | None = None,
    new_status: str | None = None,
    text: str = "",
    changes: Mapping[str, tuple[str, str]] | None = None,
) -> None:
    """Raise the action's revision and append a line to its history."""
    action.revision += 1
    session = current_session()
    session.flush()
    session.add(
        ActionNote(
            action_id=action.id,
            revision=action.revision,
            by=by.user_id,
            by_name=by.shown,
            old_status=old_status,
            new_status=new_status,
            note=text,
            changes={field: list(pair) for field, pair in (changes or {}).items()},
        )
    )


def record(what: str, plan: Plan, **detail: Any) -> None:
    """Append to the audit trail, under the plan."""
    audit.record(action=f"plan.{what}", subject=f"plan:{plan.reference}", detail=detail)


def tell(plan: Plan, by: Author, *, employer: str, title: str, text: str = "") -> None:
    """Put a line about the plan on the timeline of the employer with this reference."""
    timeline.note(
        employer_id=plan.employer_id,
        kind="plan",
        title=title,
        text=text,
        by=by,
        subject=f"plan:{employer}/{plan.reference}",
    )
