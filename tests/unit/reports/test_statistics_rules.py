"""Quarters, means and anonymity: the rules around a release."""

from __future__ import annotations

import random
from collections import Counter
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.reports.rules.anonymity import ANY, anonymised, check
from portal.reports.rules.disclosure.protect import Rule, protect
from portal.reports.rules.disclosure.shape import Record, Shape
from portal.reports.rules.pack import archive, people_band, quarter_hours
from portal.reports.rules.statistics.counts import Quarter, due, quarter_of
from portal.reports.rules.statistics.scores import means

SUMMER = Quarter(date(2026, 7, 1))


def test_a_quarter_knows_its_days() -> None:
    assert SUMMER.last == date(2026, 9, 30)
    assert SUMMER.next.next.first == date(2027, 1, 1)
    assert [month.month for month in SUMMER.months] == [7, 8, 9]
    assert SUMMER.title == "July to September 2026"
    assert quarter_of(date(2026, 9, 30)) == SUMMER
    assert quarter_of(date(2027, 1, 1)).first == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("begun", "released", "today", "found"),
    [
        (None, set(), date(2027, 1, 1), 0),
        (date(2026, 8, 1), set(), date(2026, 10, 21), 0),
        (date(2026, 8, 1), set(), date(2026, 10, 22), 1),
        (date(2026, 2, 1), set(), date(2026, 10, 22), 3),
        (date(2026, 2, 1), {SUMMER.first}, date(2026, 12, 1), 0),
        (date(2026, 2, 1), {SUMMER.first}, date(2027, 2, 1), 1),
    ],
)
def test_a_quarter_is_due_three_weeks_after_it(begun, released, today, found) -> None:
    assert len(due(begun, released, today)) == found


SECTORS = {"sector": ("retail", "hospitality", "social_care")}


def _diagnosed(**numbers: int):
    records = [
        Record(n, {"sector": sector})
        for n, sector in enumerate(s for s, times in numbers.items() for _ in range(times))
    ]
    lots = random.Random(1)  # noqa: S311 - repeatable, not secret
    return protect(Shape("diagnosed", SECTORS, "sector"), records, Rule(), lots)


def test_a_mean_is_shown_where_enough_are_behind_it() -> None:
    release = _diagnosed(retail=12, hospitality=30)
    scores = [("pay", "retail", 40)] * 12 + [("pay", "hospitality", 61)] * 30
    assert means(release, scores, least=10) == {
        ("pay", ""): 550,
        ("pay", "retail"): 400,
        ("pay", "hospitality"): 610,
    }
    assert means(release, scores, least=15) == {("pay", ""): 550, ("pay", "hospitality"): 610}


def test_a_mean_that_would_give_few_employers_away_is_not_shown() -> None:
    release = _diagnosed(retail=12, hospitality=30, social_care=8)
    # Of the last sector only two have this score: the other means would tell theirs.
    scores = [("pay", "retail", 40)] * 12 + [("pay", "hospitality", 61)] * 30
    scores += [("pay", "social_care", 90)] * 2
    assert set(means(release, scores, least=10)) == {("pay", "")}


def test_no_mean_of_a_sector_whose_number_is_withheld() -> None:
    release = _diagnosed(retail=12, hospitality=30, social_care=3)
    scores = [("pay", "retail", 40)] * 12 + [("pay", "hospitality", 61)] * 30
    scores += [("pay", "social_care", 90)] * 3
    found = means(release, scores, least=10)
    assert ("pay", "social_care") not in found
    hidden = [sector for sector in ("retail", "hospitality") if ("pay", sector) not in found]
    assert len(hidden) == 1


@given(seed=st.integers(0, 10**6), k=st.sampled_from([3, 5, 10]))
@settings(max_examples=80, deadline=None)
def test_every_group_that_stays_is_large_enough(seed, k) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    known = {
        n: (
            chance.choices("rhs", (9, 4, 1))[0],
            chance.choices("msl", (9, 4, 1))[0],
            chance.choices("abcdefgh", [2.0**-n for n in range(8)])[0],
        )
        for n in range(chance.randint(0, 150))
    }
    shown = anonymised(known, k)
    assert min(Counter(shown.values()).values(), default=k) >= k
    assert check(len(known), list(shown.values()), k).holds
    for row, values in shown.items():
        assert all(own in {ANY, true} for own, true in zip(values, known[row], strict=True))
    # Whoever is known by three values fits at least so many rows, or none.
    for values in set(known.values()):
        fitting = [
            row
            for row in shown.values()
            if all(own in {ANY, true} for own, true in zip(row, values, strict=True))
        ]
        assert not fitting or len(fitting) >= k


def test_common_rows_are_described_exactly() -> None:
    known = dict.fromkeys(range(9), ("r", "m", "a")) | {9: ("r", "m", "b")}
    shown = anonymised(known, 5)
    assert set(shown.values()) == {("r", "m", ANY)}
    known |= dict.fromkeys(range(10, 15), ("r", "m", "b"))
    assert anonymised(known, 5) == known
    assert anonymised({1: ("r", "m", "a")}, 5) == {}


def test_the_check_sees_a_group_that_is_too_small() -> None:
    assert not check(3, [("r", "m", "a")] * 3, 5).holds
    assert check(3, [], 5).left_out == 3


def test_steps_of_the_pack() -> None:
    assert [people_band(n) for n in (1, 4, 5, 9, 10, 20)] == [
        *("1-4", "1-4", "5-9", "5-9", "10-19", "20+"),
    ]
    assert [quarter_hours(n) for n in (0, 1, 15, 16)] == [0, 1, 1, 2]
    files = {"b.csv": b"2", "a.csv": b"1"}
    assert archive(files, date(2026, 1, 2)) == archive(
        dict(reversed(files.items())), date(2026, 1, 2)
    )
