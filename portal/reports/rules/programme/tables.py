"""Small parts that the sections' tables are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from portal.reports.rules.document import Column, Drill, Table, Unit, Value
from portal.reports.rules.programme.measures import MEASURES

_ADDS_UP: Final = frozenset({Unit.COUNT, Unit.PENCE, Unit.MINUTES})


def text(key: str, label: str, meaning: str) -> Column:
    """A column of names."""
    return Column(key, label, Unit.TEXT, meaning)


def measured(*keys: str) -> tuple[Column, ...]:
    """Columns of measures."""
    return tuple(MEASURES[key].column for key in keys)


def summed(
    columns: Sequence[Column], rows: Iterable[Sequence[Value]], first: str = "Total"
) -> tuple[Value, ...]:
    """The last row: the sum of every column of counts, pence or minutes; shares have none."""
    kept = list(rows)
    return (
        first,
        *(
            sum(value for row in kept for value in (row[place],) if isinstance(value, int))
            if column.unit in _ADDS_UP
            else None
            for place, column in enumerate(columns[1:], start=1)
        ),
    )


def table(
    key: str,
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Value]],
    *,
    total: bool = True,
    note: str = "",
    drills: Sequence[Drill | None] = (),
) -> Table:
    """A table, with the sums of its columns where they add up."""
    return Table(
        key,
        title,
        tuple(columns),
        tuple(tuple(row) for row in rows),
        total=summed(columns, rows) if total and rows else None,
        note=note,
        drills=tuple(drills),
    )


def per_group(
    keys: Iterable[tuple[str, str]], values: Sequence[Callable[[str], Value]]
) -> list[tuple[Value, ...]]:
    """One row a group: its title and what each column says of it."""
    return [(title, *(value(key) for value in values)) for key, title in keys]
