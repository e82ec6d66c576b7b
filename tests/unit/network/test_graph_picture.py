"""The picture: readable, the same every time, and nobody in a group that tells who they are."""

from __future__ import annotations

import math
import random
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.action_plans.pdf_view import environment
from portal.network.rules.graph import Graph, betweenness, brokers, build
from portal.network.rules.graph_layout import fitted, spring
from portal.network.rules.graph_picture import (
    FEWEST_SHOWN,
    MOST_AROUND,
    MOST_SINGLE,
    TOGETHER,
    WIDTH,
    Picture,
    around,
    draw,
    groups_of,
)

SECTORS, DISTRICTS = ("retail", "hospitality", "social_care"), ("leeds", "york", "selby")


def made(size: int, ties: int, *, seed: int = 1) -> Graph:
    chance = random.Random(seed)  # noqa: S311
    return build(
        range(1, size + 1),
        [(chance.randint(1, size), chance.randint(1, size)) for _ in range(ties)],
    )


def drawn(graph: Graph) -> Picture:
    chance = random.Random(2)  # noqa: S311
    cells = {key: (chance.choice(SECTORS), chance.choice(DISTRICTS)) for key in graph.nodes}
    return draw(graph, brokers=brokers(graph), between=betweenness(graph), cells=cells)


@pytest.mark.parametrize(
    ("size", "ties"), [(1, 0), (2, 1), (5, 0), (34, 78), (MOST_SINGLE, 500), (600, 4000)]
)
def test_everything_is_inside_and_nothing_over_another(size: int, ties: int) -> None:
    picture = drawn(made(size, ties))
    discs = [*picture.discs, *picture.alone]
    for disc in discs:
        assert disc.radius <= disc.x <= WIDTH - disc.radius
        assert disc.radius <= disc.y <= picture.height - disc.radius + 0.2
    over = [
        (a, b)
        for a, b in combinations(discs, 2)
        if math.hypot(a.x - b.x, a.y - b.y) < (a.radius + b.radius) * 0.9
    ]
    assert over == []


def test_the_same_network_gives_the_same_picture() -> None:
    graph = made(60, 120)
    assert drawn(graph) == drawn(graph)


def test_those_who_are_tied_are_nearer_than_others() -> None:
    # Three groups with few ties between them.
    chance = random.Random(3)  # noqa: S311
    pairs = {
        (a, b): 1.0
        for a, b in combinations(range(45), 2)
        if chance.random() < (0.4 if a // 15 == b // 15 else 0.01)
    }
    points = spring(45, pairs)
    tied, others = [], []
    for a, b in combinations(range(45), 2):
        far = math.dist(points[a], points[b])
        (tied if (a, b) in pairs else others).append(far)
    assert sum(tied) / len(tied) < 0.6 * sum(others) / len(others)


@settings(max_examples=40)
@given(st.lists(st.floats(2, 40), min_size=1, max_size=24))
def test_discs_of_any_size_are_put_beside_each_other(radii: list[float]) -> None:
    points, height = fitted([(0.0, 0.0)] * len(radii), radii, WIDTH)
    assert len(points) == len(radii)
    assert all(0 <= x <= WIDTH and 0 <= y <= height for x, y in points)
    over = [
        1
        for (a, one), (b, other) in combinations(zip(points, radii, strict=True), 2)
        if math.dist(a, b) < (one + other) * 0.75
    ]
    assert len(over) <= len(radii) // 4


def test_a_small_network_shows_each_member_with_brokers_apart() -> None:
    graph = build([10, 11, 12, 13, 99], [(10, 11), (11, 12), (12, 13)])
    picture = drawn(graph)
    assert picture.kind == "members"
    assert {disc.key for disc in picture.discs if disc.broker} == {11, 12}
    assert [disc.key for disc in picture.alone] == [99]
    labels = sorted(disc.label for disc in picture.discs)
    assert labels == [1, 2, 3, 4]
    assert picture.lines[0][0].count("L") == 3


def test_a_large_network_shows_groups_with_a_dot_for_each_member() -> None:
    graph = made(800, 3000)
    picture = drawn(graph)
    assert picture.kind == "groups"
    assert len(picture.discs) == 9
    assert sum(disc.members for disc in picture.discs) == 800
    assert (picture.dots + picture.broker_dots).count("M") == 800
    inside = sum(disc.inside for disc in picture.discs)
    outside = sum(disc.outside for disc in picture.discs)
    assert inside + outside // 2 == graph.ties
    assert all(disc.key == 0 for disc in picture.discs)


def test_groups_that_would_tell_who_somebody_is_are_put_together() -> None:
    keys = range(1, 21)
    cells = {
        key: ("retail", "leeds") if key > FEWEST_SHOWN - 1 else ("other", "selby") for key in keys
    }
    groups = groups_of(build(keys, []), cells)
    assert set(groups.values()) == {("retail", "leeds"), TOGETHER}
    assert all(groups[key] == TOGETHER for key in range(1, FEWEST_SHOWN))


def test_too_many_groups_are_districts_only() -> None:
    keys = range(300)
    cells = {key: (f"s{key % 6}", f"d{key % 10}") for key in keys}
    assert set(groups_of(build(keys, []), cells).values()) == {("", f"d{n}") for n in range(10)}


@pytest.mark.parametrize(
    "picture", [drawn(made(1, 0)), drawn(made(40, 60)), drawn(made(400, 900)), around([3, 1])]
)
def test_a_picture_is_drawn_with_its_name_description_and_table(picture: Picture) -> None:
    template = environment().get_template("components/charts/network.html")
    heads, rows = ["Member", "Ties"], [["1: <b>Example</b> & Co", 3]]
    markup = template.module.network_picture("c1", picture.as_data(), "Who", "Said.", heads, rows)  # type: ignore[attr-defined]
    root = ET.fromstring(f"<root>{markup}</root>")  # noqa: S314 - our own markup
    svg = root.find(".//{http://www.w3.org/2000/svg}svg")
    assert svg is not None
    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == "c1-title c1-desc"
    cell = root.find(".//tbody/tr/th")
    assert cell is not None
    assert cell.text == "1: <b>Example</b> & Co"
    said = "".join(svg.itertext())
    assert ("would split" in said) == (
        bool(picture.broker_dots) or any(disc.broker for disc in picture.discs)
    )
    assert "style=" not in markup
    labels = [disc.label for disc in picture.discs if disc.label]
    assert all(f">{label}</text>" in markup for label in labels)


def test_an_employers_own_picture_has_it_in_the_middle() -> None:
    picture = around([5, 1, 1])
    assert len(picture.discs) == 4
    assert (picture.discs[-1].x, picture.discs[-1].y) == (WIDTH / 2, WIDTH / 2)
    assert picture.lines[0][1] > picture.lines[1][1]
    assert len(around([1] * 90).discs) == MOST_AROUND + 1
    assert around([]).lines == ()
