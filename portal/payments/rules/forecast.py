"""What a contract will have spent by its end, if work goes on as it has; pence and whole months.

A month counts once it is known: it was claimed, or it was closed with nothing claimed. Money counts
in the month its claim is for, so that a claim sent late does not look like a burst of work. The
rate is the average of the last three such months; the lowest and the highest of the last six give
the range. Nothing is guessed about seasons or about work that somebody plans.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Final

from portal.payments.rules.periods import month_of, months_between, next_month

RECENT: Final = 3
RANGE: Final = 6
WATCH_PERCENT: Final = 80
ALARM_PERCENT: Final = 95


@dataclass(frozen=True, slots=True)
class Rate:
    """Pence a month: the average of the last months, and the lowest and highest of some more."""

    average: Fraction
    lowest: int
    highest: int
    months: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an amount ends at one rate: ``total`` stops at the cap, where there is one.

    ``reached`` is the month in which the cap would be passed, None where it holds to the end.
    """

    total: int
    unspent: int | None
    reached: date | None


@dataclass(frozen=True, slots=True)
class Forecast:
    """From what is known to a contract's end; ``rate`` is None where too little is known.

    ``months`` counts the months still to come. Of a cap that would be passed, the outcome stops
    there: nothing over a cap is ever paid.
    """

    spent: int
    cap: int | None
    known: int
    months: int
    rate: Rate | None
    expected: Outcome | None
    low: Outcome | None
    high: Outcome | None


def known_months(
    *, starts_on: date, ends_on: date, open_from: date, claimed: Collection[date], today: date
) -> list[date]:
    """The months of a contract that can be counted: claimed, or closed; in order, without a gap.

    A month that is over but neither claimed nor closed still waits for its claim: it would look
    like nothing. So the months end with the last that was claimed, or before the first open one.
    """
    over = [month for month in months_between(starts_on, ends_on) if next_month(month) <= today]
    last = max(
        (month for month in over if month in claimed or month < month_of(open_from)), default=None
    )
    return [month for month in over if last is not None and month <= last]


def rate_of(spent: Mapping[date, int], known: Sequence[date]) -> Rate | None:
    """The current rate from pence by month, None where fewer than three months are known."""
    if len(known) < RECENT:
        return None
    recent = [spent.get(month, 0) for month in known[-RECENT:]]
    wider = [spent.get(month, 0) for month in known[-RANGE:]]
    return Rate(Fraction(sum(recent), RECENT), min(wider), max(wider), tuple(known[-RECENT:]))


def project(
    *, spent: int, cap: int | None, monthly: Fraction | int, months: Sequence[date]
) -> Outcome:
    """What an amount comes to when so much is added in each month, and when its cap ends it.

    Half a penny is rounded up. A negative rate, from money taken back, counts as nothing.
    """
    pace = max(Fraction(monthly), Fraction(0))
    reached = None
    if cap is not None:
        reached = next(
            (month for count, month in enumerate(months, 1) if spent + pace * count > cap), None
        )
    total = int(spent + pace * len(months) + Fraction(1, 2))
    if cap is None:
        return Outcome(total, None, None)
    total = min(total, max(cap, spent))
    return Outcome(total, max(cap - total, 0), reached)


def forecast(
    *,
    spent: Mapping[date, int],
    cap: int | None,
    known: Sequence[date],
    starts_on: date,
    ends_on: date,
) -> Forecast:
    """From pence by month to the end of a contract.

    Everything spent counts; the months after the last known one are projected.
    """
    begin = known[-1] if known else None
    months = [m for m in months_between(starts_on, ends_on) if begin is None or m > begin]
    rate = rate_of(spent, known)
    total = sum(spent.values())
    if rate is None:
        return Forecast(total, cap, len(known), len(months), None, None, None, None)
    expected, low, high = (
        project(spent=total, cap=cap, monthly=monthly, months=months)
        for monthly in (rate.average, rate.lowest, rate.highest)
    )
    return Forecast(total, cap, len(known), len(months), rate, expected, low, high)


class Warned(StrEnum):
    """How close to a cap; the first is the worst."""

    FULL = "full"
    ALARM = "alarm"
    PASSED = "passed"
    WATCH = "watch"


def warning(*, spent: int, cap: int, expected: Outcome | None) -> Warned | None:
    """Whether a cap needs looking at: used up, 95% or 80% used, or passed before the end."""
    if spent >= cap:
        return Warned.FULL
    if spent * 100 >= cap * ALARM_PERCENT:
        return Warned.ALARM
    if expected is not None and expected.reached is not None:
        return Warned.PASSED
    return Warned.WATCH if spent * 100 >= cap * WATCH_PERCENT else None


def percent_of(part: int, whole: int) -> int | None:
    """A share in whole percent, half up, None of nothing. 100 and 0 are only what is exactly so."""
    if whole <= 0:
        return None
    shown = int(Fraction(part * 100, whole) + Fraction(1, 2))
    if part < whole:
        shown = min(shown, 99)
    return max(shown, 1) if part > 0 else shown
