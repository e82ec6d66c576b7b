"""Attacks on a survey's results: by those who know all answers but one, by time, and by size."""

from __future__ import annotations

import itertools
import random
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.reports.rules.pulse_privacy import (
    RATIO,
    REST_DAYS,
    Share,
    Waiting,
    blocks,
    blurred,
    chance,
    coarse,
    noise,
    quarter_end,
    quarter_start,
    settled,
    shown_shares,
    steps_shown,
)
from portal.reports.rules.pulse_waves import Opening, faults_of, may_close, takes_answers

LEAST = 8
CHOICES = ("yes", "partly", "no")
# Beyond these steps the blur has a chance below one in ten thousand.
FAR = range(-8, 9)
DAY = date(2026, 11, 22)


def outcomes(counts: tuple[int, ...], answers: int) -> Mapping[object, Fraction]:
    """Everything that can be published of one statement with these true counts, and how likely."""
    found: dict[object, Fraction] = defaultdict(Fraction)
    for steps in itertools.product(FAR, repeat=3):
        totals = {
            choice: count + step for choice, count, step in zip(CHOICES, counts, steps, strict=True)
        }
        shown = shown_shares(totals, answers=answers, least=LEAST)
        found[shown] += chance(steps[0]) * chance(steps[1]) * chance(steps[2])
    return found


def worlds(known: tuple[int, int, int]) -> list[Mapping[object, Fraction]]:
    """What is published when everybody else's answers are known, for each answer of the last."""
    answers = sum(known) + 1
    found = []
    for target in range(3):
        counts = tuple(count + (place == target) for place, count in enumerate(known))
        found.append(outcomes(counts, answers))
    return found


# Seven others who are one person filling it in seven times; nine; a wave of many; all alike.
KNOWN = [(7, 0, 0), (0, 0, 7), (3, 1, 3), (9, 0, 0), (4, 4, 4), (25, 0, 0), (12, 5, 8)]


@pytest.mark.parametrize("known", KNOWN)
def test_who_knows_all_other_answers_is_never_sure_of_the_last(
    known: tuple[int, int, int],
) -> None:
    """Also the attack by two waves that differ by one person: the first wave gives the others."""
    # One answer in place of another moves two totals by one each.
    _nothing_is_told(worlds(known), RATIO**2)


def _nothing_is_told(possible: list[Mapping[object, Fraction]], bound: int) -> None:
    """Whatever is published could come of every world, and of none so much more likely."""
    for shown in set().union(*possible):
        likely = [world.get(shown, Fraction(0)) for world in possible]
        # What is rarer than this is cut off by how far the search looks.
        if max(likely) > Fraction(1, 1000):
            assert max(likely) <= min(likely) * bound * Fraction(105, 100)


@pytest.mark.parametrize("known", KNOWN)
def test_a_person_who_skipped_cannot_be_told_from_one_who_answered(
    known: tuple[int, int, int],
) -> None:
    answers = sum(known) + 1
    skipped = outcomes(known, answers)
    for world in worlds(known):
        _nothing_is_told([world, skipped], RATIO)


def test_without_the_blur_the_same_attack_succeeds() -> None:
    """A control: exact totals give the last person away, so the tests above test something."""
    known = {"yes": 2, "partly": 0, "no": 6}
    published = {
        choice: shown_shares({**known, choice: known[choice] + 1}, answers=9, least=LEAST)
        for choice in ("yes", "no")
    }
    assert published["yes"] != published["no"]


def test_nobody_is_told_that_all_or_none_said_something() -> None:
    for answers in (8, 19, 20, 200):
        steps = {coarse(part, answers, answers=answers) for part in range(answers + 1)}
        assert all(0 < share.part < share.whole for share in steps)
        assert {share.whole for share in steps} == {5 if answers < 20 else 10}
    assert Share(1, 5).words == "1 in 5 or fewer"
    assert Share(4, 5).words == "4 in 5 or more"
    assert (Share(2, 5).words, Share(2, 5).per_mille) == ("about 2 in 5", 400)


def test_a_statement_that_few_answered_is_withheld() -> None:
    assert shown_shares({"yes": 4, "partly": 1, "no": 2}, answers=40, least=LEAST) is None
    assert shown_shares({"yes": 9, "partly": -2, "no": -3}, answers=9, least=LEAST) is not None
    assert shown_shares({}, answers=9, least=LEAST) is None


