"""Which numbers of one count are shown together, and how they add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

# A number of a release: the groups it is about. No group at all is the total.
Cell = tuple[tuple[str, str], ...]
World = dict[Cell, int]
TOTAL: Final[Cell] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One record that counts, the unit (an employer) it belongs to, and its groups."""

    unit: int
    groups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Relation:
    """A total and the parts that add up to it."""

    total: Cell
    parts: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """The tables in which one count is shown.

    Shown are the total, a table by each dimension, and a table of the ``centre`` by each of the
    ``crossed`` dimensions, all with their totals. Tables that share the centre alone can always be
    brought together into records (``records_of``), whatever their inner numbers are: so worlds of
    cells and worlds of records are the same thing, and nothing finer can be deduced.
    ``values`` holds every group of each dimension, in order.
    """

    key: str
    values: Mapping[str, tuple[str, ...]]
    centre: str = ""
    crossed: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.crossed and not self.centre:
            raise ValueError(f"{self.key}: tables are crossed with a centre")
        if set(self.dimensions) - self.values.keys():
            raise ValueError(f"{self.key}: a dimension without groups")

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Every dimension by which the count is shown."""
        return (*((self.centre,) if self.centre else ()), *self.crossed, *self.plain)

    def inner(self, leaf: str, centre: str, value: str) -> Cell:
        """A number inside the table of the centre by another dimension."""
        return ((self.centre, centre), (leaf, value))

    def cells(self) -> tuple[Cell, ...]:
        """Every number shown, the total first."""
        return (
            TOTAL,
            *(((name, value),) for name in self.dimensions for value in self.values[name]),
            *(
                self.inner(leaf, centre, value)
                for leaf in self.crossed
                for centre in self.values[self.centre]
                for value in self.values[leaf]
            ),
        )

    def relations(self) -> tuple[Relation, ...]:
        """Everything that adds up."""
        sums = [
            Relation(TOTAL, tuple(((name, value),) for value in self.values[name]))
            for name in self.dimensions
        ]
        for leaf in self.crossed:
            centres, values = self.values[self.centre], self.values[leaf]
            sums += [
                Relation(((self.centre, one),), tuple(self.inner(leaf, one, v) for v in values))
                for one in centres
            ]
            sums += [
                Relation(((leaf, one),), tuple(self.inner(leaf, c, one) for c in centres))
                for one in values
            ]
        return tuple(sums)

    def without(self, cell: Cell) -> Shape:
        """The shape in which a number that cannot be protected is not shown any more.

        A crossed table goes first, then the table by one dimension.
        """
        names = [name for name, _ in cell]
        gone = next((name for name in self.crossed if name in names), None)
        if gone is not None:
            kept = tuple(name for name in self.crossed if name != gone)
            return replace(self, crossed=kept, plain=(*self.plain, gone))
        if self.centre in names:
            if self.crossed:
                return replace(self, crossed=(), plain=(*self.plain, *self.crossed))
            return replace(self, centre="")
        return replace(self, plain=tuple(name for name in self.plain if name not in names))


def count(shape: Shape, records: Iterable[Record]) -> World:
    """The number of records in each cell; cells of nought are absent."""
    found: Counter[Cell] = Counter()
    for record in records:
        found.update(cells_of(shape, record))
    return dict(found)


def units(shape: Shape, records: Iterable[Record]) -> World:
    """The number of units behind each cell; cells of nought are absent."""
    found: dict[Cell, set[int]] = {}
    for record in records:
        for cell in cells_of(shape, record):
            found.setdefault(cell, set()).add(record.unit)
    return {cell: len(members) for cell, members in found.items()}


def cells_of(shape: Shape, record: Record) -> list[Cell]:
    """The cells in which a record counts."""
    groups = record.groups
    found: list[Cell] = [TOTAL]
    found += [((name, groups[name]),) for name in shape.dimensions]
    found += [shape.inner(leaf, groups[shape.centre], groups[leaf]) for leaf in shape.crossed]
    return found


def records_of(shape: Shape, world: World) -> list[Record]:
    """Records that make a world: the proof that its cells can stand side by side.

    Under each value of the centre the values of every crossed dimension are written down as often
    as they occur; these lists are equally long, so they can be read across, record by record.
    """
    rows: list[dict[str, str]] = []
    for centre in shape.values[shape.centre] if shape.centre else ("",):
        size = world.get(((shape.centre, centre),), 0) if shape.centre else world.get(TOTAL, 0)
        under: list[dict[str, str]] = [
            {shape.centre: centre} if shape.centre else {} for _ in range(size)
        ]
        for leaf in shape.crossed:
            named = [(v, world.get(shape.inner(leaf, centre, v), 0)) for v in shape.values[leaf]]
            _write_down(under, leaf, named)
        rows += under
    for name in shape.plain:
        _write_down(rows, name, [(v, world.get(((name, v),), 0)) for v in shape.values[name]])
    return [Record(number, row) for number, row in enumerate(rows)]


def _write_down(rows: list[dict[str, str]], name: str, named: list[tuple[str, int]]) -> None:
    spelled = [value for value, times in named for _ in range(times)]
    if len(spelled) != len(rows):
        raise ValueError(f"The cells by {name} do not add up")
    for row, value in zip(rows, spelled, strict=True):
        row[name] = value
