"""Who is connected with whom, at 2,000 members and 20,000 ties: every measure and the picture.

Run with ``python -m tests.bench --only network``. Each round has a network of its own: members in
groups with most ties within, as sectors and districts have, and a few who are tied to nobody. The
peer is networkx with the same measures (betweenness from as many starting points) and no picture,
where it is installed; the floor reads the ties into sets and follows each once.
"""

from __future__ import annotations

import importlib.util
import os
import random
from collections.abc import Iterator
from datetime import date
from functools import cache

from portal.network.rules.graph import betweenness, build
from portal.network.rules.graph_report import measures as everything
from portal.network.rules.graph_report import read, reading
from portal.network.rules.ties import Tie, TieKey
from tests.bench.harness import Measure, interleaved, paired_ratio

MEMBERS, TIES = 2_000, 20_000
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "9"))
_GOAL_MS = 1_000.0
_DAY = date(2026, 11, 22)
_CELLS = [(s, d) for s in ("retail", "hospitality", "social_care") for d in "abcdefghij"]


@cache
def ties(serial: int) -> dict[TieKey, Tie]:
    """The ties of one round."""
    chance = random.Random(serial)
    found: dict[TieKey, Tie] = {}
    while len(found) < TIES:
        one = chance.randrange(MEMBERS - 40)
        near = chance.random() < 0.8
        other = (one + chance.randint(1, 60)) if near else chance.randrange(MEMBERS - 40)
        if one != other and other < MEMBERS - 40:
            found[min(one, other), max(one, other), "event"] = Tie(_DAY, _DAY, 1)
    return found


def ours(serial: int) -> None:
    cells = {key: _CELLS[key // 67 % len(_CELLS)] for key in range(MEMBERS)}
    kept = everything(range(MEMBERS), ties(serial), cells=cells)
    assert reading(read(kept))
    assert kept["picture"]["kind"] == "groups"


def floor(serial: int) -> None:
    tied: dict[int, set[int]] = {key: set() for key in range(MEMBERS)}
    for low, high, _kind in ties(serial):
        tied[low].add(high)
        tied[high].add(low)
    seen: set[int] = set()
    for start in tied:
        waiting = [start]
        while waiting:
            here = waiting.pop()
            if here not in seen:
                seen.add(here)
                waiting.extend(tied[here])


def networkx_measures(serial: int) -> None:
    import networkx as nx

    graph = nx.empty_graph(MEMBERS)
    graph.add_edges_from((low, high) for low, high, _kind in ties(serial))
    list(nx.connected_components(graph))
    list(nx.isolates(graph))
    nx.density(graph)
    nx.average_clustering(graph)
    nx.transitivity(graph)
    cutting = list(nx.articulation_points(graph))
    for key in cutting:
        part = nx.node_connected_component(graph, key) - {key}
        max(map(len, nx.connected_components(graph.subgraph(part))))
    nx.betweenness_centrality(graph, k=sampled(serial), seed=1)


def sampled(serial: int) -> int:
    """How many starting points our betweenness follows on this network."""
    return _sampled(len(ties(serial)))


@cache
def _sampled(_ties: int) -> int:
    pairs = [(low, high) for low, high, _kind in ties(1)]
    return betweenness(build(range(MEMBERS), pairs)).sampled or MEMBERS


def measures(*, quick: bool = False) -> Iterator[Measure]:
    contenders = {"ours": ours, "floor": floor}
    with_peer = importlib.util.find_spec("networkx") is not None
    if with_peer:
        contenders["networkx"] = networkx_measures
    rounds = 3 if quick else ROUNDS
    # Made beforehand, and the warm-up takes one: nobody's time holds the making.
    for serial in range(1, rounds + 2):
        ties(serial)
    sampled(1)
    timings = interleaved(rounds, contenders)
    yield Measure(
        "network of 2,000 members and 20,000 ties",
        timings["ours"].median * 1000,
        "ms",
        goal=_GOAL_MS,
        floor=paired_ratio(timings["ours"], timings["floor"]),
        floor_name="each tie followed once",
        note=f"every measure, betweenness from {sampled(1)} members, and the picture",
    )
    if with_peer:
        yield Measure(
            "the same, beside networkx",
            timings["ours"].median * 1000,
            "ms",
            ratio=paired_ratio(timings["ours"], timings["networkx"]),
            peer="networkx, without a picture",
            goal=1.0,
            note="as many starting points",
        )
