"""Working days, what must be right in a referral, and which words leave the house."""

from __future__ import annotations

from datetime import date

import pytest

from portal.caseload.rules import referrals as rules
from portal.caseload.rules.referrals import Given, faults, news, news_of_file, tidy
from portal.caseload.rules.words import DECLINE_REASONS
from portal.caseload.rules.working_days import (
    add_working_days,
    is_working_day,
    left_in_words,
    working_days_left,
)

SECTORS = ("retail", "hospitality")


def given(**changes: object) -> Given:
    values = {
        "employer_name": "Example Café",
        "contact_name": "Ann Example",
        "contact_email": "ann@example.org",
        "consent": True,
    }
    return tidy(Given(**{**values, **changes}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 20), True),
        (date(2026, 11, 21), False),
        (date(2026, 12, 25), False),
        # Boxing Day 2026 is a Saturday: the Monday after is the holiday.
        (date(2026, 12, 28), False),
        (date(2026, 4, 3), False),
        (date(2026, 8, 31), False),
        # A holiday in Scotland only.
        (date(2026, 1, 2), True),
    ],
)
def test_working_days_are_those_of_england(day: date, works: bool) -> None:
    assert is_working_day(day) is works


def test_christmas_is_jumped_over() -> None:
    assert add_working_days(date(2026, 12, 23), 2) == date(2026, 12, 29)
    assert add_working_days(date(2026, 11, 21), 1) == date(2026, 11, 23)
    assert working_days_left(date(2026, 12, 23), date(2026, 12, 29)) == 2


@pytest.mark.parametrize(
    ("today", "says"),
    [
        (date(2026, 11, 20), "2 working days left"),
        (date(2026, 11, 23), "1 working day left"),
        (date(2026, 11, 24), "Last day today"),
        (date(2026, 11, 25), "Time is up"),
    ],
)
def test_time_left_in_words(today: date, says: str) -> None:
    assert left_in_words(today, date(2026, 11, 24)) == says


def test_a_last_day_on_a_weekend_is_said_plainly() -> None:
    assert left_in_words(date(2026, 11, 21), date(2026, 11, 22)) == "No working day left"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"employer_name": " x "}, "employer_name"),
        ({"employer_name": "!!!"}, "employer_name"),
        ({"employer_name": "x" * 161}, "employer_name"),
        ({"company_number": "12x"}, "company_number"),
        ({"postcode": "nowhere"}, "postcode"),
        ({"sector": "fishing"}, "sector"),
        ({"contact_name": ""}, "contact_name"),
        ({"contact_email": ""}, "contact_email"),
        ({"contact_email": "ann@"}, "contact_email"),
        ({"contact_phone": "ring me"}, "contact_phone"),
        ({"contact_phone": "12"}, "contact_phone"),
        ({"referrer_email": "a b"}, "referrer_email"),
        ({"consent": False}, "consent"),
        ({"message": "x" * 2001}, "message"),
    ],
)
def test_each_fault_is_said_beside_its_field(changes: dict[str, object], field: str) -> None:
    assert list(faults(given(**changes), sectors=SECTORS)) == [field]


def test_a_good_referral_has_no_fault_and_is_tidy() -> None:
    good = given(company_number="3261722", postcode="ls1 4ap", contact_phone="+44 113 496 0000")
    assert faults(good, sectors=SECTORS) == {}
    assert (good.company_number, good.postcode) == ("03261722", "LS1 4AP")
    assert given(employer_name="A\x07 \n B").employer_name == "A B"
    assert faults(given(contact_email="", contact_phone="0113 4960000 ext 12"), sectors=()) == {}


def test_words_for_outside_give_nothing_away() -> None:
    assert rules.OUTSIDE_REASONS.keys() == DECLINE_REASONS.keys()
    told = news("declined", employer="Example Café", reference="R", to_itself=False, reason="other")
    assert "Example Café was not taken up" in told.subject
    itself = news("accepted", employer="E", reference="R", to_itself=True, provider="Example Ltd")
    assert "An adviser of Example Ltd will get in touch with you" in itself.paragraphs[1]
    assert "10 working days" in " ".join(
        news("received", employer="E", reference="R", to_itself=False, working_days=10).paragraphs
    )
    late = news("expired", employer="E", reference="R", to_itself=False)
    assert "not decided in time" in late.subject
    assert news_of_file([("A", "1"), ("B", "2")], working_days=5).paragraphs[1:] == (
        "A: reference 1",
        "B: reference 2",
    )
