"""The picture of a network as plain data: where each disc, dot and line goes.

Up to ``MOST_SINGLE`` members are drawn one by one, with lines between those who are tied. Above,
lines would cover everything, so members are dots within a disc for each sector and district, and
lines join discs, thicker with more ties. Everything is in the units of a drawing ``WIDTH`` wide,
which a telephone shows in full size.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from portal.network.rules.graph import Betweenness, Broker, Graph
from portal.network.rules.graph_layout import fitted, spiral, spring

WIDTH: Final = 360
MOST_SINGLE: Final = 120
# Fewer members than this are not shown as a group of their own: one of them could be told.
FEWEST_SHOWN: Final = 5
_MOST_GROUPS: Final = 24
_MOST_NUMBERED: Final = 15
_SMALLEST, _LARGEST = 4.0, 9.0
_DOTS_SHARE: Final = 0.32
_MOST_SPACING: Final = 9.0
_THINNEST, _THICKEST = 0.6, 6.0
# So many lines for each group; more would hide the groups. The table counts every tie.
_LINES_A_GROUP: Final = 2
_ROW: Final = 16

# A group's key: sector and district, either of them empty where the group is wider.
Cell = tuple[str, str]
TOGETHER: Final[Cell] = ("", "")


@dataclass(frozen=True, slots=True)
class Disc:
    """A member or a group in the picture. ``key`` is a member's, ``cell`` a group's.

    ``label`` is its number in the picture and in the table below, or 0 for none.
    """

    x: float
    y: float
    radius: float
    label: int = 0
    key: int = 0
    cell: Cell = TOGETHER
    broker: bool = False
    members: int = 1
    inside: int = 0
    outside: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """What is drawn. ``dots`` and ``broker_dots`` are paths of members within groups."""

    kind: str
    height: float
    discs: tuple[Disc, ...] = ()
    lines: tuple[tuple[str, float], ...] = ()
    alone: tuple[Disc, ...] = ()
    dots: str = ""
    broker_dots: str = ""
    dot_size: float = 0.0
    width: int = field(default=WIDTH)

    def as_data(self) -> dict[str, Any]:
        """The picture as it is kept."""
        return asdict(self)


def draw(
    graph: Graph,
    *,
    brokers: Sequence[Broker],
    between: Betweenness,
    cells: Mapping[int, Cell],
) -> Picture:
    """The picture of a network; ``cells`` says sector and district of each member's key."""
    if graph.size <= MOST_SINGLE:
        return _single(graph, brokers, between)
    return _grouped(graph, brokers, cells)


# Each member on its own --------------------------------------------------------------------------


def _single(graph: Graph, brokers: Sequence[Broker], between: Betweenness) -> Picture:
    tied = [number for number, others in enumerate(graph.neighbours) if others]
    place = {number: at for at, number in enumerate(tied)}
    pulls = {(place[a], place[b]): 1.0 for a in tied for b in graph.neighbours[a] if a < b}
    radii = [_radius(len(graph.neighbours[number]), graph) for number in tied]
    points, height = fitted(spring(len(tied), pulls), radii, WIDTH, gap=3.0)
    labels = _labels(graph, brokers, between)
    cutting = {one.number for one in brokers}
    discs = tuple(
        Disc(
            round(x, 1),
            round(y, 1),
            round(radius, 1),
            labels.get(number, 0),
            key=graph.nodes[number],
            broker=number in cutting,
        )
        for number, (x, y), radius in zip(tied, points, radii, strict=True)
    )
    path = "".join(
        f"M{discs[a].x:g} {discs[a].y:g}L{discs[b].x:g} {discs[b].y:g}" for a, b in pulls
    )
    alone, height = _rows(graph, height)
    return Picture("members", height, discs, ((path, 1.0),) if path else (), alone)


def _radius(degree: int, graph: Graph) -> float:
    most = max(map(len, graph.neighbours), default=1) or 1
    # Many members need smaller discs, or there is no room for lines.
    share = 1.0 if graph.size <= MOST_SINGLE // 2 else 0.7
    return share * (_SMALLEST + (_LARGEST - _SMALLEST) * math.sqrt(degree / most))


def _labels(graph: Graph, brokers: Sequence[Broker], between: Betweenness) -> dict[int, int]:
    """Numbers for those worth knowing: brokers first, then those with most ways through them."""
    order = sorted(
        (number for number, others in enumerate(graph.neighbours) if others),
        key=lambda one: (-between.values[one], -len(graph.neighbours[one]), one),
    )
    chosen = list(dict.fromkeys([*(one.number for one in brokers), *order]))[:_MOST_NUMBERED]
    return {number: label for label, number in enumerate(chosen, 1)}


