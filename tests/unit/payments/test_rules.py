"""Rates, states, periods, duties and the ledger's arithmetic."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.result import Problem
from portal.payments.rules.chain import GENESIS, entry_hash
from portal.payments.rules.duties import Involvement, conflicts
from portal.payments.rules.ledger import (
    Account,
    Entry,
    Transfer,
    balances,
    check_amount,
    net_paid,
)
from portal.payments.rules.periods import (
    claim_month,
    has_ended,
    last_day,
    month_of_instant,
    months_between,
    quarters_between,
)
from portal.payments.rules.rates import (
    Price,
    RateCard,
    card_on,
    check_card,
    check_start,
    price,
)
from portal.payments.rules.states import (
    ClaimState,
    LineState,
    check_claim_move,
    check_line_move,
    decided,
)
from portal.payments.rules.words import ENGAGEMENT, MOST_PENCE, OUTPUT_TYPES, SIZE_TIERS

PRICES = {(kind, tier): 40_000 for kind in OUTPUT_TYPES for tier in SIZE_TIERS}
PRICES |= {(ENGAGEMENT, tier): 60_000 for tier in ("micro", "small", "medium")}
BONUSES = dict.fromkeys(SIZE_TIERS, 15_000)
FIRST = RateCard(1, date(2026, 4, 1), PRICES, BONUSES)
SECOND = RateCard(2, date(2026, 10, 1), {**PRICES, (ENGAGEMENT, "small"): 70_000}, BONUSES)


def test_the_card_in_force_on_the_day_decides() -> None:
    cards = [SECOND, FIRST]
    assert card_on(cards, date(2026, 3, 31)) is None
    assert card_on(cards, date(2026, 9, 30)) == FIRST
    assert card_on(cards, date(2026, 10, 1)) == SECOND
    engaged = price(
        cards,
        output_type=ENGAGEMENT,
        tier="small",
        hard_to_reach=True,
        occurred_on=date(2026, 10, 1),
    )
    assert engaged == Price(2, date(2026, 10, 1), 70_000, 15_000)
    early = price(
        cards,
        output_type=ENGAGEMENT,
        tier="small",
        hard_to_reach=True,
        occurred_on=date(2026, 1, 1),
    )
    assert isinstance(early, Problem)
    assert early.code == "no_card"


def test_the_bonus_is_for_engagements_of_the_hard_to_reach() -> None:
    for kind in OUTPUT_TYPES:
        for hard in (True, False):
            found = price(
                [FIRST],
                output_type=kind,
                tier="micro",
                hard_to_reach=hard,
                occurred_on=date(2026, 5, 1),
            )
            assert isinstance(found, Price)
            assert found.bonus == (15_000 if hard and kind == ENGAGEMENT else 0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({(ENGAGEMENT, "micro"): None}, "rate_missing"),
        ({("workshop", "small"): -1}, "rate_negative"),
        ({("coaching", "small"): MOST_PENCE + 1}, "rate_too_large"),
        ({(ENGAGEMENT, "micro"): 39_999}, "smaller_pays_less"),
    ],
)
def test_a_faulty_card_is_refused_with_its_cell(changes: dict, code: str) -> None:
    problems = check_card({**PRICES, **changes}, BONUSES)
    assert [problem.code for problem in problems] == [code]
    assert problems[0].field == ".".join(next(iter(changes)))
    assert check_card(PRICES, BONUSES) == []


def test_cards_neither_overlap_nor_go_back() -> None:
    today = date(2026, 11, 22)
    taken = [date(2026, 4, 1), date(2026, 10, 1)]
    assert check_start(date(2026, 12, 1), taken, today=today) is None
    assert check_start(date(2020, 1, 1), [], today=today) is None
    for day, code in (
        (date(2026, 10, 1), "same_day"),
        (date(2026, 6, 1), "before_published"),
        (date(2026, 11, 1), "past_day"),
    ):
        problem = check_start(day, taken, today=today)
        assert problem is not None
        assert problem.code == code


def test_a_claim_moves_only_as_listed() -> None:
    assert check_claim_move(ClaimState.APPROVED, ClaimState.PAID) is None
    for state in ClaimState:
        assert check_claim_move(ClaimState.PAID, state) is not None
        assert check_claim_move(state, ClaimState.DRAFT) is not None
    assert check_line_move(LineState.SUBMITTED, LineState.APPROVED) is None
    assert check_line_move(LineState.APPROVED, LineState.REJECTED) is not None


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        ([LineState.APPROVED, LineState.APPROVED], ClaimState.APPROVED),
        ([LineState.APPROVED, LineState.REMOVED], ClaimState.APPROVED),
        ([LineState.APPROVED, LineState.REJECTED], ClaimState.PART_APPROVED),
        ([LineState.REJECTED, LineState.REMOVED], ClaimState.REJECTED),
        ([LineState.APPROVED, LineState.QUERIED], ClaimState.QUERIED),
        ([LineState.SUBMITTED, LineState.QUERIED], None),
    ],
)
def test_the_lines_decide_the_claim(lines: list[LineState], outcome: ClaimState | None) -> None:
    assert decided(lines) is outcome


def test_months_are_londons() -> None:
    # Half past midnight on 1 June in London is still May in UTC.
    assert month_of_instant(datetime(2026, 5, 31, 23, 30, tzinfo=UTC)) == date(2026, 6, 1)
    assert month_of_instant(datetime(2026, 1, 31, 23, 30, tzinfo=UTC)) == date(2026, 1, 1)
    assert last_day(date(2028, 2, 1)) == date(2028, 2, 29)
    assert has_ended(date(2028, 2, 1), today=date(2028, 3, 1))
    assert not has_ended(date(2028, 2, 1), today=date(2028, 2, 29))
    assert len(list(months_between(date(2026, 12, 31), date(2027, 2, 1)))) == 3
    assert quarters_between(date(2026, 3, 31), date(2026, 10, 1)) == [
        date(2026, 1, 1),
        date(2026, 4, 1),
        date(2026, 7, 1),
        date(2026, 10, 1),
    ]
    late = claim_month(occurred_on=date(2026, 6, 30), open_from=date(2026, 8, 1))
    assert late == date(2026, 8, 1)


def test_whoever_had_a_hand_in_it_does_not_decide() -> None:
    involved = Involvement(
        recorded_by={1}, evidenced_by={2}, submitted_by=3, claimant_staff={4}, drafted_by=5
    )
    for person in range(1, 6):
        assert len(conflicts(person, involved)) == 1
    assert conflicts(6, involved) == ()


@given(
    st.lists(
        st.tuples(st.sampled_from(Entry), st.integers(1, MOST_PENCE)),
        max_size=30,
    )
)
def test_the_accounts_always_sum_to_nothing(moves: list[tuple[Entry, int]]) -> None:
    transfers = [Transfer(kind, pence, 1, 1) for kind, pence in moves]
    totals = balances(transfers)
    assert sum(totals.values()) == 0
    assert net_paid(transfers) == totals[Account.PAID]


@pytest.mark.parametrize("pence", [0, -1, MOST_PENCE + 1])
def test_an_entry_moves_a_real_amount(pence: int) -> None:
    with pytest.raises(ValueError, match="pence"):
        check_amount(pence)


def test_a_hash_depends_on_every_letter_and_on_what_came_before() -> None:
    entry = {"pence": 1, "kind": "pay"}
    made = entry_hash(GENESIS, entry)
    assert made == entry_hash(GENESIS, {"kind": "pay", "pence": 1})
    assert made != entry_hash(GENESIS, {"kind": "pay", "pence": 2})
    assert made != entry_hash(made, entry)
