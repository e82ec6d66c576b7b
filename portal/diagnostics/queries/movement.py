"""Every SELECT on movement between diagnostics."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import bindparam, case, select, type_coerce

from portal.db import current_session, prepared
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
class Frozen:
    """A completed response's result, with the questionnaire that it answers."""

    id: int
    questionnaire_key: str
    questionnaire_version: int
    result: Mapping[str, Any]


# Built once: building a statement costs as much as running it, and completing has to stay cheap.
_T: Any = Response.__table__
_M: Any = DiagnosticMovement.__table__
_LINE = (
    _T.c.id,
    _T.c.employer_id,
    _T.c.questionnaire_key,
    _T.c.kind,
    _T.c.earlier_id,
    _T.c.completed_at,
    _T.c.sector,
    _T.c.size_tier,
    _T.c.district,
    _T.c.overall_score,
)
_COMPLETED = select(*_LINE).where(
    _T.c.employer_id.in_(bindparam("employers", expanding=True)), _T.c.status == "completed"
)
# The result of the first one comes along: what is completed now is mostly compared with it.
_COMPLETED_AND_KEPT = prepared(
    select(
        *_LINE,
        _T.c.questionnaire_version,
        type_coerce(case((_M.c.first_id == _T.c.id, _T.c.result)), _T.c.result.type).label(
            "result"
        ),
        _M.c.id.label("movement_id"),
        _M.c.state,
    )
    .select_from(
        _T.outerjoin(
            _M,
            (_M.c.employer_id == _T.c.employer_id)
            & (_M.c.questionnaire_key == _T.c.questionnaire_key),
        )
    )
    .where(
        _T.c.employer_id == bindparam("employer"),
        _T.c.questionnaire_key == bindparam("questionnaire"),
        _T.c.status == "completed",
    )
)
_RESULTS = select(_T.c.id, _T.c.questionnaire_key, _T.c.questionnaire_version, _T.c.result).where(
    _T.c.id.in_(bindparam("responses", expanding=True))
)


def completed_of(employer_ids: Collection[int]) -> list[CompletedLine]:
    """Every completed response of these employers."""
    rows = current_session().execute(_COMPLETED, {"employers": list(employer_ids)})
    return [_line(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Kept:
    """The movement that is kept of an employer."""

    id: int
    state: str


def completed_and_kept(
    employer_id: int, questionnaire_key: str
) -> tuple[list[CompletedLine], dict[int, Frozen], Kept | None]:
    """An employer's completed responses, the result of its first as far as known, what is kept."""
    rows = (
        current_session()
        .execute(_COMPLETED_AND_KEPT, {"employer": employer_id, "questionnaire": questionnaire_key})
        .all()
    )
    results = {
        row.id: Frozen(row.id, row.questionnaire_key, row.questionnaire_version, row.result)
        for row in rows
        if row.result is not None
    }
    kept = next((Kept(row.movement_id, row.state) for row in rows if row.movement_id), None)
    return [_line(row) for row in rows], results, kept


def _line(row: Any) -> CompletedLine:
    return CompletedLine(
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


def frozen(response_ids: Collection[int]) -> dict[int, Frozen]:
    """The results of these completed responses."""
    if not response_ids:
        return {}
    rows = current_session().execute(_RESULTS, {"responses": list(response_ids)})
    return {
        row.id: Frozen(row.id, row.questionnaire_key, row.questionnaire_version, _known(row.result))
        for row in rows
    }


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
        raise RuntimeError("A completed response of an employer has all of these")
    return value
