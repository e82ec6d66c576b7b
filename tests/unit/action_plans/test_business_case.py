from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.action_plans.rules.business_case import (
    BusinessCase,
    MoneyRange,
    Verdict,
    work_out,
)
from portal.action_plans.rules.business_case_figures import (
    FIELDS,
    MOST,
    SPEC,
    BusinessCaseInputs,
    Origin,
    show_value,
)
from portal.kernel.money import Money

DAY = date(2026, 11, 22)
CORE = {"headcount": 36, "leavers": 14, "hourly_pay": 12_71, "weekly_hours": 18}


def inputs(**changes: object) -> BusinessCaseInputs:
    read = BusinessCaseInputs.read({**CORE, **changes}, as_at=DAY)
    assert isinstance(read, BusinessCaseInputs), read
    return read


def problems(**changes: object) -> dict[str | None, str]:
    read = BusinessCaseInputs.read({**CORE, **changes}, as_at=DAY)
    assert isinstance(read, tuple)
    return {problem.field: problem.message for problem in read}


def test_each_line_is_worked_out_as_its_formula_says():
    lines = {line.key: line for line in work_out(inputs()).leaver_lines}
    # An hour with 20% on-costs is 1525.2 pence; a week of 18 hours 27,453.6 pence.
    assert lines["recruitment"].amount == Money(400_00)
    assert lines["cover"].amount == Money(274_54)  # 4 weeks x 27,453.6 x 25%
    assert lines["induction"].amount == Money(244_03)  # 16 x 1525.2
    assert lines["learning"].amount == Money(549_07)  # 8 weeks x 27,453.6 x 25%
    assert lines["manager"].amount == Money(153_60)  # 8 x 1600 x 1.2
    assert "4 weeks empty" in lines["cover"].formula
    assert "£15.25 an hour with on-costs" in lines["cover"].formula


def test_totals_savings_and_the_plan():
    case = work_out(inputs())
    assert case.cost_per_leaver == Money(1621_24)
    assert case.yearly_cost == Money(1621_24 * 14)
    assert case.leavers_percent == 39
    assert case.saving == MoneyRange(Money(1134_87), Money(3404_60))
    assert case.plan_upfront == Money(610_08 + 500_00)
    assert case.plan_yearly == Money(1123_20)  # 1 x 18 x 52 x 100 x 1.2
    assert case.plan_first_year == Money(2233_28)
    assert case.net == MoneyRange(Money(1134_87 - 2233_28), Money(3404_60 - 2233_28))
    assert case.verdict is Verdict.MAY_PAY
    assert case.payback_low == 1142  # £1,110.08 out of £11.67 a year, rounded up
    assert case.payback_central == 6


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"fewer_low": 40, "fewer_central": 60}, Verdict.PAYS),
        ({}, Verdict.MAY_PAY),
        ({"one_off": 50_000_00}, Verdict.DOES_NOT_PAY),
        ({"leavers": 0}, Verdict.DOES_NOT_PAY),
        ({"leavers": None}, Verdict.CANNOT_SAY),
        ({"hourly_pay": ""}, Verdict.CANNOT_SAY),
    ],
)
def test_the_verdict(changes, verdict):
    case = work_out(inputs(**changes))
    assert case.verdict is verdict
    assert case.verdict.label
    assert case.sentence.endswith(".")


def test_it_can_say_no_in_so_many_words():
    case = work_out(inputs(one_off=50_000_00))
    assert "more than it saves" in case.sentence
    assert "not the reason to do it" in case.sentence
    assert "Does not pay" in case.verdict.label


def test_it_names_what_is_missing():
    case = work_out(inputs(leavers=None, weekly_hours=None))
    assert case.missing == (SPEC["leavers"].label, SPEC["weekly_hours"].label)
    assert "part-time staff who left in the last 12 months" in case.sentence
    assert (case.cost_per_leaver, case.saving, case.net) == (None, None, None)
    assert (case.payback_low, case.payback_central) == (None, None)


def test_headcount_is_not_needed_for_the_sum_only_for_the_rate():
    case = work_out(inputs(headcount=None))
    assert case.verdict is Verdict.MAY_PAY
    assert case.leavers_percent is None


