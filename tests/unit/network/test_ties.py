"""Ties out of records: each way, once a pair, and the same as counting one by one."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.network.rules.ties import (
    MOST_AT_EVENT,
    Records,
    Tie,
    among,
    pairs_by,
    referring,
    ties_of,
)

FIRST = date(2026, 3, 1)
LATER = date(2026, 6, 1)
people = st.integers(1, 8)
days = st.integers(0, 400).map(lambda number: FIRST + timedelta(days=number))


def test_those_at_one_event_are_tied_once_for_each_event() -> None:
    found = ties_of(Records(events={1: (LATER, [3, 1, 3]), 2: (FIRST, [1, 3, 2])}))
    assert found == {
        (1, 3, "event"): Tie(FIRST, LATER, 2),
        (1, 2, "event"): Tie(FIRST, FIRST, 1),
        (2, 3, "event"): Tie(FIRST, FIRST, 1),
    }


def test_a_very_large_event_ties_nobody() -> None:
    many = range(1, MOST_AT_EVENT + 1)
    assert len(ties_of(Records(events={1: (FIRST, many)}))) == 780
    assert ties_of(Records(events={1: (FIRST, [*many, 999])})) == {}


def test_both_directions_are_one_tie() -> None:
    found = ties_of(Records(meetings={"reply": [(5, 2, LATER), (2, 5, FIRST), (2, 2, FIRST)]}))
    assert found == {(2, 5, "reply"): Tie(FIRST, LATER, 2)}


def test_merged_employers_count_as_the_one_that_was_kept() -> None:
    merged = {4: 3, 3: 2}
    found = ties_of(
        Records(
            events={1: (FIRST, [4, 3, 7])},
            meetings={"peer": [(4, 2, FIRST), (1, 4, LATER)]},
            merged=merged,
        )
    )
    assert set(found) == {(2, 7, "event"), (1, 2, "peer")}
    assert set(ties_of(Records(meetings={"peer": [(1, 2, FIRST)]}, merged={1: 9, 9: 1})))


def test_only_ties_with_a_member_at_both_ends_are_kept() -> None:
    found = ties_of(Records(events={1: (FIRST, [1, 2, 3])}))
    assert set(among(found, {1, 2})) == {(1, 2, "event")}
    assert pairs_by(found, FIRST) == {(1, 2), (1, 3), (2, 3)}
    assert pairs_by(found, FIRST - timedelta(days=1)) == set()


def test_somebody_of_two_employers_refers_for_neither() -> None:
    assert referring({1: {10}, 2: {10, 11}, 3: set()}) == {1: 10}


@given(
    st.dictionaries(st.integers(), st.tuples(days, st.lists(people, max_size=6)), max_size=6),
    st.lists(st.tuples(people, people, days), max_size=12),
)
def test_ties_are_what_counting_pair_by_pair_gives(events, matches) -> None:
    found = ties_of(Records(events=events, meetings={"peer": matches}))
    for low in range(1, 9):
        for high in range(low + 1, 9):
            at = [day for day, came in events.values() if low in came and high in came]
            met = [day for one, other, day in matches if {one, other} == {low, high}]
            for kind, all_ in (("event", at), ("peer", met)):
                tie = found.pop((low, high, kind), None)
                wanted = Tie(min(all_), max(all_), len(all_)) if all_ else None
                assert tie == wanted
    assert not found
