"""The schedule says first how much it holds; a balance says which entries it is the sum of."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from portal.payments.rules.balances import SHOWN, Moved, explained
from portal.payments.rules.ledger import Account, Entry
from portal.payments.rules.schedule import (
    Line,
    ScheduleError,
    masked,
    pounds,
    schedule,
    shown_sort_code,
)

LINES = [
    Line("0123456789", "EXAMPLE PROVIDER", "012345", "00123456", 60_005, "CLAIM00001"),
    Line("ABCDEFGHJK", "-ODD NAME", "601613", "31926819", 1, "CLAIM00002"),
]


def test_count_and_total_come_before_the_payments() -> None:
    data = schedule(
        reference="RUN0000001",
        made_on=date(2026, 11, 22),
        count=2,
        total_pence=60_006,
        lines=LINES,
    )
    assert data.decode().split("\r\n") == [
        "Payment run,RUN0000001",
        "Made on,2026-11-22",
        "Payments,2",
        "Total in pounds,600.06",
        "Reference,Payee,Sort code,Account,Amount in pounds,Claim",
        "0123456789,EXAMPLE PROVIDER,01-23-45,00123456,600.05,CLAIM00001",
        # A name that a spreadsheet would take for a formula.
        "ABCDEFGHJK,'-ODD NAME,60-16-13,31926819,0.01,CLAIM00002",
        "",
    ]


@pytest.mark.parametrize("name", ["\uff201+1", "\uff0d1", "\u00a0=1+1", "\t+1"])
def test_no_payee_is_taken_for_a_formula(name: str) -> None:
    line = replace(LINES[1], payee=name)
    data = schedule(
        reference="R", made_on=date(2026, 1, 1), count=1, total_pence=line.pence, lines=[line]
    )
    assert f",'{name}," in data.decode()


@pytest.mark.parametrize(("count", "total"), [(1, 60_006), (2, 60_005)])
def test_lines_that_are_not_the_run_make_no_file(count: int, total: int) -> None:
    with pytest.raises(ScheduleError):
        schedule(
            reference="R", made_on=date(2026, 1, 1), count=count, total_pence=total, lines=LINES
        )


def test_amounts_and_numbers_as_they_are_shown() -> None:
    assert [pounds(pence) for pence in (0, 5, 100, 123_456_789)] == [
        "0.00",
        "0.05",
        "1.00",
        "1234567.89",
    ]
    assert shown_sort_code("012345") == "01-23-45"
    assert masked("12345678") == "••••5678"
    assert masked("678") == "678"


def test_every_balance_is_the_sum_of_its_entries() -> None:
    found = {
        one.account: one
        for one in explained(
            [
                Moved(Entry.ALLOCATE, 1, 100_000),
                Moved(Entry.COMMIT, 3, 90_000),
                Moved(Entry.RELEASE, 1, 30_000),
                Moved(Entry.APPROVE, 2, 60_000),
                Moved(Entry.PAY, 1, 20_000),
                Moved(Entry.RECOVER, 2, 5_000),
                Moved(Entry.ADJUST, 1, 1_000),
            ]
        )
    }
    assert [found[account].pence for account in SHOWN] == [40_000, 0, 40_000, 16_000, 4_000]
    assert found[Account.BUDGET].explanation == (
        "£1,000.00 put into the contract (1 entry) \u2212 £900.00 claimed (3 entries) "
        "+ £300.00 rejected or taken out (1 entry)"
    )
    assert found[Account.RECOVERED].explanation == (
        "£50.00 recovered (2 entries) \u2212 £10.00 given back (1 entry)"
    )


def test_no_entries_are_said_to_be_none() -> None:
    assert {one.explanation for one in explained([])} == {"No entries yet"}