def _rows(graph: Graph, height: float) -> tuple[tuple[Disc, ...], float]:
    """Those tied to nobody, in rows below; and the height with them."""
    alone = graph.isolates
    if not alone:
        return (), round(height, 1)
    a_row = WIDTH // _ROW - 1
    top = height + 26 + _SMALLEST
    discs = tuple(
        Disc(
            float(_ROW + (place % a_row) * _ROW),
            round(top + (place // a_row) * _ROW, 1),
            _SMALLEST,
            key=graph.nodes[number],
        )
        for place, number in enumerate(alone)
    )
    return discs, round(discs[-1].y + _SMALLEST + 4, 1)


# Groups of members -------------------------------------------------------------------------------


def groups_of(graph: Graph, cells: Mapping[int, Cell]) -> dict[int, Cell]:
    """The group of each member: sector and district, or wider where there are too many groups.

    Groups with fewer than ``FEWEST_SHOWN`` members are put together.
    """
    groups = {key: cells.get(key, TOGETHER) for key in graph.nodes}
    if len(set(groups.values())) > _MOST_GROUPS:
        groups = {key: ("", cell[1]) for key, cell in groups.items()}
    counted = Counter(groups.values())
    return {
        key: cell if counted[cell] >= FEWEST_SHOWN else TOGETHER for key, cell in groups.items()
    }


def _grouped(graph: Graph, brokers: Sequence[Broker], cells: Mapping[int, Cell]) -> Picture:
    groups = groups_of(graph, cells)
    order = sorted(set(groups.values()), key=lambda cell: (cell == TOGETHER, cell))
    place = {cell: number for number, cell in enumerate(order)}
    of = [place[groups[key]] for key in graph.nodes]
    members: list[list[int]] = [[] for _ in order]
    for number, group in enumerate(of):
        members[group].append(number)
    between, inside, outside = _between(graph, of, len(order))
    spacing = min(_MOST_SPACING, math.sqrt(_DOTS_SHARE * WIDTH * WIDTH / (math.pi * graph.size)))
    radii = [max(_LARGEST, spacing * math.sqrt(len(each)) + 2) for each in members]
    heaviest = max(between.values(), default=1)
    pulls = {pair: 0.15 + 0.85 * ties / heaviest for pair, ties in between.items()}
    points, height = fitted(spring(len(order), pulls), radii, WIDTH, gap=8.0)
    discs = tuple(
        Disc(
            round(points[number][0], 1),
            round(points[number][1], 1),
            round(radii[number], 1),
            number + 1,
            cell=cell,
            members=len(members[number]),
            inside=inside[number],
            outside=outside[number],
        )
        for number, cell in enumerate(order)
    )
    cutting = {one.number for one in brokers}
    dots: dict[bool, list[str]] = {False: [], True: []}
    for disc, inside_it in zip(discs, members, strict=True):
        for at, number in enumerate(inside_it):
            x, y = spiral(at, spacing)
            dots[number in cutting].append(f"M{disc.x + x:.1f} {disc.y + y:.1f}h0")
    return Picture(
        "groups",
        round(height, 1),
        discs,
        _lines(discs, between),
        dots="".join(dots[False]),
        broker_dots="".join(dots[True]),
        dot_size=round(min(5.0, spacing * 0.9), 1),
    )


def _between(
    graph: Graph, of: Sequence[int], count: int
) -> tuple[dict[tuple[int, int], int], list[int], list[int]]:
    """Ties between each two groups, within each, and from each to others."""
    pairs: Counter[tuple[int, int]] = Counter()
    for number, others in enumerate(graph.neighbours):
        own = of[number]
        pairs.update((own, of[other]) for other in others if number < other)
    between: Counter[tuple[int, int]] = Counter()
    inside, outside = [0] * count, [0] * count
    for (a, b), ties in pairs.items():
        if a == b:
            inside[a] += ties
        else:
            between[min(a, b), max(a, b)] += ties
            outside[a] += ties
            outside[b] += ties
    return dict(sorted(between.items())), inside, outside


def _lines(
    discs: Sequence[Disc], between: Mapping[tuple[int, int], int]
) -> tuple[tuple[str, float], ...]:
    """Lines between groups, the thickest for most ties; the weakest are left out."""
    heaviest = max(between.values(), default=1)
    strongest = sorted(between, key=lambda pair: (-between[pair], pair))
    return tuple(
        (
            f"M{discs[a].x:g} {discs[a].y:g}L{discs[b].x:g} {discs[b].y:g}",
            round(_THINNEST + (_THICKEST - _THINNEST) * (between[a, b] / heaviest) ** 2, 1),
        )
        for a, b in strongest[: _LINES_A_GROUP * len(discs)]
    )


# One member and those tied to it -----------------------------------------------------------------

MOST_AROUND: Final = 24


def around(weights: Sequence[int]) -> Picture:
    """One member in the middle, and around it those tied to it, from the top on, clockwise.

    ``weights`` says how often each met the one in the middle; more makes a thicker line. Ties among
    the others are theirs, and not drawn. Above ``MOST_AROUND`` the rest is left to the table.
    """
    shown = weights[:MOST_AROUND]
    middle, far = WIDTH / 2, WIDTH / 2 - 22
    most = max(shown, default=1)
    discs = []
    for number in range(len(shown)):
        angle = 2 * math.pi * number / len(shown) - math.pi / 2
        x, y = middle + far * math.cos(angle), middle + far * math.sin(angle)
        discs.append(Disc(round(x, 1), round(y, 1), 12.0, number + 1))
    lines = tuple(
        (
            f"M{middle:g} {middle:g}L{disc.x:g} {disc.y:g}",
            round(_THINNEST + (_THICKEST - _THINNEST) * weight / most, 1),
        )
        for disc, weight in zip(discs, shown, strict=True)
    )
    return Picture("own", float(WIDTH), (*discs, Disc(middle, middle, 20.0)), lines)
