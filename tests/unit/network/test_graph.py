"""Measures of a network, against published values and against their own definitions."""

from __future__ import annotations

from collections import deque
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.network.rules.graph import (
    Betweenness,
    Graph,
    betweenness,
    brokers,
    build,
    clustering,
    components,
    narrowed,
)

# Zachary (1977), "An information flow model for conflict and fission in small groups": the 78
# friendships outside of the club between its 34 members, numbered from 1 as there.
_LISTED = (
    "2-1 3-1 3-2 4-1 4-2 4-3 5-1 6-1 7-1 7-5 7-6 8-1 8-2 8-3 8-4 9-1 9-3 10-3 11-1 11-5 11-6 12-1 "
    "13-1 13-4 14-1 14-2 14-3 14-4 17-6 17-7 18-1 18-2 20-1 20-2 22-1 22-2 26-24 26-25 28-3 28-24 "
    "28-25 29-3 30-24 30-27 31-2 31-9 32-1 32-25 32-26 32-29 33-3 33-9 33-15 33-16 33-19 33-21 "
    "33-23 33-24 33-30 33-31 33-32 34-9 34-10 34-14 34-15 34-16 34-19 34-20 34-21 34-23 34-24 "
    "34-27 34-28 34-29 34-30 34-31 34-32 34-33"
)
KARATE = [tuple(map(int, pair.split("-"))) for pair in _LISTED.split()]


def karate() -> Graph:
    return build(range(1, 35), KARATE)


def path(count: int) -> Graph:
    return build(range(count), zip(range(count), range(1, count), strict=False))


def star(leaves: int) -> Graph:
    return build(range(leaves + 1), [(0, leaf) for leaf in range(1, leaves + 1)])


def two_cliques(size: int) -> Graph:
    """Two groups in which everybody knows everybody, joined by one who is in neither."""
    one, other = range(1, size + 1), range(size + 1, 2 * size + 1)
    pairs = [*combinations(one, 2), *combinations(other, 2), (0, 1), (0, size + 1)]
    return build(range(2 * size + 1), pairs)


def by_definition(graph: Graph) -> list[float]:
    """Betweenness from every shortest way, found and followed one by one."""
    values = [0.0] * graph.size
    for start, end in combinations(range(graph.size), 2):
        ways = _ways(graph, start, end)
        for way in ways:
            for number in way[1:-1]:
                values[number] += 1 / len(ways)
    pairs = (graph.size - 1) * (graph.size - 2) / 2
    return [value / pairs if pairs else 0.0 for value in values]


def _ways(graph: Graph, start: int, end: int) -> list[list[int]]:
    found: list[list[int]] = []
    queue = deque([[start]])
    while queue:
        way = queue.popleft()
        if found and len(way) >= len(found[0]):
            break
        for other in graph.neighbours[way[-1]]:
            if other == end:
                found.append([*way, other])
            elif other not in way:
                queue.append([*way, other])
    return [way for way in found if len(way) == len(found[0])]


def split_by_definition(graph: Graph) -> dict[int, tuple[int, int]]:
    """Take each member away and count what is left of its part."""
    found = {}
    for number, key in enumerate(graph.nodes):
        own = next(part for part in components(graph) if number in part)
        rest = narrowed(graph, {graph.nodes[one] for one in own} - {key})
        left = [len(part) for part in components(rest)]
        if len(left) > 1:
            found[number] = (len(left), sum(left) - max(left))
    return found


@st.composite
def graphs(draw: st.DrawFn, most: int = 9) -> Graph:
    size = draw(st.integers(0, most))
    every = list(combinations(range(size), 2))
    return build(range(size), draw(st.lists(st.sampled_from(every), unique=True)) if every else [])