def test_less_than_one_leaver_is_read_as_odds():
    assert "odds" in work_out(inputs(leavers=3, headcount=9)).sentence
    assert "odds" not in work_out(inputs()).sentence


def test_an_outlay_that_is_never_earned_back_has_no_payback():
    case = work_out(inputs(new_posts=50))
    assert case.payback_central is None
    assert "come back" not in case.sentence


def test_an_outlay_that_comes_back_after_many_years_says_so():
    case = work_out(inputs(one_off=50_000_00))
    assert case.payback_central
    assert case.payback_central > 60
    assert "five years" in case.sentence


def test_breaking_even_is_not_called_a_cost():
    nothing = dict.fromkeys(("training_hours", "new_posts", "one_off"), 0)
    assert "no more than it costs" in work_out(inputs(**nothing, leavers=0)).sentence
    slow = work_out(inputs(**nothing, fewer_low=0))
    assert slow.verdict is Verdict.MAY_PAY
    assert "break even" in slow.sentence


def test_every_figure_carries_its_origin_and_date():
    read = BusinessCaseInputs.read(
        {**CORE, "recruitment": 614_00}, as_at=DAY, sources={"recruitment": "A survey, 2024"}
    )
    assert isinstance(read, BusinessCaseInputs)
    assert read.figures["leavers"].origin is Origin.ANSWER
    assert read.figures["recruitment"].origin is Origin.SOURCE
    assert read.figures["recruitment"].source == "A survey, 2024"
    assert read.figures["manager_pay"].origin is Origin.DEFAULT
    assert {figure.as_at for figure in read.figures.values()} == {DAY}
    assert work_out(read).examples_used == len(FIELDS) - 5
    assert all(origin.label for origin in Origin)


def test_without_our_examples_nothing_is_filled_in():
    read = BusinessCaseInputs.read(CORE, as_at=DAY, use_defaults=False)
    assert isinstance(read, BusinessCaseInputs)
    assert read.figures.keys() == CORE.keys()
    assert work_out(read).verdict is Verdict.CANNOT_SAY


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("leavers", -1, "0 or more"),
        ("headcount", 0, "more than 0"),
        ("hourly_pay", MOST + 1, "or less"),
        ("one_off", MOST + 1, "or less"),
        ("leavers", "2.5", "whole number"),
        ("weekly_hours", "30", "29.99 hours or less"),
        ("weekly_hours", "18.125", "2 decimals"),
        ("learning_loss", 101, "100% or less"),
        ("leavers", "many", "enter a number"),
        ("leavers", "NaN", "enter a number"),
        ("leavers", "1e400000", "enter"),
        ("leavers", "Infinity", "enter a number"),
        ("leavers", 361, "more than ten"),
        ("fewer_low", 50, "slow case"),
        ("nonsense", 1, "no figure"),
    ],
)
def test_what_cannot_be_right_is_refused_beside_its_field(key, value, words):
    found = problems(**{key: value})
    assert words in found[key]


def test_all_problems_are_found_at_once():
    assert problems(leavers=-1, hourly_pay="x", fewer_low=90).keys() == {
        "leavers",
        "hourly_pay",
        "fewer_low",
    }


def test_more_leavers_than_staff_is_allowed():
    assert work_out(inputs(leavers=72)).leavers_percent == 200


def test_figures_as_people_type_them():
    read = inputs(headcount=" 1,036 ", weekly_hours="17.50", hourly_pay=Money(12_71))
    assert read.figures["headcount"].value == 1036
    assert read.figures["weekly_hours"].value == Decimal("17.5")


@pytest.mark.parametrize("value", [1.5, True, object()])
def test_a_float_is_a_bug(value):
    with pytest.raises(TypeError):
        inputs(hourly_pay=value)
    with pytest.raises(TypeError):
        inputs(weekly_hours=Money(1))


def test_storage_gives_back_the_same_figures():
    read = inputs(weekly_hours="17.25")
    assert BusinessCaseInputs.from_data(read.to_data()) == read


