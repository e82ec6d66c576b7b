"""Rows that hang on others by the anchors of the data map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Select, Table, select

from portal.db import Base
from portal.governance.rules.holdings import TableHolding, holdings

# What goes with a record of another class: a referral that became a case follows the case.
_FOLLOWING: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("case_people", "cases"): (("referrals", "case_id"),),
}


def table_of(name: str) -> Table:
    """A table by its name."""
    return Base.metadata.tables[name]


def _leads_to(table: Table, column: str) -> str:
    """The table a column's foreign key leads to."""
    return next(iter(table.c[column].foreign_keys)).column.table.name


def root_table(holding: TableHolding) -> str | None:
    """The table by whose rows a table's time counts; None without an anchor."""
    if holding.anchor is None:
        return None
    if holding.anchor == "id":
        return holding.name
    steps = holding.anchor.split(".")
    # column, or column.table.column.…: the last column's key leads to the root
    last = holding.name if len(steps) == 1 else steps[-2]
    return _leads_to(table_of(last), steps[-1])


def _keys(holding: TableHolding, root_ids: Sequence[int]) -> Select[tuple[int]]:
    """The keys of a table's rows that hang on these rows of its root."""
    table = table_of(holding.name)
    if holding.anchor in {None, "id"}:
        return select(table.c.id).where(table.c.id.in_(root_ids))
    steps = str(holding.anchor).split(".")
    columns = [(holding.name, steps[0])]
    columns += [(steps[at], steps[at + 1]) for at in range(1, len(steps), 2)]
    inner: Select[tuple[int]] | None = None
    for name, column in reversed(columns):
        each = table_of(name)
        where = each.c[column].in_(root_ids if inner is None else inner)
        inner = select(each.c.id).where(where)
    assert inner is not None  # noqa: S101 - there is at least one step
    return inner


def hanging(
    class_key: str, table: str, root_ids: Sequence[int]
) -> Iterator[tuple[TableHolding, Select[tuple[int]]]]:
    """Every table of a class with the keys of its rows that hang on a root's, children first."""
    found = [
        holding
        for holding in holdings().tables.values()
        if holding.retention == class_key and holding.emptied and root_table(holding) == table
    ]
    for holding in sorted(found, key=lambda one: (one.anchor == "id", one.name)):
        yield holding, _keys(holding, root_ids)
    for name, column in _FOLLOWING.get((class_key, table), ()):
        other = table_of(name)
        yield holdings().tables[name], select(other.c.id).where(other.c[column].in_(root_ids))
