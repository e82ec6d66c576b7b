"""Roll-ups and histograms, changed in the transaction that changes what they count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite

from portal.db import current_session
from portal.diagnostics.models import ScoreHistogram, ScoreRollup
from portal.kernel.clock import london


@dataclass(frozen=True, slots=True)
class Cell:
    """The group in which a response counts, as it was when it was completed."""

    questionnaire_key: str
    sector: str
    size_tier: str
    district: str


def month_of(instant: datetime) -> date:
    """The first day of the London month an instant falls in."""
    return london(instant).date().replace(day=1)


def count_current(cell: Cell, scores: Mapping[str, int], *, step: int) -> None:
    """Add a response to its group's histograms (step 1), or take it out again (step -1)."""
    _add(
        ScoreHistogram.__table__,
        [
            {**asdict(cell), "dimension": dimension, "score": score, "n": step}
            for dimension, score in sorted(scores.items())
        ],
        key=("questionnaire_key", "dimension", "sector", "size_tier", "district", "score"),
        counts=("n",),
    )


def count_completed(cell: Cell, scores: Mapping[str, int], *, completed_at: datetime) -> None:
    """Add a completed response to its group's month."""
    month = month_of(completed_at)
    _add(
        ScoreRollup.__table__,
        [
            {**asdict(cell), "month": month, "dimension": dimension, "n": 1, "total": score}
            for dimension, score in sorted(scores.items())
        ],
        key=("questionnaire_key", "month", "sector", "size_tier", "district", "dimension"),
        counts=("n", "total"),
    )


def _add(
    table: Any, rows: list[dict[str, Any]], *, key: tuple[str, ...], counts: tuple[str, ...]
) -> None:
    """Insert the rows, or add their counts to the rows already there.

    Rows come in one order, so that two transactions never lock two cells crosswise. A count that
    would fall below nought is refused by the database.
    """
    if not rows:
        return
    session = current_session()
    if rows[0]["n"] < 0:
        # What is taken away must be there: an insert would be refused before it is an update.
        session.execute(
            _change(table, key, counts),
            [
                {f"at_{name}": row[name] for name in key}
                | {f"by_{name}": row[name] for name in counts}
                for row in rows
            ],
        )
        return
    embedded = session.get_bind().dialect.name == "sqlite"
    session.execute(_upsert(table, key, counts, embedded=embedded), rows)


# Built once: building a statement costs as much as running it.
@cache
def _change(table: Table, key: tuple[str, ...], counts: tuple[str, ...]) -> Any:
    return (
        table.update()
        .where(*(table.c[name] == bindparam(f"at_{name}") for name in key))
        .values({name: table.c[name] + bindparam(f"by_{name}") for name in counts})
    )


@cache
def _upsert(table: Table, key: tuple[str, ...], counts: tuple[str, ...], *, embedded: bool) -> Any:
    statement: Any = sqlite.insert(table) if embedded else postgresql.insert(table)
    return statement.on_conflict_do_update(
        index_elements=list(key),
        set_={name: table.c[name] + statement.excluded[name] for name in counts},
    )
