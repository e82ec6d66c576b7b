from __future__ import annotations

from dataclasses import fields
from fractions import Fraction
from statistics import median, quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.diagnostics.rules.benchmark import (
    SimilarEmployers,
    Withheld,
    comparison_or_withheld,
    percentile_rank,
    quantile,
)

SCORES = st.lists(st.integers(0, 100), min_size=2, max_size=60)


def histogram(scores: list[int]) -> list[int]:
    return [scores.count(value) for value in range(101)]


@given(SCORES, st.integers(0, 100))
def test_ranks_equal_a_count_by_hand(scores: list[int], own: int) -> None:
    points = sum(Fraction(1) if item < own else Fraction(item == own, 2) for item in scores)
    assert percentile_rank(histogram(scores), own) == points * 100 / len(scores)


@given(SCORES)
def test_quartiles_equal_those_of_the_sorted_list(scores: list[int]) -> None:
    exact = [Fraction(item) for item in scores]
    bins = histogram(scores)
    found = [quantile(bins, Fraction(part, 4)) for part in (1, 2, 3)]
    assert found == quantiles(exact, n=4, method="inclusive")
    assert found[1] == median(exact)
    assert quantile(bins, Fraction(0)) == min(scores)
    assert quantile(bins, Fraction(1)) == max(scores)


def test_a_worked_example() -> None:
    # 10 employers: 10, 20, ... 100; one's own 50: 4 below and 1 equal is 45 in a hundred
    found = comparison_or_withheld(histogram(list(range(10, 101, 10))), 50)
    assert found == SimilarEmployers(
        n=10,
        own=50,
        rank=Fraction(45),
        lower_quartile=Fraction(65, 2),
        median=Fraction(55),
        upper_quartile=Fraction(155, 2),
    )


def test_below_the_minimum_nothing_is_told_but_the_minimum() -> None:
    for count in range(10):
        found = comparison_or_withheld(histogram([50] * count), 50)
        assert found == Withheld(10)
    assert [field.name for field in fields(Withheld)] == ["minimum"]
    assert isinstance(comparison_or_withheld(histogram([50] * 10), 50), SimilarEmployers)
    assert isinstance(comparison_or_withheld(histogram([50] * 3), 50, 3), SimilarEmployers)


@pytest.mark.parametrize("bins", [[1] * 100, [-1] + [0] * 100])
def test_a_histogram_of_the_wrong_shape_is_refused(bins: list[int]) -> None:
    with pytest.raises(ValueError, match="101 counts"):
        comparison_or_withheld(bins, 5)


@pytest.mark.parametrize(("own", "minimum"), [(101, 10), (-1, 10), (50, 1)])
def test_numbers_out_of_range_are_refused(own: int, minimum: int) -> None:
    with pytest.raises(ValueError, match="the minimum must be 2 or more"):
        comparison_or_withheld([0] * 101, own, minimum)


def test_an_empty_histogram_has_no_ranks() -> None:
    with pytest.raises(ValueError, match="no ranks"):
        percentile_rank([0] * 101, 5)
    with pytest.raises(ValueError, match="no quantiles"):
        quantile([0] * 101, Fraction(1, 2))
