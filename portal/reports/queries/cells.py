"""Reading what is counted: cells and the changes not folded into them yet, in one statement."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
)

from portal.db import current_session
from portal.reports.models import ReportDelta
from portal.reports.rules.spans import PLAIN, Span, spans, whole

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
    unknown = {*wanted.by, *(name for name, _ in wanted.only)} - set(GROUPS)
    if unknown:
        raise ValueError(f"Cells are not grouped by {sorted(unknown)}")


def counts(wanted: Wanted) -> list[Count]:
    """The groups that have something, in the order of their values."""
    return several({"": wanted})[""]


def total(wanted: Wanted) -> Count:
    """Everything that is wanted, as one figure."""
    found = counts(replace(wanted, by=()))
    return found[0] if found else Count((), 0, 0)


def several(wanted: Mapping[str, Wanted]) -> dict[str, list[Count]]:
    """The groups of many questions by their names, in one statement: what a whole report needs."""
    if not wanted:
        return {}
    names = list(wanted)
    found: dict[str, dict[tuple[Any, ...], tuple[int, int]]] = {name: {} for name in names}
    values: dict[Any, BindParameter[Any]] = {}
    parts = [
        part for place, name in enumerate(names) for part in _parts(place, wanted[name], values)
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


def _parts(place: int, wanted: Wanted, values: dict[Any, BindParameter[Any]]) -> Iterator[str]:
    """One question put to cells and changes, its groups in the same columns for every question.

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
    where = [f"fact = {bound(wanted.fact)}"]
    for name, kept in wanted.only:
        marks = [bound(value) for value in sorted(kept)]
        where.append(f"{name} IN ({', '.join(marks)})" if marks else "1 = 0")

    def rows(table: str, span: Span) -> str:
        mark, first, after = span
        within = [*where, f"axis = {bound(wanted.axis + mark)}"]
        within += [] if first is None else [f"month >= {bound(first)}"]
        within += [] if after is None else [f"month < {bound(after)}"]
        return f"FROM {table} WHERE {' AND '.join(within)}"

    by = f" GROUP BY {', '.join(wanted.by)}" if wanted.by else ""
    head = f"SELECT {place} AS asked, {', '.join(shown)}, sum(n), sum(amount) "
    yield f"{head}{rows('report_deltas', whole(wanted.first, wanted.last))}{by}"
    read = ", ".join((*wanted.by, "n", "amount"))
    cells = [f"SELECT {read} {rows('report_cells', span)}" for span in _spans(wanted)]
    yield f"{head}FROM ({' UNION ALL '.join(cells)}) cells{by}"


def _spans(wanted: Wanted) -> list[Span]:
    """The coarsest cells that answer a question."""
    used = {*wanted.by, *(name for name, _ in wanted.only)}
    if used <= {"month", "kind"}:
        return [whole(wanted.first, wanted.last, PLAIN)]
    if "month" in used:
        return [whole(wanted.first, wanted.last)]
    return list(spans(wanted.first, wanted.last))


def waiting() -> int:
    """How many changes are not folded into cells yet."""
    return current_session().scalar(select(func.count(ReportDelta.id))) or 0
