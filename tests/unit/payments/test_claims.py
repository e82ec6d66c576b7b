"""How claims are said and filtered."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from portal.payments.rules.checks import KINDS
from portal.payments.rules.claims import (
    WHAT_TO_DO,
    LineFilter,
    Standing,
    claim_words,
    late_words,
    read_line_filter,
    read_month,
    read_page,
    what_to_do,
)
from portal.payments.rules.states import ClaimState

# Half past midnight on 1 April by the London clock, still March in UTC.
AT = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "more", "words"),
    [
        ("draft", {}, "Not submitted yet, so nobody decides on it"),
        ("submitted", {"submitted_at": AT}, "With the LEP since 1 April 2026"),
        (
            "submitted",
            {"submitted_at": AT, "lines": {"approved": 2, "submitted": 3}},
            "With the LEP since 1 April 2026: 2 of 5 lines are decided",
        ),
        ("queried", {"lines": {"queried": 1}}, "1 line waits for an answer from the provider"),
        ("queried", {"lines": {"queried": 4}}, "4 lines wait for an answer from the provider"),
        ("approved", {}, "Approved: it waits for the next payment run"),
        ("approved", {"decided_at": AT, "in_run": True}, "Approved on 1 April 2026: it is in a "),
        (
            "part_approved",
            {"lines": {"rejected": 2}},
            "Approved: it waits for the next payment run. 2 rejected: the reason stands",
        ),
        ("rejected", {"decided_at": AT}, "Rejected on 1 April 2026: the reason stands"),
        (
            "paid",
            {"paid_on": date(2026, 4, 9), "bank_reference": "X1"},
            "Paid on 9 April 2026, bank reference X1",
        ),
        ("withdrawn", {}, "Put away before it was submitted"),
    ],
)
def test_where_a_claim_stands_is_said_in_words(
    state: str, more: dict[str, Any], words: str
) -> None:
    said = claim_words(Standing(**{"state": ClaimState(state), "lines": {}, **more}))
    assert said.startswith(words)


def test_late_work_says_why_it_stands_in_a_later_month() -> None:
    assert late_words(date(2026, 10, 31), date(2026, 10, 1)) == ""
    said = late_words(date(2026, 9, 30), date(2026, 10, 1))
    assert said == "Done in September 2026, claimed here because September 2026 is closed"


def test_every_check_says_what_to_do() -> None:
    assert WHAT_TO_DO.keys() == KINDS.keys()
    assert what_to_do(["volume", "volume", "unknown"]) == [WHAT_TO_DO["volume"]]


@pytest.mark.parametrize(
    ("text", "month"),
    [
        ("2026-02", date(2026, 2, 1)),
        ("2026-13", None),
        ("2026-2", None),
        ("0000-01", None),
        ("2026", None),
        ("٢٠٢٦-٠٢", None),
        ("", None),
    ],
)
def test_a_month_in_an_address(text: str, month: date | None) -> None:
    assert read_month(text) == month


def test_a_filter_survives_its_address_and_nonsense_is_left_out() -> None:
    wanted = LineFilter(state="queried", check="fail", q="Café & Co", page=3)
    said = {name: str(value) for name, value in wanted.address().items()}
    assert read_line_filter(said) == wanted
    nonsense = {"state": "gone", "check": "x", "q": " \0 ", "page": "-1"}
    assert read_line_filter(nonsense) == LineFilter()
    assert not LineFilter(page=2).is_narrow
    assert LineFilter(q="a").is_narrow
    assert [read_page(text) for text in ("", "0", "2", "²", "999999", "1e3")] == [1, 1, 2, 1, 1, 1]
