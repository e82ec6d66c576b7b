"""The shape of what is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# The columns that name a cell: which fact, seen by which axis, in which month, of which kind,
# and the groups of that axis.
CELL: Final = ("fact", "axis", "month", "kind", "a", "b", "c")


@dataclass(frozen=True, slots=True)
class Axis:
    """One way of grouping a fact; ``a``, ``b`` and ``c`` are expressions of text, never NULL."""

    name: str
    a: str
    b: str = "''"
    c: str = "''"


@dataclass(frozen=True, slots=True)
class Watch:
    """A table on which a fact or a derived row rests.

    ``touched`` is a condition on the fact's rows that picks those which a row of the table bears
    on; ``{row}`` in it stands for that row before or after a change. ``columns`` are those whose
    change matters. An ``added`` row matters only where the table itself brings rows: for a table
    that is merely joined, its row was there before.
    """

    table: str
    touched: str
    columns: tuple[str, ...]
    added: bool = True


@dataclass(frozen=True, slots=True)
class Fact:
    """Rows that count, one by one: each adds one (or ``n``) and its amount to a cell an axis.

    What a row adds may depend on it and on rows joined to it, not on its neighbours: several rows
    may change in one statement. What does depend on them is a ``Derived`` row first.
    ``meaning`` and ``amount_meaning`` say what ``n`` and ``amount`` are, with the unit.
    """

    key: str
    meaning: str
    source: str
    month: str
    axes: tuple[Axis, ...]
    watches: tuple[Watch, ...]
    where: str = "1 = 1"
    kind: str = "''"
    n: str = "1"
    amount: str = "0"
    amount_meaning: str = ""

    def rows(self, *, step: int = 1, touched: str | None = None) -> str:
        """The rows of every axis that a set of records brings, added or (-1) taken away."""
        picked = f"({self.where})" if touched is None else f"({self.where}) AND ({touched})"
        return " UNION ALL ".join(
            f"SELECT '{self.key}', '{axis.name}', {self.month}, {self.kind}, "  # noqa: S608
            f"{axis.a}, {axis.b}, {axis.c}, {step} * ({self.n}), {step} * ({self.amount}) "
            f"FROM {self.source} WHERE {picked}"
            for axis in self.axes
        )

    def cells(self) -> str:
        """Every cell as the records say; they are read once for all axes."""
        named: dict[str, str] = {}
        for axis in self.axes:
            for group in (axis.a, axis.b, axis.c):
                named.setdefault(group, f"g{len(named)}")
        groups = ", ".join(named.values())
        shown = "".join(f", {expression} AS {name}" for expression, name in named.items())
        read = (
            f"SELECT {self.month} AS month, {self.kind} AS kind{shown}, {self.n} AS n, "  # noqa: S608
            f"{self.amount} AS amount FROM {self.source} WHERE {self.where}"
        )
        counted = (
            f"SELECT month, kind, {groups}, sum(n) AS n, sum(amount) AS amount "  # noqa: S608
            f"FROM ({read}) found GROUP BY month, kind, {groups}"
        )
        axes = " UNION ALL ".join(self._axis_cells(axis, named) for axis in self.axes)
        return f"WITH counted AS MATERIALIZED ({counted}) {axes}"

    def _axis_cells(self, axis: Axis, named: dict[str, str]) -> str:
        of_axis = ", ".join(("month", "kind", *(named[part] for part in (axis.a, axis.b, axis.c))))
        # Groups by place: two groups of an axis may be the same expression.
        return (
            f"SELECT '{self.key}' AS fact, '{axis.name}' AS axis, {of_axis}, "  # noqa: S608
            f"sum(n), sum(amount) FROM counted GROUP BY 3, 4, 5, 6, 7 "
            "HAVING sum(n) <> 0 OR sum(amount) <> 0"
        )


@dataclass(frozen=True, slots=True)
class Derived:
    """A row for each case or employer, worked out again whenever what it rests on changes.

    ``columns`` maps each column to its expression; the first is the key. Working it out twice
    gives the same row, so that it never matters how many rows of a statement ask for it.
    """

    table: str
    source: str
    columns: tuple[tuple[str, str], ...]
    watches: tuple[Watch, ...]

    @property
    def base(self) -> str:
        """The table whose rows have one derived row each: the first that is watched."""
        return self.watches[0].table

    @property
    def key(self) -> str:
        """The column that names the row."""
        return self.columns[0][0]

    @property
    def names(self) -> tuple[str, ...]:
        """Its columns, in order."""
        return tuple(name for name, _ in self.columns)

    def select(self, touched: str | None = None) -> str:
        """The rows as they should be."""
        picked = touched or "1 = 1"
        shown = ", ".join(f"{expression} AS {name}" for name, expression in self.columns)
        return f"SELECT {shown} FROM {self.source} WHERE {picked}"  # noqa: S608

    def keep(self, touched: str) -> str:
        """Write the touched rows as they should be."""
        changed = ", ".join(f"{name} = excluded.{name}" for name in self.names[1:])
        return (
            f"INSERT INTO {self.table} ({', '.join(self.names)}) {self.select(touched)} "
            f"ON CONFLICT ({self.key}) DO UPDATE SET {changed}"
        )
