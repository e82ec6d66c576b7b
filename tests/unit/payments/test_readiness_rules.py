"""What stands between work and being paid for it, how far outputs have come, and their lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from portal.payments.rules.freezing import freeze
from portal.payments.rules.outputs import (
    COLOURS,
    STATES,
    OutputFilter,
    OutputState,
    is_late,
    last_months,
    read_filter,
    state_of,
    when_claimable,
)
from portal.payments.rules.rates import RateCard
from portal.payments.rules.readiness import Agreement, Lack, Work, agreement_on, judge
from portal.payments.rules.words import ENGAGEMENT, OUTPUT_TYPES, SIZE_TIERS

DAY = date(2026, 10, 25)
CARD = RateCard(
    1,
    date(2026, 4, 1),
    {
        **{(ENGAGEMENT, tier): 60_000 for tier in SIZE_TIERS},
        (ENGAGEMENT, "large"): 40_000,
        ("workshop", "small"): 35_000,
        ("workshop", "large"): 35_000,
        ("coaching", "small"): 0,
    },
    dict.fromkeys(SIZE_TIERS, 15_000),
)
AGREED = Agreement(1, 10, date(2026, 4, 1), date(2027, 3, 31))


def facts(**changes: Any) -> Any:
    values = {
        "name": "Example Ltd",
        "trading_name": None,
        "sector": "retail",
        "district": "leeds",
        "sic_codes": ["47110"],
        "headcount": 34,
        "size_tier": "small",
        "headcount_on": DAY,
        "iip_status": None,
        "iip_on": None,
        "training_answer": None,
        "training_on": None,
    }
    return freeze((), {**values, **changes}, day=DAY)


def work(**changes: Any) -> Work:
    plain = Work(ENGAGEMENT, DAY, withdrawn=False, confirmed=True, diagnostic=True, engaged=False)
    return replace(plain, **changes)


def lacks(given: Work, frozen: Any = None, **changes: Any) -> list[Lack]:
    given_to: dict[str, Any] = {"agreement": AGREED, "cards": {7: CARD}, "sme_limit": 250}
    found = judge(given, frozen or facts(), **{**given_to, **changes})
    return [one.kind for one in found.missing]


def test_when_nothing_is_missing_the_price_and_its_card_are_known() -> None:
    found = judge(work(), facts(), agreement=AGREED, cards={7: CARD}, sme_limit=250)
    assert (found.missing, found.card_id) == ((), 7)
    assert found.price is not None
    assert (found.price.base, found.price.bonus) == (60_000, 0)


@pytest.mark.parametrize(
    ("given", "frozen", "changes", "expected"),
    [
        (work(withdrawn=True), None, {}, Lack.WITHDRAWN),
        (work(confirmed=False), None, {}, Lack.CONFIRMATION),
        (work(diagnostic=False), None, {}, Lack.DIAGNOSTIC),
        (work(engaged=True), None, {}, Lack.ENGAGED),
        (work(), facts(sector="other"), {}, Lack.SECTOR),
        (work(), facts(district="outside"), {}, Lack.AREA),
        (work(), facts(headcount=None, size_tier=None), {}, Lack.SIZE),
        (work(), None, {"agreement": None}, Lack.CONTRACT),
        (work(), None, {"cards": {}}, Lack.CARD),
        (work(occurred_on=date(2026, 3, 31)), None, {}, Lack.CARD),
        (work(output_type="consultancy"), None, {}, Lack.RATE),
        (work(output_type="coaching"), None, {}, Lack.RATE),
    ],
)
def test_each_thing_alone_is_named_alone(
    given: Work, frozen: Any, changes: dict[str, Any], expected: Lack
) -> None:
    assert lacks(given, frozen, **changes) == [expected]


def test_a_delivery_needs_neither_diagnostic_nor_a_first_engagement() -> None:
    assert lacks(work(output_type="workshop", diagnostic=False, engaged=True)) == []


@pytest.mark.parametrize(
    ("people", "tier", "refused"), [(249, "small", False), (250, "large", True)]
)
def test_fully_funded_support_stops_at_the_limit(people: int, tier: str, refused: bool) -> None:
    given = work(output_type="workshop", fully_funded=True)
    frozen = facts(headcount=people, size_tier=tier)
    assert lacks(given, frozen) == ([Lack.FUNDING] if refused else [])
    assert lacks(replace(given, fully_funded=False), frozen) == []


def test_what_the_day_has_decided_cannot_be_mended_and_what_it_left_open_can() -> None:
    def first(frozen: Any) -> bool:
        judged = judge(work(), frozen, agreement=AGREED, cards={7: CARD}, sme_limit=250)
        return judged.missing[0].fixed

    assert first(facts(sector="other"))
    assert not first(facts(sector="other", sic_codes=[]))
    assert first(facts(district="outside"))
    assert not first(facts(headcount=None, size_tier=None))


def test_the_contract_of_a_day_is_the_own_one_else_the_newest_primes() -> None:
    until = date(2026, 6, 30)
    old = Agreement(2, 20, date(2026, 4, 1), date(2027, 3, 31), ((10, date(2026, 4, 1), until),))
    new = replace(old, id=3, deliverers=((10, date(2026, 5, 1), None),))

    def chosen(day: date, *agreements: Agreement) -> int | None:
        found = agreement_on(agreements, organisation_id=10, day=day)
        return None if found is None else found.id

    assert chosen(date(2026, 4, 1), old, new) == 2
    assert chosen(until, old, new) == 3
    assert chosen(until, old, new, AGREED) == 1
    assert chosen(date(2026, 7, 1), old) is None
    # The first and the last day belong to it, the days beside them do not.
    for day, expected in (
        (date(2026, 3, 31), None),
        (date(2026, 4, 1), 1),
        (date(2027, 3, 31), 1),
        (date(2027, 4, 1), None),
    ):
        assert chosen(day, AGREED) == expected


@pytest.mark.parametrize(
    ("line", "claim", "expected"),
    [
        (None, None, OutputState.READY),
        ("draft", "draft", OutputState.DRAFT),
        ("submitted", "submitted", OutputState.CLAIMED),
        ("queried", "queried", OutputState.QUERIED),
        ("approved", "submitted", OutputState.APPROVED),
        ("approved", "part_approved", OutputState.APPROVED),
        ("approved", "paid", OutputState.PAID),
    ],
)
def test_the_state_follows_from_the_line_that_holds_it(
    line: str | None, claim: str | None, expected: OutputState
) -> None:
    assert state_of(withdrawn=False, line_state=line, claim_state=claim) is expected
    assert state_of(withdrawn=True, line_state=line, claim_state=claim) is OutputState.WITHDRAWN
    assert set(STATES) == set(COLOURS) == set(OutputState)


def test_late_is_claimed_in_a_later_month_than_its_own() -> None:
    october, november = date(2026, 10, 1), date(2026, 11, 1)
    last = date(2026, 10, 31)
    assert not is_late(occurred_on=last, period=None, open_from=october)
    assert is_late(occurred_on=last, period=None, open_from=november)
    assert not is_late(occurred_on=last, period=october, open_from=date(2027, 1, 1))
    assert is_late(occurred_on=last, period=november, open_from=november)
    assert not is_late(occurred_on=november, period=None, open_from=november)


def test_when_something_can_be_claimed_is_said_to_the_day() -> None:
    def words(today: date, open_from: date = date(2026, 4, 1)) -> str:
        return when_claimable(occurred_on=date(2026, 10, 31), open_from=open_from, today=today)

    assert words(date(2026, 10, 31)) == "Can be claimed from 1 November 2026, for October 2026"
    assert words(date(2026, 11, 1)) == "Can be claimed now, for October 2026"
    closed = date(2026, 12, 1)
    assert words(date(2026, 12, 5), closed) == (
        "Can be claimed from 1 January 2027, for December 2026"
    )


def test_a_filter_reads_what_makes_sense_and_writes_it_back() -> None:
    sent = {
        "kind": "workshop",
        "month": "2026-02",
        "sector": "social_care",
        "tier": "micro",
        "provider": "12",
        "contract": "3",
        "state": "late",
        "page": "4",
    }
    wanted = read_filter(sent)
    assert wanted.address(page=4) == sent
    assert wanted.first_day == date(2026, 2, 1)
    # Anything else begins at the first page again.
    assert "page" not in wanted.address(kind="")
    assert wanted.is_narrowed


@pytest.mark.parametrize(
    "sent",
    [
        {"kind": "x", "month": "2026-13", "tier": "huge", "state": "gone", "page": "-1"},
        {"month": "20261", "provider": "1e9", "contract": "٣", "page": "x", "sector": "a'b"},
        {"month": "0000-01", "provider": "9" * 30, "contract": "1.5", "sector": "retail;--"},
    ],
)
def test_nonsense_in_an_address_is_left_out(sent: dict[str, str]) -> None:
    assert read_filter(sent) == OutputFilter()
    assert not read_filter(sent).is_narrowed


def test_months_are_offered_across_the_turn_of_the_year() -> None:
    assert last_months(date(2027, 1, 31), 3) == [
        ("2027-01", "January 2027"),
        ("2026-12", "December 2026"),
        ("2026-11", "November 2026"),
    ]
    assert set(OUTPUT_TYPES) >= {"workshop", "training_session"}
