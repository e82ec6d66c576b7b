"""What a reader can work out about withheld numbers from everything that is shown.

Nothing here knows how numbers were chosen. ``propagated`` narrows every number by every sum until
nothing changes; ``exact`` solves for the least and the most that a number can be, by the simplex
method in exact fractions. A release is attacked with the first before it is kept, besides its
proof; tests use both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from portal.reports.rules.disclosure.shape import TOTAL, Cell, Relation, Shape

Bounds = dict[Cell, tuple[int, int]]
_ZERO: Final = Fraction(0)


def first_guess(shape: Shape, numbers: Mapping[Cell, int | None], rounding: int = 1) -> Bounds:
    """What each number says by itself: one that is withheld is at least one, since noughts show."""
    most = _ends(numbers[TOTAL] or 0, rounding)[1]
    return {
        cell: (1, most) if numbers[cell] is None else _ends(numbers[cell] or 0, rounding)
        for cell in shape.cells()
    }


def _ends(shown: int, rounding: int) -> tuple[int, int]:
    """Which numbers are shown as this one."""
    low = -((rounding - 2 * shown) // 2)
    return max(low, 0), low + rounding - 1


def propagated(shape: Shape, numbers: Mapping[Cell, int | None], rounding: int = 1) -> Bounds:
    """The least and the most of every number, as far as one sum after the other tells."""
    bounds = first_guess(shape, numbers, rounding)
    relations = shape.relations()
    changed = True
    while changed:
        changed = False
        for relation in relations:
            changed |= _narrowed(bounds, relation)
    return bounds


def _narrowed(bounds: Bounds, relation: Relation) -> bool:
    low = sum(bounds[part][0] for part in relation.parts)
    high = sum(bounds[part][1] for part in relation.parts)
    total = bounds[relation.total]
    new = {relation.total: (max(total[0], low), min(total[1], high))}
    for part in relation.parts:
        least, most = bounds[part]
        new[part] = (
            max(least, total[0] - (high - most)),
            min(most, total[1] - (low - least)),
        )
    changed = any(bounds[cell] != ends for cell, ends in new.items())
    bounds.update(new)
    return changed


@dataclass(frozen=True, slots=True)
class System:
    """Equations over unknowns, each at least one: coefficients times unknowns give a constant."""

    unknowns: tuple[Cell, ...]
    rows: tuple[tuple[tuple[Fraction, ...], Fraction], ...]


def system(shape: Shape, numbers: Mapping[Cell, int | None]) -> System:
    """Everything that adds up, over the numbers that are withheld."""
    unknowns = tuple(cell for cell in shape.cells() if numbers[cell] is None)
    places = {cell: place for place, cell in enumerate(unknowns)}
    rows = []
    for relation in shape.relations():
        row, constant = [_ZERO] * len(unknowns), _ZERO
        for cell, sign in ((relation.total, -1), *((part, 1) for part in relation.parts)):
            shown = numbers[cell]
            if shown is None:
                row[places[cell]] += sign
            else:
                constant -= sign * shown
        if any(row):
            rows.append((tuple(row), constant))
    return System(unknowns, tuple(rows))


def exact(wanted: System, cell: Cell) -> tuple[Fraction, Fraction | None]:
    """The least and the most that an unknown can be; no most when it is unbounded.

    Raises:
        ValueError: when no numbers fit the equations at all.
    """
    place = wanted.unknowns.index(cell)
    least = _optimum(wanted, place, -1)
    most = _optimum(wanted, place, 1)
    if least is None:
        raise ValueError("An unknown without a least value")
    return -least, most


def _optimum(wanted: System, place: int, sign: int) -> Fraction | None:
    """The most of ``sign * unknown``; None when there is none. Unknowns are counted from one."""
    width = len(wanted.unknowns)
    table: list[list[Fraction]] = []
    for row, constant in wanted.rows:
        rest = constant - sum(row, _ZERO)
        flip = -1 if rest < 0 else 1
        table.append([flip * value for value in row] + [flip * rest])
    count = len(table)
    for number, line in enumerate(table):
        line[width:width] = [Fraction(number == other) for other in range(count)]
    basis = list(range(width, width + count))
    missing = [sum((line[n] for line in table), _ZERO) for n in range(width)]
    goal = [*missing, *[_ZERO] * count, sum((line[-1] for line in table), _ZERO)]
    _pivot_all(table, basis, goal, width)
    if goal[-1] != 0:
        raise ValueError("No numbers fit what is shown")
    _drop_artificial(table, basis, width)
    goal = [_ZERO] * len(goal)
    goal[place] = Fraction(sign)
    for line, column in zip(table, basis, strict=True):
        factor = goal[column]
        if factor:
            goal = [one - factor * other for one, other in zip(goal, line, strict=True)]
    bounded = _pivot_all(table, basis, goal, width)
    return -goal[-1] + sign if bounded else None


def _pivot_all(
    table: list[list[Fraction]], basis: list[int], goal: list[Fraction], width: int
) -> bool:
    """Improve until nothing can be (Bland's rule, so it ends); whether there is an optimum."""
    while True:
        column = next((n for n in range(width) if goal[n] > 0), None)
        if column is None:
            return True
        ratios = [
            (line[-1] / line[column], basis[number], number)
            for number, line in enumerate(table)
            if line[column] > 0
        ]
        if not ratios:
            return False
        _pivot(table, basis, goal, min(ratios)[2], column)


def _pivot(
    table: list[list[Fraction]], basis: list[int], goal: list[Fraction], row: int, column: int
) -> None:
    factor = table[row][column]
    table[row] = [value / factor for value in table[row]]
    for number, line in enumerate(table):
        if number != row and line[column]:
            times = line[column]
            table[number] = [
                one - times * other for one, other in zip(line, table[row], strict=True)
            ]
    times = goal[column]
    goal[:] = [one - times * other for one, other in zip(goal, table[row], strict=True)]
    basis[row] = column


def _drop_artificial(table: list[list[Fraction]], basis: list[int], width: int) -> None:
    """Take helpers out of the basis; a line in which nothing else stands says nothing new."""
    for row in reversed(range(len(table))):
        if basis[row] < width:
            continue
        column = next((n for n in range(width) if table[row][n]), None)
        if column is None:
            del table[row], basis[row]
        else:
            _pivot(table, basis, [_ZERO] * len(table[row]), row, column)
