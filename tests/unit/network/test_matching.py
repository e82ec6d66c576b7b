"""Who is matched with whom: competitors never, capacity always kept, every reason true."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.network.rules.matching import (
    AGREED_BY,
    SAYS,
    STRONG_FROM,
    WEAK_TO,
    WEIGHTS,
    Ask,
    Helper,
    Side,
    allot,
    kind_of,
    reasons_for,
    suggest,
    told_to,
    why_not,
)
from portal.network.rules.neighbours import neighbours, parse_neighbours, unknown_districts
from portal.programme.rules import default_values, parse_settings
from portal.toolkit.rules.words import DIMENSIONS

DISTRICTS = dict(parse_settings(default_values()).district_choices)
TOPICS = ("scheduling", "progression", "pay")
scores = st.dictionaries(st.sampled_from(TOPICS), st.integers(0, 100))


def sides(key: st.SearchStrategy[int]) -> st.SearchStrategy[Side]:
    return st.builds(
        Side,
        employer_id=key,
        sector=st.sampled_from(["retail", "hospitality", "other"]),
        size=st.sampled_from(["micro", "small", None]),
        district=st.sampled_from(["leeds", "bradford", "york", "outside", ""]),
        scores=scores,
        says=st.frozensets(st.sampled_from(sorted(SAYS))),
    )


KEYS = st.integers(1, 9)
helpers_lists = st.lists(
    st.builds(
        Helper,
        by=sides(KEYS),
        topics=st.frozensets(st.sampled_from(TOPICS), min_size=1),
        capacity=st.integers(1, 3),
        standing=st.integers(0, 4),
        is_paused=st.booleans(),
        is_champion=st.booleans(),
    ),
    max_size=7,
    unique_by=lambda one: one.by.employer_id,
)
asks_lists = st.lists(
    st.builds(
        Ask,
        request_id=st.integers(1, 50),
        topic=st.sampled_from(TOPICS),
        by=sides(KEYS),
        tried=st.frozensets(KEYS, max_size=2),
    ),
    max_size=8,
    unique_by=lambda one: one.request_id,
)
pairs = st.frozensets(st.frozensets(KEYS, min_size=2, max_size=2), max_size=12)


@given(asks_lists, helpers_lists, pairs)
def test_competitors_the_full_the_paused_and_the_tried_are_never_suggested(
    asks, helpers, competing
):
    for ask in asks:
        for one in suggest(ask, helpers, competing=competing, beside=neighbours()):
            helper = one.helper
            assert frozenset({ask.by.employer_id, helper.by.employer_id}) not in competing
            assert ask.by.employer_id != helper.by.employer_id
            assert helper.standing < helper.capacity
            assert not helper.is_paused
            assert ask.topic in helper.topics
            assert helper.by.employer_id not in ask.tried
            assert why_not(ask, helper, competing=competing) is None


@given(asks_lists, helpers_lists, pairs, st.randoms(use_true_random=False))
def test_capacity_is_kept_whatever_the_order(asks, helpers, competing, rng: random.Random):
    rng.shuffle(asks)
    rng.shuffle(helpers)
    given_out = allot(asks, helpers, competing=competing, beside=neighbours())
    for helper in helpers:
        taken = sum(
            one.helper.by.employer_id == helper.by.employer_id for one in given_out.values()
        )
        assert taken <= helper.places
    for one in given_out.values():
        both = frozenset({one.ask.by.employer_id, one.helper.by.employer_id})
        assert len(both) == 2
        assert both not in competing


@given(asks_lists, helpers_lists, pairs, st.randoms(use_true_random=False))
def test_the_same_is_suggested_however_the_helpers_come(asks, helpers, competing, rng):
    mixed = list(helpers)
    rng.shuffle(mixed)
    for ask in asks:
        first = suggest(ask, helpers, competing=competing, beside=neighbours())
        assert first == suggest(ask, mixed, competing=competing, beside=neighbours())
        assert [one.score for one in first] == sorted((one.score for one in first), reverse=True)
    assert allot(asks, helpers, competing=competing, beside=neighbours()) == allot(
        asks, mixed, competing=competing, beside=neighbours()
    )


@given(st.sampled_from(TOPICS), sides(st.just(1)), sides(st.just(2)))
def test_every_reason_is_true_and_none_is_left_out(topic, asker, helper):
    reasons = reasons_for(topic, asker, helper, beside=neighbours())
    said = {kind_of(reason): reason.partition(":")[2] for reason in reasons}
    strong = helper.scores.get(topic, 0) >= STRONG_FROM
    weak = topic in asker.scores and asker.scores[topic] <= WEAK_TO
    assert ("gap" in said) == (strong and weak)
    assert ("strong" in said) == (strong and not weak)
    assert ("sector" in said) == (asker.sector == helper.sector != "other")
    assert ("size" in said) == (asker.size is not None and asker.size == helper.size)
    assert ("district" in said) == (
        asker.district == helper.district and asker.district in {"leeds", "bradford", "york"}
    )
    assert ("near" in said) == ({asker.district, helper.district} == {"leeds", "bradford"})
    assert said.get("sector", asker.sector) == helper.sector or "sector" not in said
    assert set(said) <= set(WEIGHTS)


@given(
    st.sampled_from(TOPICS),
    sides(st.just(1)),
    sides(st.just(2)),
    st.sampled_from(["asker", "champion"]),
)
def test_a_side_reads_only_what_the_other_agreed_to_and_never_a_score(topic, asker, helper, side):
    reasons = reasons_for(topic, asker, helper, beside=neighbours())
    other = helper if side == "asker" else asker
    told = told_to(side, reasons, other_says=other.says, districts=DISTRICTS)
    allowed = [one for one in reasons if AGREED_BY[kind_of(one)] in other.says]
    assert len(told) <= len(allowed)
    assert told_to(side, reasons, other_says=(), districts=DISTRICTS) == []
    figures = {str(value) for value in (*asker.scores.values(), *helper.scores.values())}
    for sentence in told:
        if "employees" not in sentence:
            assert not figures & set(sentence.replace(",", " ").split())
        assert "{" not in sentence


def test_sentences_for_each_reader() -> None:
    reasons = ["gap:scheduling", "sector:retail", "size:small", "near:"]
    told = told_to("asker", reasons, other_says=SAYS, districts=DISTRICTS)
    assert told == [
        "Their latest diagnostic is strong in scheduling and hours, where yours has a gap",
        "They are in retail, as you are",
        "They have 10 to 49 employees, as you do",
        "Their district lies beside yours",
    ]
    assert told_to("champion", reasons, other_says={"diagnostic"}, districts=DISTRICTS) == [
        "Your latest diagnostic is strong in scheduling and hours, where theirs has a gap"
    ]
    assert told_to("champion", ["strong:pay"], other_says=SAYS, districts=DISTRICTS) == []
    assert told_to("staff", ["district:leeds"], other_says=(), districts=DISTRICTS) == [
        "Both are in the district Leeds"
    ]
    assert set(TOPICS) <= set(DIMENSIONS)


def test_the_table_of_neighbours_fits_the_programme() -> None:
    known = [key for key in DISTRICTS if key != "outside"]
    assert unknown_districts(neighbours(), known) == []
    assert {key for pair in neighbours() for key in pair} == set(known)


@pytest.mark.parametrize(
    "values",
    [
        None,
        {},
        {"pairs": [["leeds"]]},
        {"pairs": [["a", "a"]]},
        {"pairs": [["a", "b"], ["b", "a"]]},
    ],
)
def test_a_wrong_table_is_refused(values: object) -> None:
    with pytest.raises(ValueError, match="neighbours"):
        parse_neighbours(values)
