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


# Pence by type of output and month.
Spent = Mapping[tuple[str, date], int]


def by_month(spent: Spent) -> dict[date, int]:
    """Pence of all types by month."""
    found: dict[date, int] = {}
    for (_kind, month), pence in spent.items():
        found[month] = found.get(month, 0) + pence
    return found


def rate_of(spent: Spent, known: Sequence[date]) -> Rate | None:
    """The current rate, None where fewer than three months are known."""
    if len(known) < RECENT:
        return None
    months = by_month(spent)
    recent, wider = tuple(known[-RECENT:]), known[-RANGE:]
    return Rate(
        Fraction(sum(months.get(month, 0) for month in recent), RECENT),
        min(months.get(month, 0) for month in wider),
        max(months.get(month, 0) for month in wider),
        recent,
    )


@dataclass(frozen=True, slots=True)
class Part:
    """Pence of one type: spent so far, added in each month to come, and at most, if capped."""

    spent: int
    monthly: Fraction | int
    cap: int | None = None

    def after(self, months: int) -> Fraction:
        """Pence after so many months; money taken back never makes it fall."""
        total = self.spent + max(Fraction(self.monthly), Fraction(0)) * months
        return total if self.cap is None else min(total, Fraction(max(self.cap, self.spent)))


def project(parts: Sequence[Part], *, cap: int | None, months: Sequence[date]) -> Outcome:
    """What all parts come to after these months, and when they would pass the cap over them.

    Half a penny is rounded up.
    """

    def after(count: int) -> Fraction:
        return sum((part.after(count) for part in parts), Fraction(0))

    total = int(after(len(months)) + Fraction(1, 2))
    if cap is None:
        return Outcome(total, None, None)
    reached = next((month for count, month in enumerate(months, 1) if after(count) > cap), None)
    spent = sum(part.spent for part in parts)
    total = min(total, max(cap, spent))
    return Outcome(total, max(cap - total, 0), reached)


def forecast(
    *,
    spent: Spent,
    cap: int | None,
    known: Sequence[date],
    starts_on: date,
    ends_on: date,
    caps: Mapping[str, int] | None = None,
) -> Forecast:
    """From what was spent to the end of a contract, each type stopping at its own of ``caps``.

    Everything spent counts; the months after the last known one are projected. The lowest and the
    highest month are taken as they were, with their mixture of types.
    """
    begin = known[-1] if known else None
    months = [m for m in months_between(starts_on, ends_on) if begin is None or m > begin]
    rate = rate_of(spent, known)
    total = sum(spent.values())
    if rate is None:
        return Forecast(total, cap, len(known), len(months), None, None, None, None)
    sums, own = by_month(spent), caps or {}
    kinds = sorted({kind for kind, _month in spent})
    wider = known[-RANGE:]
    # The months each pace is the average of.
    paces = (
        rate.months,
        (min(wider, key=lambda month: sums.get(month, 0)),),
        (max(wider, key=lambda month: sums.get(month, 0)),),
    )
    expected, low, high = (
        project(
            [
                Part(
                    sum(pence for (name, _month), pence in spent.items() if name == kind),
                    Fraction(sum(spent.get((kind, month), 0) for month in pace), len(pace)),
                    own.get(kind),
                )
                for kind in kinds
            ],
            cap=cap,
            months=months,
        )
        for pace in paces
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
