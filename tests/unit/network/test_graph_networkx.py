"""The same measures by another hand: networkx, on known graphs and on graphs made by chance."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.network.rules.graph import betweenness, brokers, build, clustering, components


def agree(theirs: Any) -> None:
    """Every measure of ours equals that of networkx."""
    import networkx as nx

    ours = build(theirs.nodes, theirs.edges)
    nodes = ours.nodes
    assert (ours.size, ours.ties) == (theirs.number_of_nodes(), theirs.number_of_edges())
    assert ours.density == pytest.approx(nx.density(theirs))
    assert [nodes[one] for one in ours.isolates] == sorted(nx.isolates(theirs))
    assert {frozenset(nodes[one] for one in part) for part in components(ours)} == {
        frozenset(part) for part in nx.connected_components(theirs)
    }
    assert ours.mean_degree == pytest.approx(2 * ours.ties / ours.size)
    found = brokers(ours)
    assert {nodes[one.number] for one in found} == set(nx.articulation_points(theirs))
    for one in found:
        key = nodes[one.number]
        part = nx.node_connected_component(theirs, key)
        left = theirs.subgraph(part - {key})
        sizes = [len(each) for each in nx.connected_components(left)]
        assert (one.parts, one.cut_off) == (len(sizes), sum(sizes) - max(sizes))
    between = nx.betweenness_centrality(theirs)
    assert betweenness(ours).values == pytest.approx([between[key] for key in nodes], abs=1e-9)
    assert clustering(ours).mean == pytest.approx(nx.average_clustering(theirs))
    assert clustering(ours).closed == pytest.approx(nx.transitivity(theirs))


@pytest.mark.parametrize(
    "name",
    [
        *("karate_club_graph", "florentine_families_graph", "davis_southern_women_graph"),
        *("les_miserables_graph", "petersen_graph", "krackhardt_kite_graph", "bull_graph"),
    ],
)
def test_known_graphs(name: str) -> None:
    import networkx as nx

    agree(nx.convert_node_labels_to_integers(getattr(nx, name)()))


def test_shapes() -> None:
    import networkx as nx

    for shape in (
        nx.path_graph(17),
        nx.star_graph(12),
        nx.cycle_graph(9),
        nx.complete_graph(8),
        nx.barbell_graph(6, 0),
        nx.barbell_graph(5, 3),
        nx.balanced_tree(3, 3),
        nx.empty_graph(5),
        nx.disjoint_union(nx.complete_graph(4), nx.path_graph(6)),
        nx.gnm_random_graph(120, 300, seed=7),
        nx.connected_caveman_graph(6, 5),
    ):
        agree(shape)


@given(st.integers(1, 14).flatmap(lambda size: st.tuples(st.just(size), _pairs(size))))
def test_graphs_made_by_chance(made: tuple[int, list[tuple[int, int]]]) -> None:
    import networkx as nx

    size, pairs = made
    graph = nx.empty_graph(size)
    graph.add_edges_from(pairs)
    agree(graph)


def _pairs(size: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    every = list(combinations(range(size), 2))
    return st.lists(st.sampled_from(every), unique=True) if every else st.just([])
