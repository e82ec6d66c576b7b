"""The report in words, growth by quarter, and when a report would tell who somebody is."""

from __future__ import annotations

from datetime import date

import pytest

from portal.network.rules.graph_report import (
    described,
    is_quarter_end,
    measures,
    own_reading,
    past_measures,
    quarter_ends,
    quarter_title,
    read,
    reading,
    singles_out,
)
from portal.network.rules.ties import Tie, TieKey

DAY = date(2026, 5, 1)


def tied(*pairs: tuple[int, int], kind: str = "event") -> dict[TieKey, Tie]:
    return {(low, high, kind): Tie(DAY, DAY, 1) for low, high in pairs}


def said(members: range, ties: dict[TieKey, Tie]) -> str:
    return " ".join(reading(read(measures(members, ties, cells={}))))


def test_a_network_reads_as_sentences() -> None:
    text = said(range(1, 9), tied((1, 2), (2, 3), (1, 3), (3, 4), (5, 6)))
    assert text == (
        "The network has 8 members and 5 ties. A member is tied to 1.2 others on average. Of every "
        "100 ties that there could be, 18 are there. 4 members can reach each other through "
        "others; 2 more form 1 smaller group apart from them; 2 members are tied to nobody. Where "
        "a member is tied to two others, those two are tied to each other in 60 of 100 cases. One "
        "member holds parts of it together: its leaving would split the network."
    )


@pytest.mark.parametrize(
    ("members", "ties", "words"),
    [
        (0, {}, "no members yet"),
        (3, {}, "Nobody is tied to anybody yet"),
        (2, tied((0, 1)), "Everybody can reach everybody else"),
        (3, tied((0, 1)), "1 member is tied to nobody"),
        (3, tied((0, 1), (1, 2)), "No two members that are tied to the same member"),
        (4, tied((0, 1), (1, 2), (2, 3)), "2 members hold parts of it together"),
        (3, tied((0, 1), (1, 2), (0, 2)), "No part of it hangs on one member alone"),
        (200, tied((0, 1)), "fewer than one is there"),
    ],
)
def test_each_case_has_its_words(members: int, ties: dict[TieKey, Tie], words: str) -> None:
    assert words in said(range(members), ties)


def test_a_pair_tied_in_two_ways_is_one_tie() -> None:
    ties = {**tied((1, 2)), **tied((1, 2), kind="peer"), **tied((1, 9), kind="reply")}
    known = read(measures([1, 2], ties, cells={}))
    assert known.ties == 1
    assert known.kinds == {"event": 1, "peer": 1}


def test_measures_hold_keys_and_no_names() -> None:
    kept = measures([1, 2, 3, 4], tied((1, 2), (2, 3)), cells={1: ("retail", "leeds")})
    assert kept["alone_keys"] == [4]
    assert kept["splitting"] == [{"key": 2, "cut_off": 1, "parts": 2, "ties": 2}]
    assert [line["key"] for line in kept["between"]] == [2]


def test_a_past_day_counts_what_was_there_by_then() -> None:
    ties = {(1, 2, "event"): Tie(date(2026, 3, 31), DAY, 4), (2, 3, "event"): Tie(DAY, DAY, 1)}
    assert past_measures([1, 2, 3], ties, date(2026, 3, 31))["ties"] == 1
    assert past_measures([1, 2, 3], ties, DAY)["ties"] == 2
    assert past_measures([1, 2, 3], ties, date(2026, 3, 30))["ties"] == 0


def test_quarters_are_those_that_are_over() -> None:
    assert quarter_ends(date(2025, 12, 31), date(2026, 6, 30)) == [
        date(2025, 12, 31),
        date(2026, 3, 31),
    ]
    assert len(quarter_ends(date(2001, 1, 1), date(2026, 6, 30))) == 20
    assert quarter_ends(date(2026, 6, 2), date(2026, 6, 2)) == []
    assert is_quarter_end(date(2026, 9, 30))
    assert not is_quarter_end(date(2026, 9, 29))
    assert quarter_title(date(2026, 3, 31)) == "January to March 2026"
    assert quarter_title(date(2026, 9, 30)) == "July to September 2026"
    assert quarter_title(date(2026, 12, 31)) == "October to December 2026"


def test_few_members_are_reported_only_if_all_show_their_name() -> None:
    assert singles_out([True, False])
    assert singles_out([False])
    assert not singles_out([True, True])
    assert not singles_out([])
    assert not singles_out([False] * 5)


def test_a_member_without_a_name_is_told_by_words_that_fit_five() -> None:
    place = {"sector": "Social care", "district": "Leeds"}
    assert described(**place, cell=5, in_sector=9) == "An employer in social care, Leeds"
    assert described(**place, cell=4, in_sector=5) == "An employer in social care"
    assert described(**place, cell=4, in_sector=4) == "An employer"


def test_ones_own_ties_in_a_sentence() -> None:
    assert own_reading([], who="You") == "You are not connected with anybody yet."
    assert own_reading([["event"]], who="It") == (
        "It is connected with 1 other member: 1 by being at the same events."
    )
    assert own_reading([["event", "peer"], ["event"]], who="You") == (
        "You are connected with 2 other members: 2 by being at the same events, 1 as peers who "
        "were introduced. Some are connected in several ways."
    )
