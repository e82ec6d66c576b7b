"""Claim periods: calendar months by the London clock, and the quarters of a contract's profile."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime

from portal.kernel.clock import london

_DECEMBER = 12


def month_of(day: date) -> date:
    """The first day of the month a day lies in."""
    return day.replace(day=1)


def month_of_instant(at: datetime) -> date:
    """The month an instant lies in, by the London clock: UTC misfiles an hour in summer months."""
    return month_of(london(at).date())


def next_month(month: date) -> date:
    """The first day of the following month."""
    if month.month == _DECEMBER:
        return date(month.year + 1, 1, 1)
    return date(month.year, month.month + 1, 1)


def last_day(month: date) -> date:
    """The last day of a month."""
    return month.replace(day=monthrange(month.year, month.month)[1])


def months_between(first: date, last: date) -> Iterator[date]:
    """Every month from the one ``first`` lies in to the one ``last`` lies in."""
    month = month_of(first)
    while month <= last:
        yield month
        month = next_month(month)


def quarter_of(day: date) -> date:
    """The first day of the financial-year quarter (April, July, October, January) of a day."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def quarters_between(first: date, last: date) -> list[date]:
    """The first days of every quarter from ``first`` to ``last``."""
    found: list[date] = []
    for month in months_between(quarter_of(first), last):
        quarter = quarter_of(month)
        if quarter not in found:
            found.append(quarter)
    return found


def claim_month(*, occurred_on: date, open_from: date) -> date:
    """The period an output is claimed in: its own month, or the first that is still open."""
    return max(month_of(occurred_on), month_of(open_from))


def has_ended(month: date, *, today: date) -> bool:
    """Whether a period can be claimed: only when all of it has passed."""
    return today > last_day(month)
