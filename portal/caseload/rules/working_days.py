"""Working days in England: Monday to Friday without bank holidays."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_SATURDAY = 5


@lru_cache(maxsize=32)
def _bank_holidays(year: int) -> frozenset[date]:
    # Imported when first needed: it is large, and most pages count no working days.
    from holidays import country_holidays

    return frozenset(country_holidays("GB", subdiv="ENG", years=year))


def is_working_day(day: date) -> bool:
    """Whether people in England are at work on a day."""
    return day.weekday() < _SATURDAY and day not in _bank_holidays(day.year)


def next_working_day(day: date) -> date:
    """The day itself when it is a working day, or the first one after it."""
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def add_working_days(start: date, days: int) -> date:
    """The day that lies so many working days after ``start``, which itself does not count."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= is_working_day(day)
    return day


def working_days_left(today: date, last: date) -> int:
    """Working days after ``today`` up to ``last``: 0 on the last day, negative once it is over."""
    if today > last:
        return -1
    days = (last - today).days
    return sum(is_working_day(today + timedelta(days=step)) for step in range(1, days + 1))


def left_in_words(today: date, last: date) -> str:
    """How long something can still be decided."""
    left = working_days_left(today, last)
    if left < 0:
        return "Time is up"
    if left == 0:
        return "Last day today" if today == last else "No working day left"
    return f"{left} working {'day' if left == 1 else 'days'} left"