def test_the_karate_club_has_its_published_measures() -> None:
    graph = karate()
    assert (graph.size, graph.ties) == (34, 78)
    assert graph.density == pytest.approx(78 / 561)
    assert graph.mean_degree == pytest.approx(4.588, abs=0.001)
    assert [len(part) for part in components(graph)] == [34]
    assert graph.isolates == []
    # Without the instructor, five students hang on nobody else, and one alone.
    assert [(graph.nodes[one.number], one.parts, one.cut_off) for one in brokers(graph)] == [
        (1, 3, 6)
    ]
    close = clustering(graph)
    assert close.mean == pytest.approx(0.5706, abs=0.0001)
    assert close.closed == pytest.approx(0.2557, abs=0.0001)
    between = betweenness(graph)
    assert between.sampled is None
    published = {1: 0.4376, 34: 0.3041, 33: 0.1452, 3: 0.1437, 32: 0.1383, 9: 0.0559, 2: 0.0539}
    for key, value in published.items():
        assert between.values[key - 1] == pytest.approx(value, abs=0.0001)


def test_a_path_is_split_by_everybody_but_its_ends() -> None:
    graph = path(5)
    assert [(one.number, one.cut_off) for one in brokers(graph)] == [(2, 2), (1, 1), (3, 1)]
    assert betweenness(graph).values == pytest.approx((0, 0.5, 4 / 6, 0.5, 0))
    assert (clustering(graph).mean, clustering(graph).closed) == (0, 0)


def test_a_star_hangs_on_its_middle() -> None:
    graph = star(6)
    assert [(one.number, one.parts, one.cut_off) for one in brokers(graph)] == [(0, 6, 5)]
    assert betweenness(graph).values == pytest.approx((1, *[0] * 6))


def test_two_groups_joined_by_one_member_hang_on_it_and_its_ends() -> None:
    graph = two_cliques(4)
    found = {one.number: one.cut_off for one in brokers(graph)}
    assert found == {0: 4, 1: 3, 5: 3} | {0: 4}
    values = betweenness(graph).values
    assert max(values) == values[0] == pytest.approx(16 / 28)


def test_nobody_and_a_single_member_are_networks_too() -> None:
    for graph in (build([], []), build([7], [(7, 7)])):
        assert (graph.density, graph.mean_degree) == (0, 0)
        assert brokers(graph) == []
        assert sum(betweenness(graph).values) == 0
        assert clustering(graph).mean == 0
    assert build([7], []).isolates == [0]


def test_ties_count_once_and_with_members_only() -> None:
    graph = build([3, 1, 2], [(1, 2), (2, 1), (1, 2), (2, 2), (1, 9)])
    assert graph.nodes == (1, 2, 3)
    assert graph.neighbours == ((1,), (0,), ())
    assert narrowed(graph, {2, 3}).ties == 0


def test_a_very_long_path_is_no_trouble() -> None:
    graph = path(20_000)
    assert len(brokers(graph)) == 19_998
    assert brokers(graph)[0].cut_off == 9_999


@settings(max_examples=150)
@given(graphs())
def test_measures_of_any_network_are_what_they_are_defined_to_be(graph: Graph) -> None:
    assert betweenness(graph).values == pytest.approx(by_definition(graph), abs=1e-9)
    assert {one.number: (one.parts, one.cut_off) for one in brokers(graph)} == split_by_definition(
        graph
    )
    parts = components(graph)
    assert sorted(number for part in parts for number in part) == list(range(graph.size))
    tied = [set(others) for others in graph.neighbours]
    for part in parts:
        assert all(tied[number] <= set(part) for number in part)
    triples = [
        (b in tied[a])
        for number in range(graph.size)
        for a, b in combinations(graph.neighbours[number], 2)
    ]
    closed = sum(triples) / len(triples) if triples else 0
    assert clustering(graph).closed == pytest.approx(closed)


def test_an_estimate_says_so_is_repeatable_and_near() -> None:
    graph = build(range(300), [(n, other) for n in range(300) for other in (n // 3, n * 7 % 300)])
    exact, estimate = betweenness(graph), betweenness(graph, steps=100_000)
    assert exact.sampled is None
    assert estimate.sampled is not None
    assert estimate.sampled < 100
    assert estimate == betweenness(graph, steps=100_000)
    assert _mean(estimate) == pytest.approx(_mean(exact), rel=0.15)
    top = sorted(range(300), key=lambda one: -exact.values[one])[:10]
    likely = sorted(range(300), key=lambda one: -estimate.values[one])[:40]
    assert len(set(top) & set(likely)) >= 8


def _mean(found: Betweenness) -> float:
    return sum(found.values) / len(found.values)