def test_the_blur_is_as_it_is_said_to_be() -> None:
    dice = random.Random(7)  # noqa: S311 - the same draw each time
    drawn = Counter(noise(dice) for _ in range(40_000))
    for step in range(-3, 4):
        assert abs(drawn[step] / 40_000 - float(chance(step))) < 0.01
    assert abs(sum(step * n for step, n in drawn.items())) / 40_000 < 0.03
    assert 1 - sum(chance(step) for step in range(-40, 41)) < Fraction(1, 10**18)
    assert len(blurred([0, 5, 9], dice)) == 3


# Time --------------------------------------------------------------------------------------------


def test_an_open_survey_tells_steps_of_the_day_before_only() -> None:
    assert [steps_shown(n, LEAST) for n in (0, 7, 8, 15, 16)] == [0, 0, 8, 8, 16]
    assert settled(answers=9, before=7, counted_on=DAY, day=DAY) == 7
    assert settled(answers=9, before=7, counted_on=DAY, day=DAY + timedelta(days=1)) == 9
    assert settled(answers=0, before=0, counted_on=None, day=DAY) == 0


def test_it_cannot_be_open_for_the_people_of_one_shift() -> None:
    assert not may_close(opened_on=DAY, day=DAY + timedelta(days=6))
    assert may_close(opened_on=DAY, day=DAY + timedelta(days=7))
    assert takes_answers(state="open", closes_on=DAY, day=DAY)
    assert not takes_answers(state="open", closes_on=DAY, day=DAY + timedelta(days=1))
    assert not takes_answers(state="closed", closes_on=DAY, day=DAY)


def _codes(opening: Opening, **changes: object) -> list[str]:
    facts = {"day": DAY, "least": LEAST, "is_open": False, "last_closed_on": None, **changes}
    return [fault.code for fault in faults_of(opening, **facts)]  # type: ignore[arg-type]


def test_what_stands_in_the_way_of_opening() -> None:
    fine = Opening(20, DAY + timedelta(days=14))
    assert _codes(fine) == []
    assert _codes(fine, is_open=True) == ["open_already"]
    assert _codes(Opening(7, fine.closes_on)) == ["too_few"]
    assert _codes(Opening(20, DAY + timedelta(days=6))) == ["days"]
    assert _codes(Opening(20, DAY + timedelta(days=43))) == ["days"]
    closed = DAY - timedelta(days=REST_DAYS)
    assert _codes(fine, last_closed_on=closed) == []
    assert _codes(fine, last_closed_on=closed + timedelta(days=1)) == ["too_soon"]


# Blocks ------------------------------------------------------------------------------------------

waves = st.lists(
    st.builds(
        Waiting,
        wave_id=st.integers(1, 10_000),
        employer_id=st.integers(1, 14),
        sector=st.sampled_from(["retail", "hospitality", "social_care"]),
        closed_on=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
        answers=st.integers(8, 300),
    ),
    max_size=40,
    unique_by=lambda wave: wave.wave_id,
)


@settings(max_examples=150, deadline=None)
@given(waves, st.integers(5, 8))
def test_a_block_never_holds_too_few_employers_nor_one_that_is_most_of_it(
    waiting: list[Waiting], least: int
) -> None:
    made = blocks(waiting, day=DAY, least=least)
    used = [wave.wave_id for block in made for wave in block.waves]
    assert len(used) == len(set(used))
    for block in made:
        by_employer: Counter[int] = Counter()
        for wave in block.waves:
            assert quarter_end(wave.closed_on) < DAY
            assert block.sector in {"", wave.sector}
            by_employer[wave.employer_id] += wave.answers
        assert block.employers == len(by_employer) >= least
        assert 2 * max(by_employer.values()) <= block.answers == by_employer.total()
        first, last = block.days
        assert all(first <= wave.closed_on <= last for wave in block.waves)
        assert (first, last) == (quarter_start(first), quarter_end(last))


def test_quarters_begin_and_end_where_they_should() -> None:
    for month in range(1, 13):
        day = date(2024, month, 15)
        assert quarter_start(day) <= day <= quarter_end(day)
        assert quarter_start(quarter_end(day) + timedelta(days=1)) == quarter_end(day) + timedelta(
            days=1
        )
