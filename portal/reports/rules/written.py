"""How a value of a report is written for a reader, the same on every page, picture and PDF."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from portal.kernel.money import Money
from portal.reports.rules.document import Unit, Value, Withheld

NOTHING: Final = "\N{EN DASH}"
NOT_SHOWN: Final = "Not shown"
_MINUS: Final = "\N{MINUS SIGN}"
_HOUR: Final = 60
_THOUSAND: Final = 1_000
_MILLION: Final = 1_000_000


def written(value: Value, unit: Unit) -> str:
    """A value in full: "1,204", "£1,204.50", "12.5%", "3 days", "October 2026"."""
    if value is None:
        return NOTHING
    if isinstance(value, Withheld):
        return value.words if value is Withheld.NOT_KNOWN else NOT_SHOWN
    if isinstance(value, str):
        return _day_words(value, unit)
    return (_MINUS if value < 0 else "") + _NUMBERS.get(unit, _count)(abs(value))


def brief(value: Value, unit: Unit) -> str:
    """A value as it stands in a picture, where room is short: "£1.2m", "Oct 2026", "90 min"."""
    if not isinstance(value, int):
        if isinstance(value, str) and unit is Unit.MONTH:
            return _month(value).strftime("%b %Y")
        return written(value, unit)
    sign, size = (_MINUS if value < 0 else ""), abs(value)
    if unit is Unit.PENCE:
        return f"{sign}£{_shortened(size, 100)}"
    if unit is Unit.COUNT:
        return sign + (_shortened(size, 1) if size >= _MILLION else f"{size:,}")
    if unit is Unit.MINUTES:
        return f"{sign}{size} min" if size < 2 * _HOUR else f"{sign}{size // _HOUR:,} h"
    return written(value, unit)


def share(part: int, whole: int) -> int | None:
    """A part of a whole in tenths of a percent, rounded half up; None of nothing."""
    return None if whole <= 0 else (2_000 * part + whole) // (2 * whole)


def mean(total: int, n: int, scale: int = 1) -> int | None:
    """The mean of what was added up, times ``scale``, halves up; None of nothing."""
    return None if n <= 0 else (2 * scale * total + n) // (2 * n)


def _shortened(size: int, one: int) -> str:
    """A number in units of ``one``, with two or three figures from ten thousand up."""
    whole = (2 * size + one) // (2 * one)
    if whole < 10 * _THOUSAND:
        return f"{whole:,}"
    # What rounds up to a thousand thousand is a million.
    step, letter = (_THOUSAND, "k") if 2 * whole < 2 * _MILLION - _THOUSAND else (_MILLION, "m")
    if letter == "k":
        return f"{(2 * whole + step) // (2 * step):,}k"
    tenths = (20 * whole + step) // (2 * step)
    return f"{tenths // 10:,}.{tenths % 10}m" if tenths % 10 else f"{tenths // 10:,}m"


def _count(size: int) -> str:
    return f"{size:,}"


def _tenths(size: int) -> str:
    return f"{size // 10:,}.{size % 10}"


def _days(size: int) -> str:
    return "1 day" if size == 1 else f"{size:,} days"


def _minutes(size: int) -> str:
    hours, rest = divmod(size, _HOUR)
    if size < 2 * _HOUR:
        return "1 minute" if size == 1 else f"{size} minutes"
    return f"{hours:,} hours" + (f" {rest} min" if rest else "")


_NUMBERS: Final[Mapping[Unit, Callable[[int], str]]] = {
    Unit.PENCE: lambda size: Money(size).format(),
    Unit.PER_MILLE: lambda size: f"{_tenths(size)}%",
    Unit.TENTHS: _tenths,
    Unit.DAYS: _days,
    Unit.MINUTES: _minutes,
}


def _month(text: str) -> date:
    return date.fromisoformat(f"{text[:7]}-01")


def _day_words(text: str, unit: Unit) -> str:
    if not text[:1].isdigit():
        # The word in the last row of a table by month.
        return text
    if unit is Unit.MONTH:
        return _month(text).strftime("%B %Y")
    if unit is Unit.DAY:
        day = date.fromisoformat(text)
        return f"{day.day} {day:%B %Y}"
    return text
