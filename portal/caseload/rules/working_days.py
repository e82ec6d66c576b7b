"""Working days in England: Monday to Friday without bank holidays.

Bank holidays are those of England and Wales, substitute days among them, as the ``holidays``
library computes them for any year.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import date, timedelta
from functools import cache

import holidays

_SATURDAY = 5
_DAY = timedelta(days=1)


@cache
def england_bank_holidays() -> Container[date]:
    """Every bank holiday in England; a year is worked out when one of its days is asked for."""
    return holidays.country_holidays("GB", subdiv="ENG")


def is_working_day(day: date) -> bool:
    """Whether people in England are at work on a day, as far as the calendar says."""
    return day.weekday() < _SATURDAY and day not in england_bank_holidays()


def next_working_day(day: date) -> date:
    """The day itself when it is a working day, or the first one after it."""
    while not is_working_day(day):
        day += _DAY
    return day


def add_working_days(day: date, count: int) -> date:
    """The working day that is ``count`` working days after a day, which does not count itself.

    Raises:
        ValueError: for a negative count.
    """
    if count < 0:
        raise ValueError("Working days are counted forwards")
    while count:
        day += _DAY
        count -= is_working_day(day)
    return day


def working_days_between(start: date, end: date) -> int:
    """How many working days come after ``start``, up to ``end`` and with it; 0 when it is past."""
    return sum(is_working_day(start + _DAY * number) for number in range(1, (end - start).days + 1))