@pytest.mark.parametrize(
    "data",
    [
        {"nonsense": {"value": "1", "origin": "answer", "as_at": "2026-11-22"}},
        {"leavers": {"value": "x", "origin": "answer", "as_at": "2026-11-22"}},
        {"leavers": {"value": "1", "origin": "guess", "as_at": "2026-11-22"}},
    ],
)
def test_what_is_not_ours_is_not_read(data):
    with pytest.raises(ValueError):
        BusinessCaseInputs.from_data(data)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("headcount", 1, "1 person"),
        ("headcount", 1200, "1,200 people"),
        ("hourly_pay", 1271, "£12.71"),
        ("on_costs", Decimal("12.5"), "12.5%"),
        ("vacancy_weeks", 4, "4 weeks"),
        ("weekly_hours", Decimal("17.50"), "17.5 hours"),
    ],
)
def test_figures_in_words(key, value, words):
    assert show_value(SPEC[key], value) == words


any_figures = st.fixed_dictionaries(
    {
        spec.key: st.decimals(
            min_value=spec.minimum,
            max_value=min(Decimal(spec.maximum), 20_000),
            places=spec.decimals,
        )
        for spec in FIELDS
        if spec.key not in {"headcount", "leavers", "fewer_low", "fewer_central"}
    }
    | {
        "headcount": st.integers(min_value=50, max_value=5000),
        "leavers": st.integers(min_value=0, max_value=500),
        "fewer_low": st.integers(min_value=0, max_value=40),
        "fewer_central": st.integers(min_value=40, max_value=100),
    }
)


def holds_a_float(value: object) -> bool:
    if is_dataclass(value):
        return any(holds_a_float(getattr(value, each.name)) for each in fields(value))
    if isinstance(value, tuple):
        return any(map(holds_a_float, value))
    if isinstance(value, dict):
        return any(map(holds_a_float, value.values()))
    return isinstance(value, float)


@settings(max_examples=60, deadline=None)
@given(any_figures)
def test_lines_add_up_to_the_penny_and_nothing_is_a_float(figures):
    case = work_out(inputs(**figures))
    assert case.cost_per_leaver == Money(sum(line.amount.pence for line in case.leaver_lines))
    assert case.plan_first_year == Money(sum(line.amount.pence for line in case.plan_lines))
    assert case.saving is not None
    assert case.net is not None
    assert case.net.central == case.saving.central - case.plan_first_year
    assert case.saving.low <= case.saving.central <= case.yearly_cost
    assert not holds_a_float(case)
    assert BusinessCaseInputs.from_data(case.inputs.to_data()) == case.inputs


COSTS_MORE = [
    "hourly_pay",
    "weekly_hours",
    "on_costs",
    "recruitment",
    "vacancy_weeks",
    "cover_extra",
    "induction_hours",
    "learning_weeks",
    "manager_hours",
    "manager_pay",
]


@settings(max_examples=60, deadline=None)
@given(any_figures, st.sampled_from(COSTS_MORE))
def test_a_larger_figure_never_makes_a_leaver_cheaper(figures, key):
    smaller = {**figures, key: figures[key] / 2 if SPEC[key].decimals else figures[key] // 2}
    smaller[key] = round(smaller[key], SPEC[key].decimals)
    less, more = (work_out(inputs(**each)) for each in (smaller, figures))
    if smaller[key] <= figures[key]:
        assert less.cost_per_leaver <= more.cost_per_leaver


@settings(max_examples=40, deadline=None)
@given(any_figures)
def test_more_leavers_cost_more_and_a_dearer_plan_leaves_less(figures):
    def net(case: BusinessCase) -> Money:
        assert case.net
        return case.net.central

    base = work_out(inputs(**figures))
    # No more than ten a post: beyond that the figures are refused.
    leavers = min(figures["leavers"] * 2 // 1 + 1, 10 * figures["headcount"])
    more = work_out(inputs(**{**figures, "leavers": leavers}))
    dearer = work_out(inputs(**{**figures, "one_off": figures["one_off"] + 1}))
    assert more.yearly_cost >= base.yearly_cost
    assert net(more) >= net(base)
    assert net(dearer) == net(base) - Money(1)
