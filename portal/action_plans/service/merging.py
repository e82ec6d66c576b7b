"""Two records of one employer become one: the numbers of their plans' printed versions.

Numbers go on through all the plans of an employer, so those of the merged one move up. What was
printed stays as it was, with the number it was printed under.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, update

from portal.action_plans import queries
from portal.action_plans.models import Plan, PlanVersion
from portal.db import current_session
from portal.kernel.result import Problem

COLUMNS = ("reference", "title", "status")


def words(row: Mapping[str, Any]) -> str:
    """A plan in a line."""
    return f"{row['reference']}: {row['title']} ({row['status']})"


def _numbered(employer_id: int) -> list[tuple[int, int]]:
    """Versions of an employer's plans, the highest number first: key and number."""
    rows = current_session().execute(
        select(PlanVersion.id, PlanVersion.number)
        .join(Plan, Plan.id == PlanVersion.plan_id)
        .where(Plan.employer_id == employer_id)
        .order_by(PlanVersion.number.desc(), PlanVersion.id.desc())
    )
    return [(row.id, row.number) for row in rows]


def merge_guard(kept_id: int, merged_id: int) -> Problem | None:
    """An employer has one active plan."""
    rows = current_session().scalars(
        select(Plan.employer_id).where(
            Plan.employer_id.in_([kept_id, merged_id]), Plan.status == "active"
        )
    )
    if len(set(rows)) == 1 + 1:
        return Problem(
            "two_active_plans",
            "Both have an active action plan. Close one of them first, with the reason",
        )
    return None


def merge_preview(kept_id: int, merged_id: int) -> list[str]:
    """How the versions are numbered afterwards."""
    last, moved = queries.last_number(kept_id), _numbered(merged_id)
    if not last or not moved:
        return []
    lowest, highest = moved[-1][1], moved[0][1]
    if lowest == highest:
        return [f"Version {lowest} of the moved action plan becomes version {lowest + last}"]
    before, after = f"{lowest} to {highest}", f"{lowest + last} to {highest + last}"
    return [f"Versions {before} of the moved action plan become versions {after}"]


def merge_do(kept_id: int, merged_id: int) -> dict[str, Any]:
    """Move the numbers of the merged employer's versions up. Returns what they were."""
    last = queries.last_number(kept_id)
    moved = _numbered(merged_id) if last else []
    for version_id, number in moved:
        _renumber(version_id, number + last)
    return {"numbers": moved}


def merge_undo(kept: Mapping[str, Any]) -> None:
    """Give the versions their numbers back, the lowest first."""
    for version_id, number in reversed(kept["numbers"]):
        _renumber(version_id, number)


def _renumber(version_id: int, number: int) -> None:
    current_session().execute(
        update(PlanVersion).where(PlanVersion.id == version_id).values(number=number)
    )
