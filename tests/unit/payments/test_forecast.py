"""Where a budget is heading, from months that are known."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from portal.payments.rules.budget import CapLine, cap_lines, cost, quarters, together
from portal.payments.rules.forecast import (
    Outcome,
    Part,
    Warned,
    forecast,
    known_months,
    percent_of,
    project,
    rate_of,
    warning,
)
from portal.payments.rules.money import GROUPS, STEPS, Step
from portal.payments.rules.money_words import next_of, next_of_work
from portal.payments.rules.readiness import WORDS, Lack, Missing

START, END = date(2026, 4, 1), date(2027, 3, 31)


def month(number: int, year: int = 2026) -> date:
    return date(year, number, 1)


def of(spent: dict[date, int]) -> dict[tuple[str, date], int]:
    """Pence by month, all of one type."""
    return {("engagement", one): pence for one, pence in spent.items()}


def ends(*, spent: int, cap: int | None, monthly: Fraction | int, months: list[date]) -> Outcome:
    """One amount that grows by so much in each month."""
    return project([Part(spent, monthly)], cap=cap, months=months)


def known(*claimed: date, today: date = date(2026, 11, 22), open_from: date = START) -> list[date]:
    return known_months(
        starts_on=START, ends_on=END, open_from=open_from, claimed=claimed, today=today
    )


def test_a_month_that_waits_for_its_claim_is_not_counted_as_nothing() -> None:
    assert known(month(5), month(8)) == [month(n) for n in range(4, 9)]
    # Closed with nothing claimed: that is known to be nothing.
    assert known(month(5), open_from=month(11)) == [month(n) for n in range(4, 11)]
    assert known() == []


def test_the_running_month_is_never_known() -> None:
    assert known(month(10), today=date(2026, 10, 31)) == []
    assert known(month(10), today=date(2026, 11, 1))[-1] == month(10)


def test_the_rate_needs_three_months() -> None:
    months = [month(n) for n in range(4, 11)]
    spent = {month(4): 900, month(5): 100, month(8): 300, month(9): 301, month(10): 299}
    assert rate_of(of(spent), months[:2]) is None
    rate = rate_of(of(spent), months)
    assert rate is not None
    assert rate.average == 300
    # April lies beyond the last six.
    assert (rate.lowest, rate.highest) == (0, 301)
    assert rate.months == (month(8), month(9), month(10))


def test_a_forecast_adds_the_months_to_come_and_stops_at_the_cap() -> None:
    months = [month(n) for n in range(4, 11)]
    spent = dict.fromkeys(months, 1000)
    found = forecast(spent=of(spent), cap=100_000, known=months, starts_on=START, ends_on=END)
    assert (found.spent, found.months, found.known) == (7000, 5, 7)
    assert found.expected is not None
    assert (found.expected.total, found.expected.unspent) == (12_000, 88_000)
    assert found.expected.reached is None
    tight = forecast(spent=of(spent), cap=9500, known=months, starts_on=START, ends_on=END)
    assert tight.expected is not None
    assert (tight.expected.total, tight.expected.unspent) == (9500, 0)
    assert tight.expected.reached == month(1, 2027)


def test_a_cap_that_is_met_to_the_penny_is_not_passed() -> None:
    months = [month(1, 2027), month(2, 2027)]
    assert ends(spent=800, cap=1000, monthly=100, months=months).reached is None
    assert ends(spent=801, cap=1000, monthly=100, months=months).reached == month(2, 2027)


def test_money_taken_back_never_makes_a_forecast_fall() -> None:
    found = ends(spent=500, cap=1000, monthly=Fraction(-100), months=[month(12)])
    assert (found.total, found.unspent) == (500, 500)


def test_halves_of_a_penny_are_rounded_up() -> None:
    assert ends(spent=0, cap=None, monthly=Fraction(1, 2), months=[month(12)]).total == 1


def test_too_little_is_said() -> None:
    found = forecast(
        spent=of({month(4): 5}), cap=10, known=[month(4)], starts_on=START, ends_on=END
    )
    assert found.rate is None
    assert found.expected is None
    assert found.spent == 5


@pytest.mark.parametrize(
    ("spent", "reached", "expected"),
    [
        (100, None, Warned.FULL),
        (95, None, Warned.ALARM),
        (94, month(12), Warned.PASSED),
        (80, None, Warned.WATCH),
        (79, None, None),
        (10, month(12), Warned.PASSED),
    ],
)
def test_caps_warn(spent: int, reached: date | None, expected: Warned | None) -> None:
    months = [month(12)]
    ahead = ends(spent=spent, cap=100, monthly=1000 if reached else 0, months=months)
    assert ahead.reached == reached
    assert warning(spent=spent, cap=100, expected=ahead) is expected


def test_a_share_is_whole_only_when_it_is() -> None:
    assert percent_of(0, 100) == 0
    assert percent_of(1, 10_000) == 1
    assert percent_of(9999, 10_000) == 99
    assert percent_of(100, 100) == 100
    assert percent_of(1, 0) is None


def lines(**caps: int) -> list[CapLine]:
    months = [month(n) for n in range(4, 11)]
    spent = {("engagement", one): 600 for one in months} | {
        ("workshop", one): 400 for one in months
    }
    return cap_lines(
        total_cap=12_000, caps=caps, spent=spent, known=months, starts_on=START, ends_on=END
    )


def test_each_cap_has_its_own_way_to_its_end() -> None:
    whole, engagement, workshop = lines(engagement=4500, workshop=9000)
    assert (whole.spent, whole.left, whole.percent) == (7000, 5000, 58)
    assert whole.warned is None
    assert engagement.warned is Warned.WATCH or engagement.warned is Warned.PASSED
    assert "reached in November 2026" in engagement.words
    assert workshop.warned is None
    assert workshop.words == ""


def test_a_contract_stops_where_the_caps_of_its_types_stop_it() -> None:
    whole, engagement, workshop = lines(engagement=4500, workshop=3000)
    assert engagement.forecast.expected is not None
    assert workshop.forecast.expected is not None
    assert whole.forecast.expected is not None
    # 4,500 and 3,000, although the contract as a whole would have room for 12,000.
    assert engagement.forecast.expected.total + workshop.forecast.expected.total == 7500
    assert whole.forecast.expected.total == 7500
    assert whole.forecast.expected.reached is None
    assert whole.forecast.expected.unspent == 4500


def test_quarters_add_up_and_those_to_come_are_left_open() -> None:
    found = quarters(
        profile={month(4): 100, month(7): 200},
        spent={month(4): 10, month(6): 20, month(7): 5},
        starts_on=START,
        ends_on=END,
        today=date(2026, 8, 1),
    )
    assert [q.title for q in found[:2]] == ["Apr to Jun 2026", "Jul to Sep 2026"]
    assert [q.actual for q in found] == [30, 5, None, None]
    assert [q.actual_so_far for q in found] == [30, 35, None, None]
    assert [q.profile_so_far for q in found] == [100, 300, 300, 300]
    assert found[1].difference == -265


def test_money_outside_the_contracts_months_is_not_lost() -> None:
    found = quarters(
        profile={},
        spent={month(1): 7, month(5, 2027): 9},
        starts_on=START,
        ends_on=END,
        today=date(2027, 6, 1),
    )
    assert sum(q.actual or 0 for q in found) == 16


def test_contracts_without_a_forecast_count_with_what_they_spent() -> None:
    months = [month(n) for n in range(4, 11)]
    known_one = forecast(
        spent=of(dict.fromkeys(months, 10)), cap=500, known=months, starts_on=START, ends_on=END
    )
    young = forecast(
        spent=of({month(4): 7}), cap=100, known=[month(4)], starts_on=START, ends_on=END
    )
    ahead = together([known_one, young])
    assert (ahead.expected, ahead.cap, ahead.unknown) == (127, 600, 1)
    assert ahead.unspent == 473


def test_what_an_engagement_costs_says_how_many_were_paid() -> None:
    costs = [("small", True, 2, 150_001), ("small", False, 4, 240_000), ("large", False, 1, 40_000)]
    assert cost(costs, tiers=("small",)).average == 65_000
    few = cost(costs, tiers=("small",), hard_to_reach=True)
    assert (few.average, few.count, few.is_few) == (75_001, 2, True)
    assert cost(costs, tiers=("micro",)).average is None


def test_every_step_says_what_comes_next() -> None:
    today = date(2026, 11, 22)
    for step in Step:
        assert STEPS[step].title
        if step is not Step.PAID:
            assert STEPS[step].reason
            assert next_of(step, claim_on=month(10), today=today).words
    assert next_of(Step.READY, claim_on=month(10), today=today).words == (
        "Put it on the claim for October 2026"
    )
    assert "from 1 December 2026" in next_of(Step.LATER, claim_on=month(11), today=today).words
    # A rejected output whose new claim month is not over has to wait, too.
    assert "1 December" in next_of(Step.REJECTED, claim_on=month(11), today=today).words
    grouped = [step for _title, steps in GROUPS.values() for step in steps]
    assert len(grouped) == len(set(grouped))


def test_work_says_what_somebody_can_still_add() -> None:
    def said(*kinds: Lack, asked: str | None = None, fixed: bool = False) -> str:
        missing = [Missing(kind, WORDS[kind], fixed=fixed) for kind in kinds]
        return next_of_work(missing, asked=asked).words

    assert "arises with the next daily run" in said()
    assert said(Lack.CONFIRMATION) == "Ask the employer to confirm it"
    assert "remind them" in said(Lack.CONFIRMATION, asked="awaiting")
    assert "disputes" in said(Lack.CONFIRMATION, Lack.SIZE, asked="disputed")
    assert said(Lack.SIZE).startswith("Add how many")
    assert "not paid for" in said(Lack.SIZE, Lack.ENGAGED, fixed=True)
    for kind in Lack:
        assert said(kind)
