"""Reading what is counted: cells and the changes not folded into them yet, in one statement."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnClause,
    Date,
    Integer,
    String,
    bindparam,
    column,
    func,
    select,
    text,
    union_all,
)

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


def _checked(wanted: Wanted) -> None:
    unknown = set(wanted.by) - set(GROUPS)
    if unknown:
        raise ValueError(f"Cells are not grouped by {sorted(unknown)}")


def _wheres(table: type[ReportCell | ReportDelta], wanted: Wanted) -> Iterator[Any]:
    """What keeps the rows of a table that are wanted."""
    _checked(wanted)
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
    names = list(wanted)
    found: dict[str, dict[tuple[Any, ...], tuple[int, int]]] = {name: {} for name in names}
    values: dict[Any, BindParameter[Any]] = {}
    parts = [
        _part(place, table, wanted[name], values)
        for place, name in enumerate(names)
        for table in ("report_cells", "report_deltas")
    ]
    query = text(" UNION ALL ".join(parts)).bindparams(*values.values()).columns(*_COLUMNS)
    for place, *group, n, amount in current_session().execute(query):
        if n is None:
            continue
        name = names[place]
        key = tuple(group[GROUPS.index(column)] for column in wanted[name].by)
        known = found[name].get(key, (0, 0))
        found[name][key] = (known[0] + int(n), known[1] + int(amount))
    return {
        name: [Count(group, *sums) for group, sums in sorted(groups.items()) if any(sums)]
        for name, groups in found.items()
    }


_COLUMNS: Final[tuple[ColumnClause[Any], ...]] = (
    column("asked", Integer()),
    column("month", Date()),
    *(column(name, String()) for name in GROUPS[1:]),
    column("n", BigInteger()),
    column("amount", BigInteger()),
)
_MISSING: Final = {"month": "CAST(NULL AS DATE)"}


def _part(place: int, table: str, wanted: Wanted, values: dict[Any, BindParameter[Any]]) -> str:
    """One question put to one table, its groups in columns that are the same for every question.

    As text: put together of parts, nearly a hundred questions take ten times as long to write as
    to answer. Names are the cells' own, values are bound.
    """
    _checked(wanted)

    def bound(value: Any) -> str:
        if value not in values:
            kind = Date() if isinstance(value, date) else String()
            values[value] = bindparam(f"value_{len(values)}", value, kind)
        return f":{values[value].key}"

    shown = [
        name if name in wanted.by else _MISSING.get(name, "CAST('' AS TEXT)") for name in GROUPS
    ]
    where = [f"fact = {bound(wanted.fact)}", f"axis = {bound(wanted.axis)}"]
    if wanted.first is not None:
        where.append(f"month >= {bound(wanted.first)}")
    if wanted.last is not None:
        where.append(f"month <= {bound(wanted.last)}")
    for name, kept in wanted.only:
        if name not in GROUPS:
            raise ValueError(f"Cells have no column {name}")
        marks = [bound(value) for value in sorted(kept)]
        where.append(f"{name} IN ({', '.join(marks)})" if marks else "1 = 0")
    by = f" GROUP BY {', '.join(wanted.by)}" if wanted.by else ""
    return (
        f"SELECT {place} AS asked, {', '.join(shown)}, sum(n), sum(amount) "  # noqa: S608
        f"FROM {table} WHERE {' AND '.join(where)}{by}"
    )


def waiting() -> int:
    """How many changes are not folded into cells yet."""
    return current_session().scalar(select(func.count(ReportDelta.id))) or 0
