"""Reading what is counted: cells and the changes not folded into them yet, in one statement."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select, union_all

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


def counts(wanted: Wanted) -> list[Count]:
    """The groups that have something, in the order of their values."""
    unknown = set(wanted.by) - set(GROUPS)
    if unknown:
        raise ValueError(f"Cells are not grouped by {sorted(unknown)}")
    parts = []
    for table in (ReportCell, ReportDelta):
        part = select(*(getattr(table, name) for name in wanted.by), table.n, table.amount).where(
            table.fact == wanted.fact, table.axis == wanted.axis
        )
        if wanted.first is not None:
            part = part.where(table.month >= wanted.first)
        if wanted.last is not None:
            part = part.where(table.month <= wanted.last)
        for name, values in wanted.only:
            part = part.where(getattr(table, name).in_(sorted(values)))
        parts.append(part)
    both = union_all(*parts).subquery()
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


def waiting() -> int:
    """How many changes are not folded into cells yet."""
    return current_session().scalar(select(func.count(ReportDelta.id))) or 0
