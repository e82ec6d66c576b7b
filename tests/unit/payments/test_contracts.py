from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from portal.payments.rules.contracts import (
    MOST_CONTRACT,
    Moved,
    Subcontract,
    Terms,
    Used,
    check_terms,
    check_variation,
    claimed_by_quarter,
    closes_on,
    describe,
    differences,
    figures,
    last_quarter,
    later_quarters,
    open_from_on,
)
from portal.payments.rules.payees import NO_PAYEE, Payee, check_payee, tidy

PROVIDER, OTHER = 1, 2
TERMS = Terms(
    starts_on=date(2026, 4, 1),
    ends_on=date(2027, 3, 31),
    total_cap=1_000_000,
    caps={"engagement": 600_000},
    profile={date(2026, 4, 1): 400_000, date(2026, 7, 1): 600_000},
    subcontractors=(Subcontract(OTHER, date(2026, 5, 1), None),),
)
UNUSED = Used(0, {}, {})


def codes(terms: Terms) -> list[tuple[str, str | None]]:
    return [(one.code, one.field) for one in check_terms(terms, organisation_id=PROVIDER)]


def test_terms_in_order_have_no_fault() -> None:
    assert codes(TERMS) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"ends_on": date(2026, 3, 31)}, ("dates", "ends_on")),
        ({"ends_on": date(2037, 1, 1)}, ("dates", "ends_on")),
        ({"total_cap": 0, "caps": {}, "profile": {}}, ("total_cap", "total_cap")),
        ({"total_cap": MOST_CONTRACT + 1}, ("total_cap", "total_cap")),
        ({"caps": {"workshop": 1_000_001}}, ("cap", "cap_workshop")),
        ({"caps": {"workshop": -1}}, ("cap", "cap_workshop")),
        ({"profile": {date(2027, 4, 1): 1}}, ("profile", "quarter_20270401")),
        ({"profile": {date(2026, 1, 1): 1}}, ("profile", "quarter_20260101")),
        (
            {"profile": {date(2026, 4, 1): 1_000_000, date(2026, 7, 1): 1}},
            ("profile_over_cap", "quarter_20260401"),
        ),
        (
            {"subcontractors": (Subcontract(PROVIDER, date(2026, 5, 1), None),)},
            ("own_subcontractor", "sub_0"),
        ),
        (
            {"subcontractors": (Subcontract(OTHER, date(2026, 3, 31), None),)},
            ("subcontractor_dates", "sub_0_from"),
        ),
        (
            {"subcontractors": (Subcontract(OTHER, date(2026, 5, 1), date(2027, 4, 1)),)},
            ("subcontractor_dates", "sub_0_until"),
        ),
        (
            {
                "subcontractors": (
                    Subcontract(OTHER, date(2026, 5, 1), date(2026, 6, 1)),
                    Subcontract(OTHER, date(2026, 6, 1), None, 1),
                )
            },
            ("subcontractor_twice", "sub_1"),
        ),
    ],
)
def test_terms_that_make_no_sense_are_refused(changes, fault) -> None:
    assert codes(replace(TERMS, **changes)) == [fault]


def test_a_quarter_outside_the_contract_may_expect_nothing() -> None:
    assert codes(replace(TERMS, profile={date(2027, 4, 1): 0})) == []


def varied(used: Used = UNUSED, on: date = date(2026, 9, 1), **changes) -> list[str]:
    found = check_variation(
        TERMS, replace(TERMS, **changes), used, effective_on=on, today=date(2026, 10, 1)
    )
    return [one.code for one in found]


def test_a_variation_cuts_off_nothing_that_was_spent_or_done() -> None:
    used = Used(
        total=500_000,
        by_type={"engagement": 450_000, "workshop": 50_000},
        worked={PROVIDER: (date(2026, 4, 2), date(2026, 9, 30)), OTHER: (date(2026, 6, 1),) * 2},
    )
    assert varied(used, total_cap=500_000) == []
    assert varied(used, total_cap=499_999) == ["below_spent"]
    assert varied(used, caps={"engagement": 450_000}) == []
    assert varied(used, caps={"engagement": 449_999}) == ["below_spent"]
    # A type that had no cap gets one: what was spent on it stands under it, too.
    assert varied(used, caps={"workshop": 49_999}) == ["below_spent"]
    assert varied(used, ends_on=date(2026, 9, 30)) == []
    assert varied(used, ends_on=date(2026, 9, 29)) == ["ends_before_work"]
    assert varied(used, subcontractors=()) == ["subcontractor_worked"]
    shorter = (Subcontract(OTHER, date(2026, 5, 1), date(2026, 5, 31)),)
    assert varied(used, subcontractors=shorter) == ["subcontractor_worked"]
    assert varied(subcontractors=()) == []


def test_a_variation_has_a_day_within_the_contract_and_changes_something() -> None:
    assert varied() == ["nothing_changed"]
    assert varied(total_cap=2_000_000) == []
    assert varied(total_cap=2_000_000, on=date(2026, 3, 31)) == ["effective"]
    assert varied(total_cap=2_000_000, on=date(2026, 10, 2)) == ["effective"]
    assert varied(total_cap=2_000_000, on=date(2028, 1, 1)) == ["effective"]


