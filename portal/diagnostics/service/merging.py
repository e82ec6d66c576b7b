"""Two records of one employer become one: which diagnostic stands for it, and what is counted.

Months keep every completed diagnostic; the histograms, which count employers, change, and the
movement from the first diagnostic to the latest is worked out over those of both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, update

from portal.db import current_session
from portal.diagnostics import queries
from portal.diagnostics.models import Response
from portal.diagnostics.queries.movement import employers_touched
from portal.diagnostics.service.movement import keep_movements
from portal.diagnostics.service.rollups import Cell, Counted, count_current
from portal.kernel.clock import london

COLUMNS = ("reference", "status", "started_at")
MOVEMENT_COLUMNS = ("first_on", "latest_on")


def words(row: Mapping[str, Any]) -> str:
    """A diagnostic in a line."""
    day = london(row["started_at"]).date()
    state = str(row["status"]).replace("_", " ")
    return f"{row['reference']}, begun {day.day} {day:%B %Y}, {state}"


def movement_words(row: Mapping[str, Any]) -> str:
    """What is kept of an employer's movement, in a line."""
    first = row["first_on"]
    since = f"first diagnostic on {first.day} {first:%B %Y}"
    latest = row["latest_on"]
    return since if latest is None else f"{since}, latest on {latest.day} {latest:%B %Y}"


def _current(employer_ids: Sequence[int]) -> list[Response]:
    """Diagnostics that stand for these employers, the one completed last first."""
    return list(
        current_session().scalars(
            select(Response)
            .where(Response.employer_id.in_(employer_ids), Response.is_current)
            .order_by(Response.completed_at.desc(), Response.id.desc())
            .execution_options(populate_existing=True)
        )
    )


def _superseded(kept_id: int, merged_id: int) -> list[Response]:
    seen: set[str] = set()
    older = []
    for response in _current([kept_id, merged_id]):
        if response.questionnaire_key in seen:
            older.append(response)
        seen.add(response.questionnaire_key)
    return older


def merge_preview(kept_id: int, merged_id: int) -> list[str]:
    """What else changes: of two diagnostics that stand for the employer, the newer one stays."""
    return [
        f"Both have a completed diagnostic. The newer one stands for the employer; "
        f"{response.reference} becomes an earlier one and is counted among employers no more"
        for response in _superseded(kept_id, merged_id)
    ]


def merge_do(kept_id: int, merged_id: int) -> dict[str, Any]:
    """Let the newer diagnostic stand for both. Returns which stood before."""
    before = [response.id for response in _current([kept_id, merged_id])]
    for response in _superseded(kept_id, merged_id):
        count_current(gone=_counted(response))
        _set_current(response.id, current=False)
    keep_movements({kept_id: [kept_id, merged_id], merged_id: []})
    return {"current": before, "employers": [kept_id, merged_id]}


def merge_undo(kept: Mapping[str, Any]) -> None:
    """Let a diagnostic stand again that stood before, unless its employer has a newer one now.

    The caller holds both employers' rows, as whoever completes a diagnostic does: nothing else is
    locked, and no other diagnostic can come to stand for them meanwhile.
    """
    session = current_session()
    for response_id in kept["current"]:
        response = session.get(Response, response_id, populate_existing=True)
        if response is None or response.is_current or response.employer_id is None:
            continue
        if not queries.has_standing(response.employer_id, response.questionnaire_key):
            _set_current(response_id, current=True)
            count_current(come=_counted(response))
    # A merge from before movement was kept does not say whose diagnostics it put together.
    touched = {*kept.get("employers", ()), *employers_touched(kept["current"])}
    keep_movements({employer_id: [employer_id] for employer_id in touched})


def _counted(response: Response) -> Counted:
    cell = Cell(
        questionnaire_key=response.questionnaire_key,
        sector=response.sector,
        size_tier=response.size_tier,
        district=response.district or "",
    )
    return Counted(cell, queries.scores_of(response.id))


def _set_current(response_id: int, *, current: bool) -> None:
    # The diagnostic itself did not change: its day of change stays.
    current_session().execute(
        update(Response)
        .where(Response.id == response_id)
        .values(is_current=current, updated_at=Response.updated_at)
    )
