"""When follow-ups fall due, and what their answers come to."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.caseload.rules import follow_up as rules
from portal.caseload.rules.working_days import is_working_day, next_working_day
from portal.kernel import clock


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 8, 31), 3, date(2026, 11, 30)),
        (date(2026, 11, 15), 3, date(2027, 2, 15)),
        (date(2026, 12, 31), 12, date(2027, 12, 31)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 10, 31), 36, date(2029, 10, 31)),
    ],
)
def test_months_are_counted_by_the_calendar(day: date, months: int, expected: date) -> None:
    assert rules.add_months(day, months) == expected


@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(1, 36))
def test_a_month_later_is_in_that_month_and_never_a_later_day(day: date, months: int) -> None:
    later = rules.add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day


@pytest.mark.parametrize(
    ("agreed", "months", "expected"),
    [
        # A Saturday moves to Monday.
        (date(2026, 1, 4), 3, date(2026, 4, 7)),  # 4 April: Saturday of Easter, Monday is a holiday
        (date(2026, 9, 25), 3, date(2026, 12, 29)),  # Christmas Day, a week-end, a substitute day
        (date(2026, 3, 2), 3, date(2026, 6, 2)),
        (date(2026, 2, 25), 3, date(2026, 5, 26)),  # the Spring Bank Holiday
    ],
)
def test_a_follow_up_is_due_on_a_working_day(agreed: date, months: int, expected: date) -> None:
    assert rules.due_on(agreed, months) == expected
    assert is_working_day(expected)


@given(st.dates(date(2020, 1, 1), date(2035, 12, 1)))
def test_the_next_working_day_is_the_first_one_from_a_day_on(day: date) -> None:
    found = next_working_day(day)
    assert found >= day
    assert is_working_day(found)
    assert (found == day) == is_working_day(day)


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (date(2026, 6, 2), "on the day"),
        (date(2026, 6, 3), "1 day late"),
        (date(2026, 7, 2), "30 days late"),
        (date(2026, 6, 1), "1 day early"),
        (date(2026, 5, 23), "10 days early"),
    ],
)
def test_a_follow_up_says_how_late_it_was(done: date, words: str) -> None:
    assert rules.timing(date(2026, 6, 2), done) == words


def test_practices_not_asked_about_do_not_count() -> None:
    answers = ["embedded", "under_way", "stopped", "not_asked", "embedded"]
    assert rules.counted(answers) == (2, 4)
    assert rules.counted_words(answers) == "2 of 4 practices asked about are embedded"
    assert rules.counted_words(["not_asked"]) == "no practice was asked about"
    assert rules.counted_words(["embedded"]) == "the one practice asked about is embedded"
    assert rules.counted_words(["stopped"]) == "the one practice asked about is not embedded"


@pytest.mark.parametrize(
    ("day", "noon"),
    [
        # Noon in London on either side of the clocks going forward and back.
        (date(2026, 3, 28), datetime(2026, 3, 28, 12, tzinfo=UTC)),
        (date(2026, 3, 29), datetime(2026, 3, 29, 11, tzinfo=UTC)),
        (date(2026, 10, 24), datetime(2026, 10, 24, 11, tzinfo=UTC)),
        (date(2026, 10, 25), datetime(2026, 10, 25, 12, tzinfo=UTC)),
    ],
)
def test_a_day_becomes_an_instant_of_that_day_in_london(day: date, noon: datetime) -> None:
    with clock.freeze(datetime(2026, 12, 1, 9, tzinfo=UTC)):
        assert rules.instant_of(day) == noon
        assert clock.london(rules.instant_of(day)).date() == day


def test_today_is_now() -> None:
    # Half past midnight in London in summer: still the day before in UTC.
    with clock.freeze(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)):
        assert rules.instant_of(date(2026, 7, 1)) == datetime(2026, 6, 30, 23, 30, tzinfo=UTC)


def test_planned_days_in_one_sentence() -> None:
    days = {12: date(2027, 3, 2), 3: date(2026, 6, 2), 6: date(2026, 9, 2)}
    assert rules.listed_days(days) == (
        "2 June 2026 (3 months), 2 September 2026 (6 months) and 2 March 2027 (12 months)"
    )
    assert rules.listed_days({3: date(2026, 6, 2)}) == "2 June 2026 (3 months)"
