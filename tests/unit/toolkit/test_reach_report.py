"""Counts add up by whatever they are put together, and each reader is in the total once."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.toolkit.rules.campaigns import CampaignDetails, faults, new_code
from portal.toolkit.rules.reach_report import (
    DEFINITIONS,
    GROUPS,
    OVERLAPPING,
    Cell,
    kinds_shown,
    report,
)
from portal.toolkit.rules.words import AUDIENCES, REACH_KINDS, SECTORS

cells = st.builds(
    Cell,
    kind=st.sampled_from(["view", "download", "completion", "reached"]),
    count=st.integers(1, 50),
    month=st.sampled_from([date(2026, 4, 1), date(2026, 5, 1)]),
    title=st.sampled_from(["A", "B", "C"]),
    format=st.sampled_from(["guide", "toolkit"]),
    audiences=st.sampled_from([("managers",), ("hr", "leaders"), tuple(AUDIENCES)]),
    sectors=st.sampled_from([(), ("retail",), tuple(SECTORS)]),
    campaign=st.sampled_from(["", "Newsletter"]),
    network=st.sampled_from(["", "chamber"]),
    reader=st.sampled_from(["", "retail", "other"]),
)


@given(st.lists(cells, max_size=12), st.sampled_from(sorted(GROUPS)))
def test_lines_add_up_to_the_total(counted: list[Cell], group: str) -> None:
    made = report(counted, group=group)
    for kind in ("view", "download", "completion", "reached"):
        total = sum(cell.count for cell in counted if cell.kind == kind)
        assert made.total.count(kind) == total
        lines = sum(line.count(kind) for line in made.lines)
        assert lines >= total if group in OVERLAPPING else lines == total


def cell(**changes: object) -> Cell:
    values: dict[str, object] = {"kind": "reached", "count": 1, "month": date(2026, 4, 1)}
    return Cell(**{**values, **changes})  # type: ignore[arg-type]


def test_a_resource_for_every_sector_stands_under_each() -> None:
    made = report(
        [cell(title="A", sectors=()), cell(title="B", sectors=("retail",))], group="sector"
    )
    assert {line.words: line.count("reached") for line in made.lines} == {
        "Retail": 2,
        "Hospitality": 1,
        "Social care": 1,
    }
    assert made.total.count("reached") == 2


def test_the_largest_comes_first_and_months_in_their_order() -> None:
    counted = [
        cell(title="Few", count=1, month=date(2026, 4, 1)),
        cell(title="Many", count=9, month=date(2026, 5, 1)),
    ]
    assert [line.words for line in report(counted, group="resource").lines] == ["Many", "Few"]
    assert [line.words for line in report(counted, group="month").lines] == [
        "April 2026",
        "May 2026",
    ]


def test_followed_links_are_shown_where_there_are_campaigns() -> None:
    visit = cell(kind="visit", campaign="Newsletter", network="chamber", count=3)
    assert report([visit], group="resource").lines == ()
    assert report([visit], group="campaign").lines[0].count("visit") == 3
    assert "visit" in kinds_shown("network")
    assert "visit" not in kinds_shown("audience")
    assert set(DEFINITIONS) == set(REACH_KINDS)


def test_a_code_can_be_read_out() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert not set("".join(codes)) & set("01ilo")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"network": "friends"}, "network"),
        ({"audience": "pets"}, "audience"),
        ({"sectors": ("mining",)}, "sectors"),
        ({"ends_on": date(2026, 3, 31)}, "ends_on"),
        ({"sent_to": -1}, "sent_to"),
        ({"note": "x" * 2001}, "note"),
        ({"code": "l1"}, "code"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(changes: dict[str, object], field: str) -> None:
    values: dict[str, object] = {
        "title": "Example newsletter",
        "network": "chamber",
        "network_name": "Example Chamber",
        "starts_on": date(2026, 4, 1),
    }
    assert faults(CampaignDetails(**values)) == []  # type: ignore[arg-type]
    wrong = faults(CampaignDetails(**{**values, **changes}))  # type: ignore[arg-type]
    assert [problem.field for problem in wrong] == [field]
