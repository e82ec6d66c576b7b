"""The month of article 12(3), and the 72 hours of article 33."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from portal.governance.rules import breaches, rights
from portal.governance.rules.breaches import Judged
from portal.governance.rules.rights import Clock


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (date(2026, 9, 3), date(2026, 10, 5)),  # 3 October is a Saturday
        (date(2026, 9, 9), date(2026, 10, 9)),
        (date(2027, 1, 31), date(2027, 3, 1)),  # 28 February 2027 is a Sunday
        (date(2026, 11, 25), date(2026, 12, 29)),  # Christmas, its weekend, and a day instead
        (date(2028, 1, 29), date(2028, 2, 29)),
    ],
)
def test_a_month_ends_on_the_same_number_or_the_next_working_day(received, due) -> None:
    assert rights.due_on(Clock(received)) == due


def test_the_time_begins_with_proof_where_it_was_asked() -> None:
    asked = Clock(date(2026, 9, 9), identity_asked_on=date(2026, 9, 10))
    assert rights.due_on(asked) is None
    assert rights.due_on(replace(asked, identity_on=date(2026, 9, 21))) == date(2026, 10, 21)


def test_more_time_is_taken_once_and_within_the_month() -> None:
    clock = Clock(date(2026, 9, 9))
    assert rights.may_extend(clock, date(2026, 10, 9))
    assert not rights.may_extend(clock, date(2026, 10, 10))
    longer = replace(clock, extended_on=date(2026, 10, 9))
    assert rights.due_on(longer) == date(2026, 12, 9)
    assert not rights.may_extend(longer, date(2026, 10, 9))


def test_reminders_come_at_their_days_and_daily_once_late() -> None:
    due = date(2026, 10, 30)
    keys = [rights.reminder(due - timedelta(days=left), due) for left in range(16, -3, -1)]
    assert keys[0] is None
    assert keys[1] is None
    # Each key once for a mail; a day on which nothing ran is made up on the next.
    assert list(dict.fromkeys(key for key in keys if key)) == [
        *(f"{left}-days-2026-10-30" for left in (14, 7, 3, 1, 0)),
        "late-2026-10-31",
        "late-2026-11-01",
    ]
    assert rights.reminder(due, None) is None


FOUND = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
FRESH = Judged(FOUND, "unknown", "", None, "", None, "")


def test_the_72_hours_count_nights_and_weekends() -> None:
    assert breaches.ico_due_at(FOUND) == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert not breaches.is_late(FRESH, FOUND + timedelta(hours=72))
    assert breaches.is_late(FRESH, FOUND + timedelta(hours=72, seconds=1))
    assert breaches.clock_in_words(FRESH, FOUND + timedelta(hours=70))[0].startswith("2 hours left")
    assert breaches.clock_in_words(FRESH, FOUND + timedelta(hours=73))[1] == "red"


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, {"risk", "lessons"}),
        ({"risk": "risk", "why": "Names"}, {"ico", "lessons"}),
        ({"risk": "unlikely", "why": "Sealed"}, {"not_told", "lessons"}),
        ({"risk": "unlikely", "why": "Sealed", "ico_reason": "No key", "lessons": "x"}, set()),
        ({"risk": "high", "why": "Bank", "ico_told_at": FOUND, "lessons": "x"}, {"people"}),
        ({"risk": "high", "why": "", "ico_told_at": FOUND, "lessons": "x"}, {"people", "why"}),
        (
            {
                "risk": "risk",
                "why": "x",
                "ico_told_at": FOUND + timedelta(hours=80),
                "lessons": "x",
            },
            {"late"},
        ),
        ({"risk": "risk", "why": "x", "ico_told_at": FOUND, "lessons": "x"}, set()),
    ],
)
def test_what_is_missing_before_a_breach_is_closed(changes, codes) -> None:
    one = replace(FRESH, **changes)
    assert {p.code for p in breaches.open_points(one, FOUND + timedelta(hours=90))} == codes


def test_nobody_is_told_before_it_was_found_or_in_the_future() -> None:
    for told in (FOUND - timedelta(seconds=1), FOUND + timedelta(hours=2)):
        one = replace(FRESH, ico_told_at=told)
        assert [p.field for p in breaches.faults(one, FOUND + timedelta(hours=1))] == [
            "ico_told_on"
        ]
