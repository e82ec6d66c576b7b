"""The rules of awards: rounds by date, who may apply, what scores allow, codes, hidden names."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.network.rules import awards as rules
from portal.network.rules.award_criteria import (
    DATA,
    CriteriaError,
    load_criteria,
    read_criteria,
    versions,
)
from portal.network.rules.states import APPLICATION_MOVES, ROUND_MOVES, refused
from portal.network.rules.words import TIERS

CRITERIA = load_criteria(1)
TEXT = (DATA / "award-criteria-1.yaml").read_text(encoding="utf-8")
DAY = date(2026, 11, 22)
points = st.fixed_dictionaries({key: st.integers(0, 4) for key in CRITERIA.keys})


def test_every_version_is_read_in_full() -> None:
    for version in versions():
        found = load_criteria(version)
        assert [tier.key for tier in found.tiers] == list(TIERS)
        assert all(len(one.levels) == 5 for one in found.criteria)
    with pytest.raises(CriteriaError, match="no criteria of version 99"):
        load_criteria(99)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("version: 1\ntitle", "version: 2\ntitle", "says version 2"),
        ("lead_owner", "lead_nobody", "no question about leadership"),
        ("dimension: voice", "dimension: noise", "no dimension"),
        ("least_total: 24", "least_total: 10", "must take more"),
        ("least_total: 34", "least_total: 99", "takes more than there is"),
        ("least_total: 34", "least_total: 25", "says less than its least scores"),
        ("key: leading", "key: loud", "tiers must be"),
        ("key: voice\n", "key: pay\n", "Two criteria"),
        ("criterion: 2}", "criterion: 9}", "whole number"),
        ("part-time-talent, version: 1", "part-time-talent, version: 77", "does not exist"),
        ("      4: You count", "      5: You count", "each level"),
        ("      0: Something the law asks for is not shown to be met.\n", "", "each level"),
        ("title: Criteria", "headline: Criteria", "title is missing"),
        ("published: 2026-11-22", "published: soon", "must be a day"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(old: str, new: str, words: str) -> None:
    wrong = TEXT.replace(old, new, 1)
    if wrong == TEXT:
        wrong = TEXT.replace("      4: You show", "      5: You show", 1)
    with pytest.raises(CriteriaError, match=words):
        read_criteria(wrong, version=1)
    with pytest.raises(CriteriaError):
        read_criteria("[1", version=1)
    with pytest.raises(CriteriaError):
        read_criteria("- 1", version=1)


@given(opens=st.integers(-40, 40), length=st.integers(0, 40), state=st.sampled_from([*ROUND_MOVES]))
def test_a_round_is_where_its_days_say(opens: int, length: int, state: str) -> None:
    first = DAY + timedelta(days=opens)
    last = first + timedelta(days=length)
    at = state
    for then in rules.state_on(state, opens_on=first, closes_on=last, day=DAY):
        assert refused(ROUND_MOVES, at, then, what="A round") is None
        at = then
    if state in {"planned", "open"}:
        if last < DAY:
            assert at == "assessing"
        elif first <= DAY:
            assert at == "open"
    else:
        assert at == state
    assert rules.state_on(at, opens_on=first, closes_on=last, day=DAY) == ()


def test_days_of_a_round_are_judged() -> None:
    wrong = rules.round_faults(
        opens_on=DAY - timedelta(days=1),
        closes_on=DAY - timedelta(days=2),
        decide_by=DAY - timedelta(days=3),
        today=DAY,
        begun=False,
    )
    assert [one.field for one in wrong] == ["opens_on", "closes_on", "decide_by"]


@pytest.mark.parametrize(
    ("held", "wanted", "left", "met"),
    [
        ("committed", "established", 500, True),
        ("committed", "committed", 500, False),
        ("leading", "committed", 500, False),
        ("committed", "committed", 180, True),
        ("committed", "committed", 181, False),
    ],
)
def test_an_award_in_force_is_only_renewed_near_its_end(
    held: str, wanted: str, left: int, met: bool
) -> None:
    award = rules.InForce(1, held, DAY + timedelta(days=left))
    assert rules.award_need([award], tier=wanted, today=DAY).met is met


@given(one=points, other=points)
def test_a_gap_is_the_same_from_both_sides(one: dict[str, int], other: dict[str, int]) -> None:
    gap = rules.gap_words(CRITERIA, one, other)
    assert gap == rules.gap_words(CRITERIA, other, one)
    apart = max(abs(one[key] - other[key]) for key in one)
    totals = abs(sum(one.values()) - sum(other.values()))
    assert bool(gap) == (apart >= CRITERIA.gap_criterion or totals >= CRITERIA.gap_total)
    assert rules.gap_words(CRITERIA, one, one) == []


@given(one=points, other=points)
def test_a_tier_is_never_more_than_scores_allow(one: dict[str, int], other: dict[str, int]) -> None:
    scores = rules.settled(CRITERIA, [one, other])
    found = rules.earned(CRITERIA, scores)
    total, least = sum(scores.values(), Fraction(0)), min(scores.values())
    for tier in CRITERIA.tiers:
        reached = total >= tier.least_total and least >= tier.least_each
        assert reached == (found is not None and rules.rank(tier.key) <= rules.rank(found.key))
    for wanted in TIERS:
        fault = rules.decision_fault(tier=wanted, allowed=found, feedback="Fine", reason="")
        above = found is None or rules.rank(wanted) > rules.rank(found.key)
        assert (fault is not None) == above
        reasoned = rules.decision_fault(
            tier=wanted, allowed=found, feedback="Fine", reason="They teach the whole town"
        )
        assert reasoned is None
    assert rules.decision_fault(tier=None, allowed=found, feedback="", reason="") is not None
    assert rules.settled(CRITERIA, [one, one], other) == {k: Fraction(v) for k, v in other.items()}


def test_codes_are_read_as_people_type_them() -> None:
    code = rules.new_code()
    shown = rules.shown_code(code)
    assert rules.read_code(f" {shown.lower()} ") == code
    assert len(shown) == 14
    for wrong in ("", "ABC", shown + "0", "UUUU-UUUU-UUUU", "é" * 12):
        assert rules.read_code(wrong) == ""


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 2, 29), 24, date(2026, 2, 28)),
        (date(2026, 11, 22), 24, date(2028, 11, 22)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
    ],
)
def test_terms_end_on_the_same_day_of_the_month(day: date, months: int, then: date) -> None:
    assert rules.add_months(day, months) == then


def test_names_and_addresses_are_hidden_from_assessors() -> None:
    text = "Ann Lee (ann.lee@cafe.example, +44 113 496 0000) leads. Annual leave since 2024-05-01."
    said = rules.unnamed(text, ["Ann Lee", ""])
    assert said == "[hidden] ([hidden], [hidden]) leads. Annual leave since 2024-05-01."


def test_legal_flags_stay_open_until_something_was_done() -> None:
    flags = [
        {"question": "pay_equal", "text": "Equal pay", "recommendations": ["rec_a"]},
        {"question": "pay_basics", "text": "Basics", "recommendations": []},
    ]
    assert rules.open_flags(flags, set(), set()) == ("Equal pay", "Basics")
    assert rules.open_flags(flags, {"rec_a"}, {"pay_basics"}) == ()


def test_standing_and_moves() -> None:
    assert rules.standing_on(valid_until=DAY, revoked=False, day=DAY) == "valid"
    late = DAY + timedelta(days=1)
    assert rules.standing_on(valid_until=DAY, revoked=False, day=late) == "expired"
    assert rules.standing_on(valid_until=DAY, revoked=True, day=DAY) == "revoked"
    ended = {"awarded", "declined", "lapsed"}
    assert {state for state, then in APPLICATION_MOVES.items() if not then} == ended
