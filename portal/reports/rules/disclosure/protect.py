"""Choosing what to withhold: small numbers, and others beside them, until all of it is proven.

A number is small when fewer records or fewer units than the threshold are behind it, but for
nought. Numbers beside it are withheld too (its complements) until a move through withheld numbers
alone leads to so many other worlds that the number could be any of ``threshold - 1`` values: all
that "small" says.

A reader may know this program too, and ask which worlds it would have treated so. Therefore

* complements are chosen by lot, and the lots are forgotten: in the other worlds the same numbers
  could have been withheld (whether a set of numbers can be proven depends only on what is shown);
* whether a table is shown at all depends on the total alone, which is shown. Should a table that
  passes resist nevertheless, it is left out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Final

from portal.reports.rules.disclosure.moves import Move, Moves, Price
from portal.reports.rules.disclosure.shape import TOTAL, Cell, Record, Shape, World, count, units

LEAST_THRESHOLD: Final = 3
_WITHHELD_COST: Final = 1
# It tends to cost more to withhold a total than a number inside a table.
_INNER, _OUTER, _CENTRE = 10_000, 20_000, 30_000
_LOTS: Final = 6
# A table is shown when the count is at least so many thresholds, and so large that its numbers can
# be protected even when each group has one; a crossed one when its numbers are on average at least
# half a threshold.
_TABLE: Final = 2


@dataclass(frozen=True, slots=True)
class Rule:
    """How a release is protected.

    ``threshold``: a number resting on fewer is small. ``rounding``: what is shown is rounded to
    multiples of it; 1 does nothing. ``complements`` off is for tests that show why they are needed.
    """

    threshold: int = 5
    rounding: int = 1
    complements: bool = True

    def __post_init__(self) -> None:
        if self.threshold < LEAST_THRESHOLD or self.rounding < 1:
            raise ValueError("A threshold of 3 or more and a rounding of 1 or more")

    @property
    def values(self) -> int:
        """How many values a withheld number must be able to have, the true one among them."""
        return self.threshold - 1

    def fitting(self, shape: Shape, total: int) -> Shape:
        """The tables that are shown of a count of this size. It depends on the total alone."""
        if not total:
            return shape
        fits = {
            name
            for name in shape.dimensions
            if total >= max(_TABLE * self.threshold, self.threshold + len(shape.values[name]) - 2)
        }
        if shape.centre not in fits:
            outer = (*shape.crossed, *shape.plain)
            return replace(
                shape, centre="", crossed=(), plain=tuple(name for name in outer if name in fits)
            )
        for leaf in shape.crossed:
            cells = len(shape.values[shape.centre]) * len(shape.values[leaf])
            if total * 2 < cells * self.threshold:
                kept = tuple(name for name in shape.crossed if name != leaf)
                return self.fitting(replace(shape, crossed=kept, plain=(*shape.plain, leaf)), total)
        return replace(shape, plain=tuple(name for name in shape.plain if name in fits))

    def rounded(self, number: int) -> int:
        """A number as it is shown: to the nearest multiple, halves up."""
        return (number * 2 + self.rounding) // (self.rounding * 2) * self.rounding


@dataclass(frozen=True, slots=True)
class Protected:
    """One count as it is released.

    ``shape`` is what is shown of it. ``nothing`` is set when the whole count is small, and no
    number of it is shown, not even noughts. ``truth`` are the real numbers; ``small`` and
    ``withheld`` (which includes them) those that are not shown. ``proof`` holds, for each number
    withheld, changes of the truth that lead to other worlds in which all that is shown is the same.
    """

    shape: Shape
    rule: Rule
    truth: World
    behind: World
    small: frozenset[Cell]
    withheld: frozenset[Cell]
    proof: dict[Cell, tuple[Move, ...]]
    nothing: bool = False
    left_out: tuple[str, ...] = ()

    def shown(self, cell: Cell) -> int | None:
        """The number that readers see; None when it is withheld or not part of the release."""
        if self.nothing or cell in self.withheld or not self.shows(cell):
            return None
        return self.rule.rounded(self.truth.get(cell, 0))

    def shows(self, cell: Cell) -> bool:
        """Whether a number is in a table of the release, be it withheld there."""
        names = tuple(name for name, _ in cell)
        if len(names) > 1:
            return names[0] == self.shape.centre and names[1] in self.shape.crossed
        return not names or names[0] in self.shape.dimensions

    @property
    def numbers(self) -> dict[Cell, int | None]:
        """Every number of the release, None where it is withheld."""
        return {cell: self.shown(cell) for cell in self.shape.cells()}


class _CannotProtectError(Exception):
    def __init__(self, cell: Cell) -> None:
        self.cell = cell


def protect(shape: Shape, records: Iterable[Record], rule: Rule, chance: Random) -> Protected:
    """Choose what to withhold of a count, and prove it.

    ``chance`` draws the lots: from the operating system (``secrets.SystemRandom``), or from a seed
    in tests.
    """
    kept = list(records)
    whole = shape
    shape = rule.fitting(whole, len(kept))
    while True:
        truth, behind = count(shape, kept), units(shape, kept)
        gone = _left_out(whole, shape)
        if 0 < behind.get(TOTAL, 0) < rule.threshold:
            cells = frozenset(shape.cells())
            return Protected(
                shape, rule, truth, behind, cells, cells, {}, nothing=True, left_out=gone
            )
        small = frozenset(cell for cell, n in behind.items() if n < rule.threshold)
        if not rule.complements:
            return Protected(shape, rule, truth, behind, small, small, {}, left_out=gone)
        work = _Work(shape, truth, rule, set(small), chance)
        try:
            work.run()
        except _CannotProtectError as error:
            shape = shape.without(error.cell)
            continue
        withheld = frozenset(work.withheld)
        return Protected(shape, rule, truth, behind, small, withheld, work.proof, left_out=gone)


def _left_out(whole: Shape, shown: Shape) -> tuple[str, ...]:
    lost = [name for name in whole.dimensions if name not in shown.dimensions]
    lost += [f"{whole.centre} by {name}" for name in whole.crossed if name not in shown.crossed]
    return tuple(lost)


@dataclass
class _Work:
    shape: Shape
    truth: World
    rule: Rule
    withheld: set[Cell]
    chance: Random
    proof: dict[Cell, tuple[Move, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.costs = {cell: self._lot(cell) for cell in self.shape.cells()}
        self.queue = deque(sorted(self.withheld, key=self.costs.__getitem__))

    def _lot(self, cell: Cell) -> int:
        outer = _CENTRE if cell and cell[0][0] == self.shape.centre else _OUTER
        base = outer if len(cell) == 1 else _INNER
        return int(base * 2 ** self.chance.uniform(0, _LOTS))

    def run(self) -> None:
        """Prove every number withheld, withholding more where it is needed."""
        while self.queue:
            cell = self.queue.popleft()
            if cell in self.proof or self._by_one_move(cell) or self._by_many_moves(cell):
                continue
            self._withhold_beside(cell)
            self.queue.appendleft(cell)

    def _withhold(self, cell: Cell) -> None:
        self.withheld.add(cell)
        self.queue.append(cell)

    def _cost(self, cell: Cell) -> int:
        return _WITHHELD_COST if cell in self.withheld else self.costs[cell]

    def _by_one_move(self, cell: Cell) -> bool:
        """Repeat one move forwards and backwards; it proves every cell it passes at once.

        Cells that it adds to can fall back by what they have, but for one, and so can those that
        it takes from the other way: together they must have at least the threshold.
        """
        best: tuple[int, Move] | None = None
        for added in range(min(self.truth[cell], self.rule.threshold - 1), 0, -1):
            taken = self.rule.threshold - added
            found = Moves(self.shape, self._room(added, taken)).adding(cell)
            if found is not None and (best is None or found[0] < best[0]):
                best = found
        if best is None:
            return False
        worlds = self._repeated(best[1])
        for passed in best[1]:
            if passed not in self.withheld:
                self._withhold(passed)
            self.proof.setdefault(passed, worlds)
        return True

    def _room(self, added: int, taken: int) -> Price:
        def price(cell: Cell, sign: int) -> int | None:
            n = self.truth.get(cell, 0)
            return self._cost(cell) if n >= (added if sign > 0 else taken) else None

        return price

    def _repeated(self, move: Move) -> tuple[Move, ...]:
        down = min(self.truth[cell] for cell, sign in move.items() if sign > 0) - 1
        up = min(self.truth[cell] for cell, sign in move.items() if sign < 0) - 1
        steps = [n for n in sorted(range(-down, up + 1), key=lambda n: (abs(n), n)) if n]
        return tuple(
            {cell: sign * times for cell, sign in move.items()}
            for times in steps[: self.rule.values - 1]
        )

    def _by_many_moves(self, cell: Cell) -> bool:
        """Step by step through worlds, by any move that is possible in each; nothing is added."""
        worlds: list[Move] = []
        for direction in (-1, 1):
            world, change = dict(self.truth), Move()
            while len(worlds) < self.rule.values - 1:
                found = Moves(self.shape, self._step(world, direction)).adding(cell)
                if found is None:
                    break
                for passed, sign in found[1].items():
                    world[passed] += sign * direction
                    change[passed] = change.get(passed, 0) + sign * direction
                worlds.append({passed: n for passed, n in change.items() if n})
        if len(worlds) < self.rule.values - 1:
            return False
        self.proof[cell] = tuple(worlds)
        return True

    def _step(self, world: World, direction: int) -> Price:
        def price(cell: Cell, sign: int) -> int | None:
            if cell not in self.withheld:
                return None
            # Noughts are shown: what is withheld is known to be at least one.
            return None if sign * direction < 0 and world[cell] <= 1 else _WITHHELD_COST

        return price

    def _withhold_beside(self, cell: Cell) -> None:
        """Withhold the next number that adds up to a total with this one, or give up."""
        beside = {
            other
            for relation in self.shape.relations()
            if cell in relation.parts
            for other in relation.parts
            if other not in self.withheld and self.truth.get(other)
        }
        if not beside:
            raise _CannotProtectError(cell)
        self._withhold(min(beside, key=self._cost))
