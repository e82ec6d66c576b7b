"""Histograms of scores, changed in the transaction that changes what they count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from functools import cache
from itertools import groupby
from typing import Any, Final

from sqlalchemy import TextClause, text

from portal.db import current_session
from portal.diagnostics.rules.benchmark import BINS


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """The group in which a response counts, as it was when it was completed."""

    questionnaire_key: str
    sector: str
    size_tier: str
    district: str


@dataclass(frozen=True, slots=True)
class Counted:
    """A response as histograms count it: its group, and its scores by dimension."""

    cell: Cell
    scores: Mapping[str, int]


_KEY: Final = ("questionnaire_key", "sector", "size_tier", "district", "dimension")
_AT_KEY: Final = " AND ".join(f"{name} = :{name}" for name in _KEY)
_INSERT: Final = (
    f"INSERT INTO score_histograms ({', '.join(_KEY)}, counts) "  # noqa: S608 - our own names
    f"VALUES ({', '.join(f':{name}' for name in _KEY)}, {{first}}) "
    f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {{change}}"
)
_UPDATE: Final = f"UPDATE score_histograms SET {{change}} WHERE {_AT_KEY}"  # noqa: S608 - our own names
# PostgreSQL changes all rows in one statement, which waits for them in the order they are given in.
_UPDATE_ALL: Final = text(
    "WITH wanted AS (SELECT h.id, v.take, v.add FROM unnest("  # noqa: S608 - our own names
    + ", ".join(f"CAST(:{name} AS text[])" for name in _KEY)
    + ", CAST(:take AS integer[]), CAST(:add AS integer[])) WITH ORDINALITY "
    f"AS v ({', '.join(_KEY)}, take, add, place) JOIN score_histograms h ON "
    + " AND ".join(f"h.{name} = v.{name}" for name in _KEY)
    + " ORDER BY v.place FOR UPDATE OF h) UPDATE score_histograms SET "
    "counts[wanted.take] = score_histograms.counts[wanted.take] - 1, "
    "counts[wanted.add] = score_histograms.counts[wanted.add] + 1 "
    "FROM wanted WHERE score_histograms.id = wanted.id"
)


def count_current(*, gone: Counted | None = None, come: Counted | None = None) -> None:
    """Take a response out of the histograms, put one into them, or let one follow the other.

    A count that would fall below nought is refused.

    Raises:
        RuntimeError: when what should go was never counted.
    """
    session = current_session()
    embedded = session.get_bind().dialect.name == "sqlite"
    for (takes, adds), changes in groupby(_changes(gone, come), key=lambda item: item[0]):
        rows = [_parameters(*change[1:], embedded=embedded) for change in changes]
        if takes and adds and not embedded:
            together = {name: [row[name] for row in rows] for name in rows[0]}
            done: Any = session.execute(_UPDATE_ALL, together)
        else:
            done = session.execute(_statement(takes, adds, embedded=embedded), rows)
        if takes and done.rowcount != len(rows):
            raise RuntimeError("A score was never counted: run flask reports rebuild")


_Change = tuple[tuple[bool, bool], tuple[Cell, str], int | None, int | None]


def _changes(gone: Counted | None, come: Counted | None) -> Iterator[_Change]:
    """Which rows change and how, in one order: no two transactions lock two rows crosswise."""
    took, added = _by_row(gone), _by_row(come)
    for row in sorted(took.keys() | added.keys()):
        take, add = took.get(row), added.get(row)
        if take != add:
            yield (take is not None, add is not None), row, take, add


def _by_row(counted: Counted | None) -> dict[tuple[Cell, str], int]:
    if counted is None:
        return {}
    return {(counted.cell, dimension): score for dimension, score in counted.scores.items()}


def _parameters(
    row: tuple[Cell, str], take: int | None, add: int | None, *, embedded: bool
) -> dict[str, Any]:
    cell, dimension = row
    values: dict[str, Any] = dict(zip(_KEY, (*astuple(cell), dimension), strict=True))
    for name, score in (("take", take), ("add", add)):
        if score is not None:
            # Places in an array count from 1, those in a JSON document from 0.
            values[name] = f"$[{score}]" if embedded else score + 1
    if take is None and add is not None:
        values["first"] = _first(add, embedded=embedded)
    return values


@cache
def _first(score: int, *, embedded: bool) -> str:
    """The counts of a group's first employer, as text that the database reads."""
    counts = ",".join("1" if place == score else "0" for place in range(BINS))
    return f"[{counts}]" if embedded else f"{{{counts}}}"


@cache
def _statement(takes: bool, adds: bool, *, embedded: bool) -> TextClause:  # noqa: FBT001 - a key
    """What changes one row of counts in its places. Only what adds alone may make the row."""
    parts = [(name, sign) for name, sign, has in (("take", "-", takes), ("add", "+", adds)) if has]
    now = "score_histograms.counts"
    if embedded:
        places = ", ".join(
            f":{name}, json_extract({now}, :{name}) {sign} 1" for name, sign in parts
        )
        change = f"counts = json_set({now}, {places})"
        first = ":first"
    else:
        change = ", ".join(f"counts[:{name}] = {now}[:{name}] {sign} 1" for name, sign in parts)
        first = "CAST(:first AS integer[])"
    return text((_UPDATE if takes else _INSERT).format(change=change, first=first))
