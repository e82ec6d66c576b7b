"""Keeping how far each employer moved, in the transaction that completes or moves a diagnostic."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, text, update

from portal.db import current_session, prepared
from portal.diagnostics.models import DiagnosticMovement, MovementScore, Response
from portal.diagnostics.queries import movement as queries
from portal.diagnostics.queries.movement import CompletedLine, Frozen
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.compare import Comparison
from portal.diagnostics.rules.movement import (
    Moved,
    State,
    Taken,
    compare_frozen,
    movement_of,
    occasions,
)
from portal.kernel.clock import london

BATCH = 200

# Built once, over the tables themselves: nothing is ever loaded that stands for these rows.
_MOVEMENTS: Any = DiagnosticMovement.__table__
_SCORES: Any = MovementScore.__table__
_WHOSE = _MOVEMENTS.c.employer_id.in_(bindparam("employers", expanding=True))
_FORGET = (
    delete(_SCORES).where(_SCORES.c.movement_id.in_(select(_MOVEMENTS.c.id).where(_WHOSE))),
    delete(_MOVEMENTS).where(_WHOSE),
)
_ADD = insert(_MOVEMENTS).returning(_MOVEMENTS.c.id, sort_by_parameter_order=True)
_ADD_SCORES = insert(_SCORES)
_SCORE_KINDS = {
    "movement_id": "integer",
    "dimension": "text",
    "before_tenths": "integer",
    "after_tenths": "integer",
    "questions": "integer",
}
# For PostgreSQL, which would be asked once a row otherwise.
_ADD_SCORES_TOGETHER = prepared(
    text(
        f"INSERT INTO diagnostic_movement_scores ({', '.join(_SCORE_KINDS)}) SELECT * FROM unnest("  # noqa: S608 - our own names
        + ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in _SCORE_KINDS.items())
        + ")"
    )
)
_FORGET_SCORES = prepared(delete(_SCORES).where(_SCORES.c.movement_id == bindparam("movement")))
_CHANGE = prepared(
    update(_MOVEMENTS)
    .where(_MOVEMENTS.c.id == bindparam("movement"))
    .values({column.name: bindparam(column.name) for column in _MOVEMENTS.c if column.name != "id"})
)


@dataclass(frozen=True, slots=True)
class _Standing:
    """One employer's first and latest diagnostic of one questionnaire."""

    employer_id: int
    first: CompletedLine
    first_on: date
    latest: CompletedLine | None
    latest_on: date | None


def keep_movement(response: Response, *, alone: bool) -> None:
    """Work an employer's movement out after one of its diagnostics was completed or came to it.

    ``alone`` says that it has no other: then there is nothing to compare, and little to do.
    """
    if response.employer_id is None or response.completed_at is None:
        raise RuntimeError("Only a completed response of an employer moves anything")
    if not alone:
        _keep_again(response.employer_id, response)
        return
    line = CompletedLine(
        id=response.id,
        employer_id=response.employer_id,
        questionnaire_key=response.questionnaire_key,
        kind=response.kind,
        earlier_id=response.earlier_id,
        completed_at=response.completed_at,
        sector=response.sector,
        size_tier=response.size_tier,
        district=response.district or "",
        overall_score=response.overall_score,
    )
    _write([_Standing(line.employer_id, line, _day(line.completed_at), None, None)], {})


def _keep_again(employer_id: int, response: Response) -> None:
    """Change what is kept of an employer in its place: to write it anew would cost twice."""
    lines, results, kept = queries.completed_and_kept(employer_id, response.questionnaire_key)
    own = Frozen(
        response.id,
        response.questionnaire_key,
        response.questionnaire_version,
        response.result or {},
    )
    item = _standing(employer_id, lines)
    results[own.id] = own
    results |= queries.frozen(_wanted([item]) - results.keys())
    if kept is None:
        _write([item], results)
        return
    session = current_session()
    if kept.state == State.COMPARED:
        session.execute(_FORGET_SCORES, {"movement": kept.id})
    comparison = _comparison(item, results)
    moved = () if comparison is None else movement_of(comparison)
    session.execute(_CHANGE, {"movement": kept.id, **_values(item, comparison, moved)})
    _write_scores({kept.id: moved})


def keep_movements(resting_on: Mapping[int, Collection[int]]) -> None:
    """Work out the movement of employers afresh.

    Each is mapped to the employers whose diagnostics are its own: itself, with a record that is
    about to be merged into it; none for that record.
    """
    _forget(resting_on)
    owners = {owner: standing for standing, every in resting_on.items() for owner in every}
    taken: dict[tuple[int, str], list[CompletedLine]] = {}
    for line in queries.completed_of(owners) if owners else ():
        taken.setdefault((owners[line.employer_id], line.questionnaire_key), []).append(line)
    found = [_standing(employer_id, lines) for (employer_id, _), lines in sorted(taken.items())]
    _write(found, queries.frozen(_wanted(found)))