def test_what_changed_is_kept_plainly_and_said_in_words() -> None:
    after = replace(
        TERMS,
        total_cap=1_200_000,
        ends_on=date(2027, 6, 30),
        caps={"workshop": 5_000},
        profile={date(2026, 4, 1): 400_000, date(2027, 4, 1): 100_000},
        subcontractors=(),
    )
    changes = differences(TERMS, after)
    assert changes["total_cap"] == [1_000_000, 1_200_000]
    assert changes["subcontractor.2"] == [[["2026-05-01", None]], None]
    assert "quarter.2026-04-01" not in changes
    words = describe(changes, {OTHER: "Example Partner"})
    assert ("Total cap", "£10,000.00", "£12,000.00") in words
    assert ("Ends on", "31 March 2027", "30 June 2027") in words
    assert ("Cap for engagement", "£6,000.00", "no cap of its own") in words
    assert ("Expected in July to September 2026", "£6,000.00", "£0.00") in words
    assert ("Subcontractor Example Partner", "1 May 2026 to the end", "not one") in words


def test_figures_add_up_to_the_cap() -> None:
    april, may = date(2026, 4, 1), date(2026, 7, 1)
    moved = [
        Moved("allocate", 1_000_000),
        Moved("commit", 300_000, "engagement", april),
        Moved("release", 60_000, "engagement", april),
        Moved("approve", 180_000, "engagement", april),
        Moved("pay", 120_000, "engagement", april),
        Moved("recover", 50_000, "engagement", april),
        Moved("adjust", 10_000, "engagement", april),
        Moved("commit", 35_000, "workshop", may),
    ]
    total, by_type = figures(moved, total_cap=1_000_000, caps={"engagement": 600_000})
    assert (total.committed, total.payable, total.paid, total.recovered, total.remaining) == (
        95_000,
        60_000,
        80_000,
        40_000,
        725_000,
    )
    assert total.spent + total.recovered + total.remaining == total.cap
    assert by_type["engagement"].spent == 200_000
    assert by_type["engagement"].remaining == 400_000
    assert by_type["workshop"].remaining is None
    assert by_type["coaching"].spent == 0
    assert claimed_by_quarter(moved) == {april: 200_000, may: 35_000}


@pytest.mark.parametrize(
    ("month", "day"),
    [
        # Ten working days after the month: Christmas, Easter and May holidays are none.
        (date(2026, 11, 1), date(2026, 12, 14)),
        (date(2026, 12, 1), date(2027, 1, 15)),
        (date(2026, 3, 1), date(2026, 4, 16)),
        (date(2028, 2, 1), date(2028, 3, 14)),
    ],
)
def test_a_month_closes_on_the_tenth_working_day_after_it(month: date, day: date) -> None:
    assert closes_on(month, working_days=10) == day


def test_months_close_one_after_another_and_the_one_after_the_end_stays_open() -> None:
    def opened(today: date) -> date:
        return open_from_on(
            today, open_from=date(2026, 10, 1), ends_on=date(2026, 12, 31), working_days=10
        )

    assert opened(date(2026, 11, 12)) == date(2026, 10, 1)
    assert opened(date(2026, 11, 13)) == date(2026, 11, 1)
    assert opened(date(2026, 12, 31)) == date(2026, 12, 1)
    assert opened(date(2030, 1, 1)) == date(2027, 1, 1)


def test_the_last_complete_quarter() -> None:
    assert last_quarter(date(2026, 11, 22)) == date(2026, 7, 1)
    assert last_quarter(date(2027, 3, 31)) == date(2026, 10, 1)
    assert last_quarter(date(2027, 4, 1)) == date(2027, 1, 1)
    assert later_quarters(date(2026, 12, 31))[0] == date(2027, 1, 1)


def payee(**changes: str) -> Payee:
    values = {
        "name": "Example  Provider",
        "sort_code": "12-34 56",
        "account": "1234 5678",
        "email": "finance@provider.example",
    }
    return tidy(**{**values, **changes})


def test_bank_details_are_tidied() -> None:
    assert payee() == Payee("EXAMPLE PROVIDER", "123456", "12345678", "finance@provider.example")
    assert check_payee(payee()) == []
    assert check_payee(NO_PAYEE) == []
    assert check_payee(payee(name="A & B/C-D. 18 LETTR")) != []
    assert check_payee(payee(name="A & B/C-D. 18 LETT")) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "payee_name"),
        ({"name": "Café Ltd"}, "payee_name"),
        ({"name": "A provider with a long name"}, "payee_name"),
        ({"sort_code": "12345"}, "payee_sort_code"),
        ({"sort_code": "12345a"}, "payee_sort_code"),
        ({"sort_code": "１２３４５６"}, "payee_sort_code"),  # noqa: RUF001 - full-width digits
        ({"account": "1234567"}, "payee_account"),
        ({"account": "123456789"}, "payee_account"),
        ({"email": ""}, "remittance_email"),
    ],
)
def test_bank_details_bacs_would_not_take_are_refused(changes, field) -> None:
    assert [one.field for one in check_payee(payee(**changes))] == [field]
