"""Reading what is counted: cells and the changes not folded into them yet, in one statement."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Date, Select, String, cast, func, literal, null, select, union_all

from portal.db import current_session
from portal.reports.models import ReportCell, ReportDelta

GROUPS = ("month", "kind", "a", "b", "c")


@dataclass(frozen=True, slots=True)
class Count:
    """One group: its values in the order asked for, how many, and the sum of their amounts."""

    group: tuple[Any, ...]
    n: int
    amount: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cells to add up.

    ``axis`` says how they are grouped (``portal/reports/facts``): on "employer" ``a`` is the
    sector, ``b`` the size tier and ``c`` the district. ``first`` and ``last`` are first days of
    months, both included; ``only`` keeps the rows whose column has one of the values.
    """

    fact: str
    axis: str
    by: Sequence[str] = ()
    first: date | None = None
    last: date | None = None
    only: tuple[tuple[str, Collection[str]], ...] = ()


def _wheres(table: type[ReportCell | ReportDelta], wanted: Wanted) -> Iterator[Any]:
    """What keeps the rows of a table that are wanted."""
    unknown = set(wanted.by) - set(GROUPS)
    if unknown:
        raise ValueError(f"Cells are not grouped by {sorted(unknown)}")
    yield table.fact == wanted.fact
    yield table.axis == wanted.axis
    if wanted.first is not None:
        yield table.month >= wanted.first
    if wanted.last is not None:
        yield table.month <= wanted.last
    for name, values in wanted.only:
        yield getattr(table, name).in_(sorted(values))


def counts(wanted: Wanted) -> list[Count]:
    """The groups that have something, in the order of their values."""
    both = union_all(
        *(
            select(*(getattr(table, name) for name in wanted.by), table.n, table.amount).where(
                *_wheres(table, wanted)
            )
            for table in (ReportCell, ReportDelta)
        )
    ).subquery()
    groups = [both.c[name] for name in wanted.by]
    rows = current_session().execute(
        select(*groups, func.sum(both.c.n), func.sum(both.c.amount))
        .group_by(*groups)
        .order_by(*groups)
    )
    return [
        Count(tuple(row[:-2]), int(row[-2]), int(row[-1]))
        for row in rows
        if row[-2] is not None and (row[-2] or row[-1])
    ]


def total(wanted: Wanted) -> Count:
    """Everything that is wanted, as one figure."""
    found = counts(Wanted(wanted.fact, wanted.axis, (), wanted.first, wanted.last, wanted.only))
    return found[0] if found else Count((), 0, 0)


def several(wanted: Mapping[str, Wanted]) -> dict[str, list[Count]]:
    """The groups of many questions by their names, in one statement: what a whole report needs."""
    if not wanted:
        return {}
    found: dict[str, dict[tuple[Any, ...], tuple[int, int]]] = {name: {} for name in wanted}
    parts = [
        _part(name, table, asked)
        for name, asked in wanted.items()
        for table in (ReportCell, ReportDelta)
    ]
    for name, *values, n, amount in current_session().execute(union_all(*parts)):
        by = wanted[name].by
        group = tuple(values[GROUPS.index(column)] for column in by)
        known = found[name].get(group, (0, 0))
        found[name][group] = (known[0] + int(n), known[1] + int(amount))
    return {
        name: [Count(group, *sums) for group, sums in sorted(groups.items()) if any(sums)]
        for name, groups in found.items()
    }


def _part(
    name: str, table: type[ReportCell | ReportDelta], wanted: Wanted
) -> Select[*tuple[Any, ...]]:
    """One question put to one table, its groups in columns that are the same for every question."""
    columns = [getattr(table, column) for column in wanted.by]
    shown = [
        (getattr(table, column) if column in wanted.by else _missing(column)).label(column)
        for column in GROUPS
    ]
    return (
        select(
            literal(name).label("asked"),
            *shown,
            func.sum(table.n).label("n"),
            func.sum(table.amount).label("amount"),
        )
        .where(*_wheres(table, wanted))
        .group_by(*columns)
        .having(func.count() > 0)
    )


def _missing(column: str) -> Any:
    return cast(null(), Date()) if column == "month" else cast(literal(""), String())


def waiting() -> int:
    """How many changes are not folded into cells yet."""
    return current_session().scalar(select(func.count(ReportDelta.id))) or 0