def _wanted(found: Collection[_Standing]) -> set[int]:
    """The responses whose results are compared."""
    twice = [item for item in found if item.latest is not None]
    return {line.id for item in twice for line in (item.first, item.latest) if line is not None}


def keep_missing(limit: int = BATCH) -> int:
    """Work out what is missing for some employers; returns for how many. None when all is kept."""
    missing = queries.without_movement(limit)
    keep_movements({employer_id: [employer_id] for employer_id in missing})
    return len(missing)


def keep_again(after: int, limit: int = BATCH) -> int | None:
    """Work out afresh for the employers after one; returns the last of them, None at the end."""
    found = queries.diagnosed_after(after, limit)
    keep_movements({employer_id: [employer_id] for employer_id in found})
    return found[-1] if found else None


def _standing(employer_id: int, lines: Sequence[CompletedLine]) -> _Standing:
    by_id = {line.id: line for line in lines}
    times = occasions(
        [Taken(line.id, line.kind, line.earlier_id, line.completed_at) for line in lines]
    )
    first, latest = times[0], times[-1]
    return _Standing(
        employer_id=employer_id,
        first=by_id[first.response_id],
        first_on=_day(first.taken_at),
        latest=by_id[latest.response_id] if len(times) > 1 else None,
        latest_on=_day(latest.taken_at) if len(times) > 1 else None,
    )


def _day(instant: datetime) -> date:
    return london(instant).date()


def _forget(employer_ids: Collection[int]) -> None:
    session = current_session()
    for statement in _FORGET:
        session.execute(statement, {"employers": list(employer_ids)})


def _write(found: Sequence[_Standing], results: Mapping[int, Frozen]) -> None:
    if not found:
        return
    session = current_session()
    compared = [_comparison(item, results) for item in found]
    moved = [() if item is None else movement_of(item) for item in compared]
    ids = session.scalars(
        _ADD, [_values(*every) for every in zip(found, compared, moved, strict=True)]
    ).all()
    _write_scores(dict(zip(ids, moved, strict=True)))


def _values(
    item: _Standing, comparison: Comparison | None, moved: Sequence[Moved]
) -> dict[str, Any]:
    return {
        "employer_id": item.employer_id,
        "questionnaire_key": item.first.questionnaire_key,
        "sector": item.first.sector,
        "size_tier": item.first.size_tier,
        "district": item.first.district,
        "first_id": item.first.id,
        "first_on": item.first_on,
        "first_score": item.first.overall_score,
        "latest_id": None if item.latest is None else item.latest.id,
        "latest_on": item.latest_on,
        "state": _state(item, moved),
        "compared": 0 if comparison is None else _compared(comparison),
        "left_out": 0 if comparison is None else _left_out(comparison),
    }


def _write_scores(moved: Mapping[int, Sequence[Moved]]) -> None:
    rows = [
        {
            "movement_id": movement_id,
            "dimension": item.dimension,
            "before_tenths": item.before,
            "after_tenths": item.after,
            "questions": item.questions,
        }
        for movement_id, every in moved.items()
        for item in every
    ]
    if not rows:
        return
    session = current_session()
    if session.get_bind().dialect.name == "sqlite":
        session.execute(_ADD_SCORES, rows)
    else:
        together = {name: [row[name] for row in rows] for name in _SCORE_KINDS}
        session.execute(_ADD_SCORES_TOGETHER, together)


def _state(item: _Standing, moved: Sequence[Moved]) -> State:
    if item.latest is None:
        return State.ONCE
    return State.COMPARED if moved else State.APART


def _compared(comparison: Comparison) -> int:
    return sum(not question.legal for question in comparison.questions)


def _left_out(comparison: Comparison) -> int:
    """Scored questions that were asked in one of the two only, or changed their meaning."""
    return (
        len(comparison.new)
        + len(comparison.removed)
        + len(comparison.changed)
        + len(comparison.answered_once)
    )


def _comparison(item: _Standing, results: Mapping[int, Frozen]) -> Comparison | None:
    """The comparison of the two; None where there is one only, or a questionnaire is missing."""
    if item.latest is None:
        return None
    first, latest = results[item.first.id], results[item.latest.id]
    catalogue = load_catalogue()
    earlier = catalogue.get(first.questionnaire_key, first.questionnaire_version)
    later = catalogue.get(latest.questionnaire_key, latest.questionnaire_version)
    if earlier is None or later is None:
        return None
    return compare_frozen(
        earlier_questionnaire=earlier,
        earlier=first.result,
        later_questionnaire=later,
        later=latest.result,
    )
