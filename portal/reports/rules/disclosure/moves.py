"""Ways from one world to another that change no number shown.

A move adds one to some cells and takes one from others so that everything still adds up. In the
table of the centre by another dimension it is a closed walk: along a line from cell to cell, adding
and taking in turn (the margin by the dimension is one more line). A move that changes numbers of
the centre itself walks from one of its values to another in every table that is crossed with it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Final

from portal.reports.rules.disclosure.shape import Cell, Shape

Move = dict[Cell, int]
# What it costs to add (1) to a cell or to take (-1) from it; nothing when that may not be.
Price = Callable[[Cell, int], int | None]
Found = tuple[int, Move]
_Node = tuple[bool, str]
# The line of the margin among the lines of the centre.
_MARGIN: Final = "\0margin"


class Moves:
    """Looks for the cheapest move that adds one to a cell."""

    def __init__(self, shape: Shape, price: Price) -> None:
        self._shape = shape
        self._price = price

    def adding(self, cell: Cell) -> Found | None:
        """The cheapest move found that adds one to a cell, with its cost."""
        first = self._price(cell, 1)
        if first is None or not cell:
            return None
        found = self._closing(cell)
        if found is None:
            return None
        cost, move = found
        return cost + first, {cell: 1, **move}

    def _closing(self, cell: Cell) -> Found | None:
        name, value = cell[-1]
        if len(cell) > 1:
            centre = cell[0][1]
            closed = self._walk(name, (False, value), (True, centre), cell)
            return _cheaper(closed, self._over_centre(centre, (name, (False, value)), cell))
        if name == self._shape.centre:
            return self._over_centre(value, None, cell)
        if name in self._shape.crossed:
            return self._walk(name, (True, _MARGIN), (False, value), cell)
        return self._beside(name, value)

    def _beside(self, name: str, value: str) -> Found | None:
        """Taking one from another group of the same dimension."""
        best: Found | None = None
        for other in self._shape.values[name]:
            cost = None if other == value else self._price(((name, other),), -1)
            if cost is not None and (best is None or cost < best[0]):
                best = cost, {((name, other),): -1}
        return best

    def _over_centre(self, value: str, begun: tuple[str, _Node] | None, cell: Cell) -> Found | None:
        """One more of a value of the centre and one less of another, in every crossed table.

        ``begun`` is a table in which the walk has begun with ``cell`` already.
        """
        shape = self._shape
        own: Cell = ((shape.centre, value),)
        base = 0 if begun is None else self._price(own, 1)
        if base is None:
            return None
        best: Found | None = None
        for other in shape.values[shape.centre]:
            taken: Cell = ((shape.centre, other),)
            cost = None if other == value else self._price(taken, -1)
            if cost is None:
                continue
            total = base + cost
            move: Move = {taken: -1} | ({} if begun is None else {own: 1})
            for leaf in shape.crossed:
                start = begun[1] if begun and begun[0] == leaf else (True, value)
                walk = self._walk(leaf, start, (True, other), cell)
                if walk is None or (best is not None and total + walk[0] >= best[0]):
                    break
                total, move = total + walk[0], move | walk[1]
            else:
                if best is None or total < best[0]:
                    best = total, move
        return best

    def _walk(self, leaf: str, start: _Node, end: _Node, banned: Cell) -> Found | None:
        """The cheapest walk between two lines of a crossed table (Dijkstra's algorithm).

        A node is a line: (True, value of the centre, or the margin) or (False, value of the leaf).
        """
        rows = (*self._shape.values[self._shape.centre], _MARGIN)
        columns = self._shape.values[leaf]
        best: dict[_Node, int] = {start: 0}
        came: dict[_Node, tuple[_Node, Cell, int]] = {}
        queue = [(0, start)]
        while queue:
            cost, node = heapq.heappop(queue)
            if node == end:
                return cost, _traced(came, start, end)
            if cost > best[node]:
                continue
            from_row = node[0]
            for other in columns if from_row else rows:
                row, column = (node[1], other) if from_row else (other, node[1])
                margin = row == _MARGIN
                cell = ((leaf, column),) if margin else self._shape.inner(leaf, row, column)
                sign = 1 if from_row != margin else -1
                step = None if cell == banned else self._price(cell, sign)
                reached = (not from_row, other)
                if step is not None and cost + step < best.get(reached, cost + step + 1):
                    best[reached] = cost + step
                    came[reached] = (node, cell, sign)
                    heapq.heappush(queue, (cost + step, reached))
        return None


def _traced(came: dict[_Node, tuple[_Node, Cell, int]], start: _Node, end: _Node) -> Move:
    move: Move = {}
    node = end
    while node != start:
        node, cell, sign = came[node]
        move[cell] = sign
    return move


def _cheaper(one: Found | None, other: Found | None) -> Found | None:
    known = [found for found in (one, other) if found is not None]
    return min(known, key=lambda found: found[0]) if known else None
