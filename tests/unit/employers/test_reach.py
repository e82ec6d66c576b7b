"""Hard to reach: a truth table over both dated answers."""

from __future__ import annotations

from datetime import date

import pytest

from portal.employers.rules.reach import (
    AccreditationAnswer,
    TrainingAnswer,
    hard_to_reach,
    year_before,
)

DAY = date(2026, 11, 22)
RECENT = date(2026, 10, 1)
OLD = date(2025, 11, 21)
LATER = date(2026, 11, 23)
NOT_IIP = AccreditationAnswer("not_accredited", RECENT, "asked HR")
NO_TRAINING = TrainingAnswer("no", RECENT, None, "training records")


@pytest.mark.parametrize(
    ("accreditation", "training", "status", "says"),
    [
        (NOT_IIP, NO_TRAINING, "yes", "Hard to reach"),
        (AccreditationAnswer("accredited", RECENT, "cert 1"), NO_TRAINING, "no", "Investors"),
        (NOT_IIP, TrainingAnswer("yes", RECENT, RECENT, "r"), "no", "training"),
        (NOT_IIP, TrainingAnswer("yes", RECENT, None, "r"), "no", "training"),
        (
            NOT_IIP,
            TrainingAnswer(None, None),
            "not_counted_yet",
            "Not counted yet: no answer about training",
        ),
        (
            AccreditationAnswer(None, None),
            NO_TRAINING,
            "not_counted_yet",
            "Not counted yet: no answer about Investors in People",
        ),
        (
            AccreditationAnswer(None, None),
            TrainingAnswer(None, None),
            "not_counted_yet",
            "no answer about Investors in People and no answer about training",
        ),
        (NOT_IIP, TrainingAnswer("no", OLD, None, "r"), "not_counted_yet", "12 months old"),
        (NOT_IIP, TrainingAnswer("no", LATER, None, "r"), "not_counted_yet", "no answer"),
        (NOT_IIP, TrainingAnswer("no", RECENT, None, " "), "not_counted_yet", "no evidence"),
        (NOT_IIP, TrainingAnswer("yes", RECENT, OLD, "r"), "not_counted_yet", "12 months old"),
        (
            AccreditationAnswer("accredited", OLD, "c"),
            NO_TRAINING,
            "not_counted_yet",
            "Investors in People is more than 12 months old",
        ),
        (AccreditationAnswer("accredited", RECENT, "c"), TrainingAnswer(None, None), "no", "Not"),
        (AccreditationAnswer(None, None), TrainingAnswer("yes", RECENT, RECENT, "r"), "no", "Not"),
    ],
)
def test_both_halves_must_be_known_unless_one_settles_it(
    accreditation, training, status, says
) -> None:
    found = hard_to_reach(accreditation, training, on=DAY)
    assert found.status == status
    assert says in found.explanation
    assert bool(found.missing) == (status == "not_counted_yet")


def test_the_last_day_of_the_twelve_months_still_counts() -> None:
    training = TrainingAnswer("no", date(2025, 11, 22), None, "r")
    assert hard_to_reach(NOT_IIP, training, on=DAY).status == "yes"


def test_a_year_before_a_leap_day() -> None:
    assert year_before(date(2028, 2, 29)) == date(2027, 2, 28)
