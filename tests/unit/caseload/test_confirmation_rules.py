"""What is to be confirmed, in words, and how long there is for it."""

from __future__ import annotations

from datetime import date

import pytest

from portal.caseload.rules.confirmations import (
    Subject,
    is_overdue,
    length,
    lines,
    long_day,
    remind_from,
    what,
)

SHARED = {
    "record_id": 1,
    "reference": "A" * 10,
    "case_id": 1,
    "case_reference": "B" * 10,
    "organisation_id": 1,
    "provider_name": "Example Provider",
    "employer_id": 1,
    "employer_reference": "C" * 10,
    "employer_name": "Example Bakery",
    "on": date(2026, 3, 3),
    "minutes": 150,
}


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 minutes"),
        (1, "1 minute"),
        (45, "45 minutes"),
        (60, "1 hour"),
        (61, "1 hour 1 minute"),
        (150, "2 hours 30 minutes"),
    ],
)
def test_lengths_are_read_out(minutes: int, words: str) -> None:
    assert length(minutes) == words


def test_a_session_in_words() -> None:
    subject = Subject(
        kind="session", mode="video", place="", present=("Casey (Owner)", "Ada"), **SHARED
    )
    assert what(subject) == "the in-depth session on 3 March 2026"
    assert dict(lines(subject)) == {
        "Employer": "Example Bakery",
        "What took place": "In-depth diagnostic session",
        "When": "3 March 2026",
        "How long": "2 hours 30 minutes",
        "How": "Video call",
        "Led by": "Example Provider",
        "Who was there": "Casey (Owner); Ada",
    }


@pytest.mark.parametrize(
    ("attended", "words"),
    [(1, "1 person from Example Bakery"), (1200, "1,200 people from Example Bakery")],
)
def test_an_attendance_in_words(attended: int, words: str) -> None:
    subject = Subject(
        kind="attendance",
        mode="place",
        place="Leeds",
        support_kind="workshop",
        title="Fair rotas",
        trainer="Terry Trainer",
        attended=attended,
        **SHARED,
    )
    assert what(subject) == "the workshop “Fair rotas” on 3 March 2026"
    said = dict(lines(subject))
    assert said["Who attended"] == words
    assert said["Led by"] == "Terry Trainer, Example Provider"
    assert said["How"] == "At a place, Leeds"
    assert "Who was there" not in said


def test_the_last_day_still_counts_and_only_the_unanswered_are_late() -> None:
    due = date(2026, 3, 17)
    assert not is_overdue("awaiting", due, today=due)
    assert is_overdue("awaiting", due, today=date(2026, 3, 18))
    assert not is_overdue("confirmed", due, today=date(2026, 4, 18))
    assert remind_from(due) == date(2026, 3, 14)
    assert long_day(due) == "17 March 2026"
