"""The cost calculator: exact to the penny, ordered ranges, and a no when it does not pay."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.action_plans.rules.business_case import work_out
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.kernel.money import Money
from portal.toolkit.rules.cost import (
    CostInputs,
    Measure,
    least_kept,
    moved,
    outcome,
    payback_months,
    per_leaver,
    read,
)
from portal.toolkit.rules.tools import GOALS, Figure, Outcome, compare

ON = date(2026, 11, 22)
TYPED: dict[str, Any] = {
    "headcount": "20",
    "leavers": "8",
    "hourly_pay": 12_21,
    "weekly_hours": "18",
}


def inputs(**changes: Any) -> CostInputs:
    found = read({**TYPED, **changes}, on=ON)
    assert isinstance(found, CostInputs), found
    return found


def problems(**changes: Any) -> dict[str | None, str]:
    found = read({**TYPED, **changes}, on=ON)
    assert isinstance(found, tuple), found
    return {problem.field: problem.message for problem in found}


def test_lines_add_up_and_each_says_its_formula() -> None:
    result = outcome(inputs())
    part = result.parts[0]
    amounts = [Money.from_pounds(line.value).pence for line in part.lines]
    assert sum(amounts[:-1]) == amounts[-1] == 1579_24
    assert all(line.words for line in part.lines)
    assert "12,633.92" in str(result.to_data())
    assert result.faults == []
    assert Outcome.from_data(result.to_data()) == result


def test_the_business_case_of_the_plan_says_the_same() -> None:
    one = inputs(training_days="2", vacancy_weeks="6", cover_extra="40")
    assert per_leaver(one).central == work_out(one.figures).cost_per_leaver
    assert one.figures.figures["induction_hours"].value == 15


def test_examples_are_labelled_and_own_figures_too() -> None:
    lines = {line.label: line.words for line in outcome(inputs(recruitment=90_00)).given}
    assert lines["Advertising, agency and checks for each person hired"] == "Your figure"
    assert "Our example" in lines["Weeks a post stands empty"]


def test_a_change_that_does_not_pay_is_told_so() -> None:
    result = outcome(inputs(keeps="1", measure_once=20_000_00))
    assert result.headline.startswith("No:")
    assert result.state == "bad"
    assert result.suggestion("try-keeping") is None
    assert outcome(inputs(keeps="3", measure_once=500_00)).headline.startswith("Yes:")
    middle = outcome(inputs(keeps="1", measure_once=1500_00))
    assert middle.headline.startswith("It may pay")
    assert outcome(inputs(keeps="0", measure_once=1)).headline.startswith("No:")


def test_nobody_left() -> None:
    result = outcome(inputs(leavers="0"))
    assert "Nobody left" in result.headline
    assert result.state == "good"


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"leavers": ""}, "leavers", "Enter how many"),
        ({"leavers": "many"}, "leavers", "enter a number"),
        ({"leavers": "2.5"}, "leavers", "whole number"),
        ({"leavers": "-1"}, "leavers", "0 or more"),
        ({"leavers": "900"}, "leavers", "more than ten for every"),
        ({"headcount": "0"}, "headcount", "more than 0"),
        ({"weekly_hours": "38"}, "weekly_hours", "29.99 hours or less"),
        ({"weekly_hours": "1e1000"}, "weekly_hours", "29.99"),
        ({"vacancy_weeks": "NaN"}, "vacancy_weeks", "enter a number"),
        ({"training_days": "two"}, "training_days", "enter a number"),
        ({"training_days": "1.25"}, "training_days", "decimals"),
        ({"training_days": "9999"}, "training_days", "250 or less"),
        ({"spread": "150"}, "spread", "100 or less"),
        ({"spread": "٣"}, "spread", "whole number"),
        ({"measure_once": 100}, "keeps", "how many people it might keep"),
        ({"keeps": "9"}, "keeps", "more people than left"),
    ],
)
def test_bad_input_is_a_sentence_on_its_field(
    changes: dict[str, Any], field: str, words: str
) -> None:
    assert words in problems(**changes)[field]


figures = st.fixed_dictionaries(
    {
        "headcount": st.integers(1, 500),
        "leavers": st.integers(0, 200),
        "hourly_pay": st.integers(0, 5_000),
        "weekly_hours": st.decimals(0, 29, places=2),
        "vacancy_weeks": st.decimals(0, 104, places=1),
        "cover_extra": st.integers(0, 500),
        "learning_loss": st.integers(0, 100),
        "manager_hours": st.integers(0, 200),
    }
).filter(lambda values: values["leavers"] <= 10 * values["headcount"])


@given(figures, st.integers(0, 100))
def test_low_is_never_above_high_and_a_year_is_so_many_leavers(
    values: dict[str, Any], spread: int
) -> None:
    found = read({**values, "spread": str(spread)}, on=ON)
    assert isinstance(found, CostInputs)
    one = per_leaver(found)
    assert one.low <= one.central <= one.high
    assert one.low.pence >= 0
    year = next(f for f in outcome(found).figures if f.key == "year")
    assert year.value == one.central.pence * values["leavers"]
    if not spread:
        assert one.low == one.high
    for figure in moved(found.figures, spread).figures.values():
        assert Decimal(figure.value) >= 0


@given(
    st.integers(1, 10**7),
    st.integers(0, 10**7),
    st.integers(0, 10**7),
)
def test_payback_and_the_fewest_to_keep_are_the_first_that_suffice(
    saved: int, once: int, yearly: int
) -> None:
    measure = Measure(1, Money(once), Money(yearly))
    months = payback_months(Money(saved), measure)
    if saved <= yearly:
        assert months is None
    else:
        assert months is not None
        assert (saved - yearly) * months >= 12 * once
        assert months == 0 or (saved - yearly) * (months - 1) < 12 * once
    least = least_kept(Money(saved), measure.first_year)
    assert least is not None
    assert least * saved >= once + yearly
    assert least == 0 or (least - 1) * saved < once + yearly


def test_a_measure_that_pays_on_the_low_figures_pays_on_all() -> None:
    for once in range(0, 5_000_00, 250_00):
        result = outcome(inputs(keeps="2", measure_once=once))
        left = next(f for f in result.figures if f.key == "left")
        assert left.value is not None
        assert result.headline.startswith("No:") == (left.value <= 0)


def test_comparing_says_better_worse_and_points() -> None:
    before, after = outcome(inputs()), outcome(inputs(leavers="4"))
    found = {one.label: one for one in compare(before, after).figures}
    assert found["Turnover"].change == "20 points less"
    assert found["Turnover"].verdict == "better"
    assert found["One leaver costs"].verdict == "same"
    changed = compare(before, after).changed_inputs
    assert [one.label for one in changed] == ["Part-time staff who left in the last 12 months"]
    gone = Outcome("cost", "x", "y", figures=(Figure("year", "A year", None, "pence"),))
    assert "Not known" in {one.after for one in compare(before, gone).figures}
    with pytest.raises(ValueError, match="same tool"):
        compare(before, Outcome("advert", "x", "y"))


def test_goals_are_those_of_the_questionnaire() -> None:
    latest = load_catalogue().latest()
    assert latest is not None
    assert {goal.key: (goal.title, goal.benefit) for goal in latest.goals} == dict(GOALS)
