"""Comparison with similar employers, from a histogram of scores: 101 counts, one for each 0-100.

It is told only from a minimum number of employers on, so that nobody can work out another's score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

BINS = 101
DEFAULT_MINIMUM = 10

_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class SimilarEmployers:
    """How a score stands among `n` similar employers. `rank` is the percent of them below it."""

    n: int
    own: int
    rank: Fraction
    lower_quartile: Fraction
    median: Fraction
    upper_quartile: Fraction


@dataclass(frozen=True, slots=True)
class Withheld:
    """Too few to compare with. How many there are is not told, only how many are needed."""

    minimum: int


def comparison_or_withheld(
    histogram: Sequence[int], own: int, minimum: int = DEFAULT_MINIMUM
) -> SimilarEmployers | Withheld:
    """The standing of a score from 0 to 100 among others, or Withheld below the minimum.

    The histogram should hold the other employers only. A minimum below 2 makes no sense and is
    refused with ValueError, as are a histogram of the wrong shape and a score out of range.
    """
    _check(histogram)
    if minimum <= 1 or not 0 <= own < BINS:
        raise ValueError("the minimum must be 2 or more and the score from 0 to 100")
    n = sum(histogram)
    if n < minimum:
        return Withheld(minimum)
    return SimilarEmployers(
        n=n,
        own=own,
        rank=percentile_rank(histogram, own),
        lower_quartile=quantile(histogram, Fraction(1, 4)),
        median=quantile(histogram, _HALF),
        upper_quartile=quantile(histogram, Fraction(3, 4)),
    )


def percentile_rank(histogram: Sequence[int], own: int) -> Fraction:
    """The percent of scores below one's own, counting those equal to it as half."""
    _check(histogram)
    n = sum(histogram)
    if not n:
        raise ValueError("an empty histogram has no ranks")
    return (sum(histogram[:own]) + histogram[own] * _HALF) * 100 / n


def quantile(histogram: Sequence[int], share: Fraction) -> Fraction:
    """The score below which a share (0 to 1) of the scores lie, between two scores in proportion.

    The lowest score is the share 0 and the highest the share 1 (the "inclusive" method).
    """
    _check(histogram)
    n = sum(histogram)
    if not n:
        raise ValueError("an empty histogram has no quantiles")
    place = share * (n - 1)
    whole = place.numerator // place.denominator
    low, high = _nth(histogram, whole), _nth(histogram, min(whole + 1, n - 1))
    return low + (place - whole) * (high - low)


def _nth(histogram: Sequence[int], position: int) -> int:
    """The score at a position, counted from 0, when all scores stand in order."""
    passed = 0
    for value, count in enumerate(histogram):
        passed += count
        if position < passed:
            return value
    raise ValueError("position beyond the histogram")


def _check(histogram: Sequence[int]) -> None:
    if len(histogram) != BINS or min(histogram) < 0:
        raise ValueError(f"a histogram has {BINS} counts, none below 0")
