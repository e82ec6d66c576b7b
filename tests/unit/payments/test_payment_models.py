"""The staged payment models of the sister services are data, and the engine prices them."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from portal.payments.rules.payment_models import (
    DATA,
    Participant,
    PaymentModelError,
    growth_percent,
    on_scale,
    pay,
    payment_models,
    read_models,
)

COACHED = date(2026, 3, 31)


def test_only_the_payment_for_outputs_is_on() -> None:
    assert [model.key for model in payment_models().values() if model.enabled] == ["outputs"]
    assert payment_models()["outputs"].stages == ()


def test_the_advancement_service_pays_in_three_stages() -> None:
    model = payment_models()["advancement"]
    assert [stage.kind for stage in model.stages] == ["fixed", "scale", "scale"]
    starting = Participant({"career_plan": COACHED}, {})
    assert [(line.pence, line.due) for line in pay(model, starting)] == [
        (30_000, True),
        (0, False),
        (0, False),
    ]
    # From £12,000 to £12,900 is 7.5%, half way from £200 to £500; to £13,800 is 5% a year.
    later = Participant(
        {"career_plan": COACHED, "coaching_ended": COACHED},
        {0: 1_200_000, 12: 1_290_000, 36: 1_380_000},
    )
    lines = pay(model, later)
    assert [line.pence for line in lines] == [30_000, 35_000, 60_000]
    assert lines[1].explanation == (
        "Higher earnings at 12 months, 7.5% at 12 months after 31 March 2026: £350.00"
    )


def test_the_sector_service_pays_five_times() -> None:
    model = payment_models()["sector_careers"]
    events = dict.fromkeys(("screening", "advice", "training", "coaching_ended"), COACHED)
    lines = pay(model, Participant(events, {0: 1_000_000, 12: 1_000_000, 36: 1_180_000}))
    assert [line.pence for line in lines] == [25_000, 15_000, 80_000, 0, 80_000]
    assert all(line.due for line in lines)


def test_the_careers_service_weighs_by_group() -> None:
    model = payment_models()["careers_service"]
    events = dict.fromkeys(("session", "progression", "job_or_learning"), COACHED)
    priority = pay(model, Participant(events, {}, "priority"))
    other = pay(model, Participant(events, {}, "other"))
    assert [line.pence for line in other] == [4_500, 6_000, 9_000]
    assert [line.pence for line in priority] == [6_750, 9_000, 13_500]
    with pytest.raises(PaymentModelError, match="no weight"):
        pay(model, Participant(events, {}, "unheard of"))


@given(st.fractions(min_value=-50, max_value=100), st.fractions(min_value=0, max_value=50))
def test_more_growth_never_pays_less_nor_beyond_the_scale(growth: Fraction, more: Fraction) -> None:
    for model in payment_models().values():
        for stage in model.stages:
            if stage.points:
                low, high = on_scale(stage.points, growth), on_scale(stage.points, growth + more)
                assert 0 <= low <= high <= stage.points[-1][1]


def test_a_fraction_of_a_penny_is_never_paid() -> None:
    assert on_scale(((0, 0), (3, 100)), Fraction(1)) == 33
    assert on_scale(((0, 0), (3, 100)), Fraction(2)) == 66
    with pytest.raises(ValueError, match="start from"):
        growth_percent(0, 100)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("kind",), "results", "kind must be"),
        (("pence",), -1, "whole number"),
        (("pence",), 10**10, "whole number"),
        (("pence",), 12.5, "whole number"),
        (("event",), None, "event is missing"),
    ],
)
def test_a_faulty_stage_is_named(path: tuple[str], value: object, words: str) -> None:
    loaded = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    loaded["models"][1]["stages"][0][path[0]] = value
    with pytest.raises(PaymentModelError, match=f"advancement.attachment: .*{words}"):
        read_models(yaml.safe_dump(loaded))


@pytest.mark.parametrize(
    "scale",
    [
        [{"growth": 0, "pence": 0}],
        [{"growth": 5, "pence": 0}, {"growth": 5, "pence": 10}],
        [{"growth": 0, "pence": 10}, {"growth": 5, "pence": 0}],
    ],
)
def test_a_faulty_scale_is_named(scale: list[dict[str, int]]) -> None:
    loaded = yaml.safe_load(DATA.read_text(encoding="utf-8"))
    loaded["models"][1]["stages"][1]["scale"] = scale
    with pytest.raises(PaymentModelError, match="earnings_12_months"):
        read_models(yaml.safe_dump(loaded))
