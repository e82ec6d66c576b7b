"""Who is connected with whom, in figures.

A graph here has no directions and no weights: two members are tied, or they are not. Members are
numbered by their place in ``nodes``. The measures are the usual ones of graph theory, so that
anybody can work them out again: betweenness follows Brandes (2001), its estimate from a sample of
starting points Brandes and Pich (2007), articulation points Hopcroft and Tarjan (1973), clustering
Watts and Strogatz (1998).
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

# Betweenness takes a step for each end of each tie from each starting point. With more steps than
# this, starting points are sampled; so the time is about the same however large the network is.
EXACT_STEPS: Final = 1_500_000
_FEWEST_SAMPLED: Final = 30
_SEED: Final = 20261122


@dataclass(frozen=True, slots=True)
class Graph:
    """Members by their keys, in order, and of each the numbers of those tied to it, in order."""

    nodes: tuple[int, ...]
    neighbours: tuple[tuple[int, ...], ...]

    @property
    def size(self) -> int:
        """The number of members."""
        return len(self.nodes)

    @property
    def ties(self) -> int:
        """The number of pairs that are tied."""
        return sum(map(len, self.neighbours)) // 2

    @property
    def density(self) -> float:
        """The share of all possible pairs that are tied, from 0 to 1; 0 below two members."""
        pairs = self.size * (self.size - 1) / 2
        return self.ties / pairs if pairs else 0.0

    @property
    def mean_degree(self) -> float:
        """With how many others a member is tied on average; 0 with no members."""
        return 2 * self.ties / self.size if self.size else 0.0

    @property
    def isolates(self) -> list[int]:
        """The numbers of those tied to nobody."""
        return [number for number, tied in enumerate(self.neighbours) if not tied]


@dataclass(frozen=True, slots=True)
class Broker:
    """A member whose leaving would split its part of the network.

    ``parts`` is how many parts would be left of it, ``cut_off`` how many members would no longer
    be connected with the largest of these.
    """

    number: int
    parts: int
    cut_off: int


@dataclass(frozen=True, slots=True)
class Betweenness:
    """How often each member lies on a shortest way between two others, from 0 to 1.

    ``sampled`` is how many starting points were followed where not all were; None means exact.
    """

    values: tuple[float, ...]
    sampled: int | None


def build(nodes: Iterable[int], pairs: Iterable[tuple[int, int]]) -> Graph:
    """A graph of these members; ties with others, with oneself, or given twice do not count."""
    keys = tuple(sorted(set(nodes)))
    place = {key: number for number, key in enumerate(keys)}
    tied: list[set[int]] = [set() for _ in keys]
    for one, other in pairs:
        a, b = place.get(one), place.get(other)
        if a is not None and b is not None and a != b:
            tied[a].add(b)
            tied[b].add(a)
    return Graph(keys, tuple(tuple(sorted(each)) for each in tied))


def narrowed(graph: Graph, to: Collection[int]) -> Graph:
    """The members with these keys, and the ties among them."""
    return build(
        (key for key in graph.nodes if key in to),
        (
            (graph.nodes[a], graph.nodes[b])
            for a, tied in enumerate(graph.neighbours)
            for b in tied
            if a < b
        ),
    )


def components(graph: Graph) -> list[list[int]]:
    """Parts within which everybody can be reached, the largest first; somebody alone is a part."""
    seen = [False] * graph.size
    found = []
    for start in range(graph.size):
        if seen[start]:
            continue
        seen[start] = True
        part = [start]
        for number in part:
            for other in graph.neighbours[number]:
                if not seen[other]:
                    seen[other] = True
                    part.append(other)
        found.append(sorted(part))
    return sorted(found, key=lambda part: (-len(part), part[0]))


def brokers(graph: Graph) -> list[Broker]:
    """Members whose leaving would split their part, those that would cut off most first."""
    state = _Walk(graph)
    found: list[Broker] = []
    for start in range(graph.size):
        if state.met[start] < 0:
            found += state.walk(start)
    return sorted(found, key=lambda one: (-one.cut_off, -one.parts, one.number))


class _Walk:
    """A walk in depth through a graph, without recursion: parts may be thousands of steps deep."""

    def __init__(self, graph: Graph) -> None:
        self.neighbours = graph.neighbours
        self.met = [-1] * graph.size
        self.low = [0] * graph.size
        self.below = [1] * graph.size
        self.branches: list[list[int]] = [[] for _ in range(graph.size)]
        self.clock = 0

    def walk(self, start: int) -> list[Broker]:
        """Go through the part that ``start`` is in; its brokers."""
        visited = [start]
        self._enter(start)
        stack = [(start, -1, iter(self.neighbours[start]))]
        while stack:
            here, above, rest = stack[-1]
            for other in rest:
                if self.met[other] < 0:
                    self._enter(other)
                    visited.append(other)
                    stack.append((other, here, iter(self.neighbours[other])))
                    break
                if other != above and self.met[other] < self.low[here]:
                    self.low[here] = self.met[other]
            else:
                stack.pop()
                if above >= 0:
                    self._leave(here, above)
        return [broker for number in visited if (broker := self._broker(number, start, visited))]

    def _enter(self, number: int) -> None:
        self.met[number] = self.low[number] = self.clock
        self.clock += 1

    def _leave(self, here: int, above: int) -> None:
        self.below[above] += self.below[here]
        self.low[above] = min(self.low[above], self.low[here])
        # Nothing below here leads past the one above: it hangs on it alone.
        if self.low[here] >= self.met[above]:
            self.branches[above].append(self.below[here])

    def _broker(self, number: int, start: int, visited: Sequence[int]) -> Broker | None:
        parts = list(self.branches[number])
        rest = len(visited) - 1 - sum(parts)
        if number != start:
            parts.append(rest)
        if len(parts) < 2:  # noqa: PLR2004 - one part is not split
            return None
        return Broker(number, len(parts), sum(parts) - max(parts))


def betweenness(graph: Graph, *, steps: int = EXACT_STEPS) -> Betweenness:
    """How often each lies between others: exact, or estimated when that takes over ``steps``.

    An estimate follows a sample of starting points, drawn with a fixed seed so that the same
    network always gives the same figures; over all samples its mean is the exact value.
    """
    starts = [number for number, tied in enumerate(graph.neighbours) if tied]
    most = max(_FEWEST_SAMPLED, steps // (graph.size + 2 * graph.ties + 1))
    sampled = None
    chosen = starts
    if len(starts) > most:
        sampled = most
        # S311: nothing here is a secret.
        chosen = sorted(random.Random(_SEED).sample(starts, most))  # noqa: S311
    sums = [0.0] * graph.size
    for start in chosen:
        _add_ways(graph, start, sums)
    pairs = (graph.size - 1) * (graph.size - 2)
    scale = len(starts) / len(chosen) / pairs if pairs > 0 and chosen else 0.0
    return Betweenness(tuple(value * scale for value in sums), sampled)


def _add_ways(graph: Graph, start: int, sums: list[float]) -> None:
    """Add what the shortest ways from one member give to those that they lead through."""
    neighbours = graph.neighbours
    far = [-1] * graph.size
    ways = [0] * graph.size
    far[start], ways[start] = 0, 1
    order = [start]
    for here in order:
        next_far, own = far[here] + 1, ways[here]
        for other in neighbours[here]:
            if far[other] < 0:
                far[other] = next_far
                ways[other] = own
                order.append(other)
            elif far[other] == next_far:
                ways[other] += own
    given = [0.0] * graph.size
    for here in reversed(order[1:]):
        before = far[here] - 1
        share = (1 + given[here]) / ways[here]
        sums[here] += given[here]
        for other in neighbours[here]:
            if far[other] == before:
                given[other] += ways[other] * share


@dataclass(frozen=True, slots=True)
class Clustering:
    """How close-knit a network is, from 0 to 1 each.

    ``mean`` is the mean over members of the share of pairs among those tied to them that are tied
    themselves (0 with fewer than two). ``closed`` is the share of all such pairs in the whole.
    """

    mean: float
    closed: float


def clustering(graph: Graph) -> Clustering:
    """Whether those who are tied to the same member are tied to each other."""
    tied = [frozenset(each) for each in graph.neighbours]
    closed, possible, shares = 0, 0, 0.0
    for number, others in enumerate(graph.neighbours):
        pairs = len(others) * (len(others) - 1)
        if not pairs:
            continue
        own = tied[number]
        # Each tie among them is met from both of its ends.
        among = sum(len(own & tied[other]) for other in others)
        closed += among
        possible += pairs
        shares += among / pairs
    return Clustering(
        shares / graph.size if graph.size else 0.0, closed / possible if possible else 0.0
    )
