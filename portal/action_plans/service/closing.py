"""Closing a plan, so that the employer can start a new one. Nothing is deleted."""

from __future__ import annotations

from portal.action_plans.service.common import plan_or_problem, record, stale, tell, touch
from portal.action_plans.service.versions import keep_last_version
from portal.kernel.clock import utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

SHORTEST_REASON = 3


def close_plan(*, employer: str, plan: str, reason: str, by: Author) -> Ok[int | None] | Err:
    """Close the employer's plan with a reason; the caller has checked that `by` is an owner.

    What the plan says now is kept as a last version unless the newest says the same; returns the
    number of that last version, None for a plan without actions. `plan` is the reference of the
    plan that was shown: a page left open cannot close the plan that was started after it.
    """
    found = plan_or_problem(employer)
    if isinstance(found, Err):
        return found
    if found.reference != plan:
        return stale("plan")
    if len(reason.strip()) < SHORTEST_REASON:
        return Err(Problem("no_reason", "Say why you are closing this plan", "reason"))
    last = keep_last_version(found, employer, by)
    found.status = "closed"
    found.closed_at = utc_now()
    found.closed_reason = reason.strip()
    found.closed_by_name = by.shown
    touch(found)
    tell(found, by, employer=employer, title="Action plan closed", text=found.closed_reason)
    record("closed", found, reason=found.closed_reason, last_version=last)
    return Ok(last)
