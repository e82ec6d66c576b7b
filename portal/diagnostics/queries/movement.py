"""Every SELECT on movement between diagnostics."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select

from portal.db import current_session
from portal.diagnostics.models import DiagnosticMovement, Response

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CompletedLine:
    """A completed response without its answers."""

    id: int
    employer_id: int
    questionnaire_key: str
    kind: str
    earlier_id: int | None
    completed_at: datetime
    sector: str
    size_tier: str
    district: str
    overall_score: int | None


@dataclass(frozen=True, slots=True)
class Answered:
    """What a response's scores are worked out from."""

    id: int
    questionnaire_key: str
    questionnaire_version: int
    sector: str
    size_tier: str
    answers: Mapping[str, Mapping[str, Any]]


def completed_of(employer_ids: Collection[int]) -> list[CompletedLine]:
    """Every completed response of these employers."""
    rows = current_session().execute(
        select(
            Response.id,
            Response.employer_id,
            Response.questionnaire_key,
            Response.kind,
            Response.earlier_id,
            Response.completed_at,
            Response.sector,
            Response.size_tier,
            Response.district,
            Response.overall_score,
        ).where(Response.employer_id.in_(employer_ids), Response.status == "completed")
    )
    return [
        CompletedLine(
            id=row.id,
            employer_id=_known(row.employer_id),
            questionnaire_key=row.questionnaire_key,
            kind=row.kind,
            earlier_id=row.earlier_id,
            completed_at=_known(row.completed_at),
            sector=row.sector,
            size_tier=row.size_tier,
            district=row.district or "",
            overall_score=row.overall_score,
        )
        for row in rows
    ]


def answered(response_ids: Collection[int]) -> dict[int, Answered]:
    """The answers of these responses."""
    if not response_ids:
        return {}
    rows = current_session().execute(
        select(
            Response.id,
            Response.questionnaire_key,
            Response.questionnaire_version,
            Response.sector,
            Response.size_tier,
            Response.answers,
        ).where(Response.id.in_(response_ids))
    )
    return {row.id: Answered(*row) for row in rows}


def without_movement(limit: int) -> list[int]:
    """Employers with a completed diagnostic of which no movement is kept yet, in order."""
    kept = select(DiagnosticMovement.id).where(
        DiagnosticMovement.employer_id == Response.employer_id,
        DiagnosticMovement.questionnaire_key == Response.questionnaire_key,
    )
    found = current_session().scalars(
        select(Response.employer_id)
        .where(Response.is_current, ~kept.exists())
        .distinct()
        .order_by(Response.employer_id)
        .limit(limit)
    )
    return [employer_id for employer_id in found if employer_id is not None]


def diagnosed_after(employer_id: int, limit: int) -> list[int]:
    """Employers with a completed diagnostic, in the order of their keys, after one of them."""
    found = current_session().scalars(
        select(Response.employer_id)
        .where(Response.is_current, Response.employer_id > employer_id)
        .distinct()
        .order_by(Response.employer_id)
        .limit(limit)
    )
    return [item for item in found if item is not None]


def employers_touched(response_ids: Collection[int]) -> set[int]:
    """Employers whose movement may rest on these responses: their own, and who still holds them."""
    session = current_session()
    own = {
        item
        for item in session.scalars(
            select(Response.employer_id).where(Response.id.in_(response_ids))
        )
        if item is not None
    }
    resting = select(Response.id).where(Response.employer_id.in_(own))
    holding = session.scalars(
        select(DiagnosticMovement.employer_id).where(
            DiagnosticMovement.first_id.in_(resting) | DiagnosticMovement.latest_id.in_(resting)
        )
    )
    return own | set(holding)


def _known(value: T | None) -> T:
    if value is None:
        raise RuntimeError("A completed response of an employer has both")
    return value
