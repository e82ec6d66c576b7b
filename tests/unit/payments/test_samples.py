"""What a sample found, carried to everything that was paid and said in a sentence."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.payments.rules.samples import (
    Looked,
    Population,
    draw_problem,
    finding_problem,
    fingerprint,
    percent,
    populations,
    result,
)
from portal.payments.rules.sampling import Risk

POPULATION = {
    "high": Population(10, 600_000),
    "medium": Population(0, 0),
    "low": Population(90, 5_400_000),
}


def test_the_result_is_a_sentence_with_the_number_looked_at() -> None:
    outcome = result(
        POPULATION, {"high": Looked(5, 5, 300_000, 30_000), "low": Looked(30, 30, 1_800_000, 0)}
    )
    assert outcome.is_complete
    assert outcome.sentences() == [
        (
            "35 of 35 lines looked at: £300.00 of £21,000.00 looked at was wrong; carried to all "
            "£60,000.00: about £600.00 (1.0%)."
        )
    ]
    assert [one.key for one in outcome.strata] == ["high", "low"]
    assert outcome.strata[0].rate == Fraction(1, 10)
    assert outcome.strata[0].carried == 60_000


def test_a_stratum_nobody_looked_at_makes_no_rate_smaller() -> None:
    outcome = result(POPULATION, {"high": Looked(5, 5, 300_000, 30_000), "low": Looked(30)})
    assert outcome.carried.population_pence == 600_000
    assert outcome.carried.rate == Fraction(1, 10)
    said = " ".join(outcome.sentences())
    assert "carried to the £6,000.00: about £600.00 (10.0%)" in said
    assert "Low risk: none of its £54,000.00 was looked at yet" in said
    assert "This changes until every line was looked at." in said
    assert "rough figure" in said


def test_nothing_looked_at_is_no_error_rate() -> None:
    outcome = result(POPULATION, {"high": Looked(5), "low": Looked(1)})
    assert outcome.sentences() == ["Nothing was looked at yet: 0 of 6 lines."]
    assert outcome.strata[0].rate is None
    assert outcome.strata[0].carried is None
    assert percent(None) == "not known"


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (Fraction(0), "0.0%"),
        (Fraction(1, 8), "12.5%"),
        (Fraction(1, 3), "33.3%"),
        (Fraction(1, 2000), "0.1%"),
        (Fraction(1), "100.0%"),
    ],
)
def test_rates_are_rounded_halves_up(rate: Fraction, words: str) -> None:
    assert percent(rate) == words


@given(
    st.dictionaries(
        st.sampled_from(["high", "medium", "low"]),
        st.tuples(
            st.integers(1, 50), st.integers(1, 10**6), st.integers(0, 100), st.integers(1, 9)
        ),
        min_size=1,
    )
)
def test_the_error_is_never_more_than_what_was_paid(
    strata: dict[str, tuple[int, int, int, int]],
) -> None:
    population = {
        key: Population(lines * times, pence * times)
        for key, (lines, pence, _share, times) in strata.items()
    }
    looked = {
        key: Looked(lines, lines, pence, pence * share // 100)
        for key, (lines, pence, share, _times) in strata.items()
    }
    outcome = result(population, looked)
    assert 0 <= outcome.carried.carried_pence <= outcome.carried.population_pence
    assert outcome.carried.found_pence <= outcome.carried.carried_pence
    assert 0 <= outcome.carried.rate <= 1


def risk(number: int, **changes: int) -> Risk:
    warnings = changes.get("warnings", 0)
    return Risk(number, changes.get("pence", 60_000), warnings, overridden=False, bonus=False)


def test_the_mark_of_a_population_tells_every_difference() -> None:
    lines = [risk(1), risk(2), risk(3)]
    mark = fingerprint(lines)
    assert fingerprint(lines[::-1]) == mark
    assert fingerprint(lines[:2]) != mark
    assert fingerprint([risk(1), risk(2), risk(3, warnings=1)]) != mark
    assert fingerprint([risk(1), risk(2), risk(3, pence=60_001)]) != mark
    assert populations([*lines, risk(4, warnings=2)]) == {
        "high": Population(1, 60_000),
        "medium": Population(0, 0),
        "low": Population(3, 180_000),
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"until_on": date(2026, 6, 30)}, "until_on"),
        ({"until_on": date(2027, 1, 1)}, "until_on"),
        ({"size": 0}, "size"),
        ({"size": 501}, "size"),
        ({"seed": ""}, "seed"),
        ({"seed": "x" * 65}, "seed"),
        ({}, None),
    ],
)
def test_what_cannot_be_drawn_is_named(changes: dict[str, object], field: str | None) -> None:
    given: dict[str, object] = {
        "from_on": date(2026, 7, 1),
        "until_on": date(2026, 9, 30),
        "size": 30,
        "seed": "0417",
        "today": date(2026, 11, 22),
        **changes,
    }
    problem = draw_problem(**given)  # type: ignore[arg-type]
    assert (problem.field if problem else None) == field


@pytest.mark.parametrize(
    ("wrong", "words", "field"),
    [
        (None, "x", "found"),
        (-1, "x", "found"),
        (60_001, "x", "found"),
        (1, " ", "words"),
        (1, "x" * 8001, "words"),
        (0, "", None),
        (60_000, "All of it", None),
    ],
)
def test_a_finding_lies_between_nothing_and_the_price(
    wrong: int | None, words: str, field: str | None
) -> None:
    problem = finding_problem(pence=60_000, wrong=wrong, words=words)
    assert (problem.field if problem else None) == field
