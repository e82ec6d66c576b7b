"""Hours as people type them, in whole minutes: nothing is rounded."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

_CLOCK: Final = re.compile(
    r"(\d{1,4})\s*(?::|h|hrs?|hours?)\s*(?:and\s*)?([0-5]?\d)\s*(?:m|mins?|minutes?)?",
    re.ASCII,
)
_HOURS: Final = re.compile(r"(\d{1,4}(?:[.,]\d{1,4})?|[.,]\d{1,4})\s*(?:h|hrs?|hours?)?", re.ASCII)
_MINUTES: Final = re.compile(r"(\d{1,5})\s*(?:m|mins?|minutes?)", re.ASCII)
_HALVES: Final = {"½": ".5", "¼": ".25", "¾": ".75"}
LONGEST_WEEK: Final = 168 * 60


class HoursError(ValueError):
    """Hours that cannot be read; the message says what to type instead."""


def read_hours(text: str) -> int:
    """Minutes from hours as typed: ``37.5``, ``37:30``, ``7½``, ``2 h 15 min``, ``45 minutes``.

    Raises:
        HoursError: when they cannot be read, or are not whole minutes.
    """
    plain = text.strip().lower()
    for sign, decimals in _HALVES.items():
        plain = plain.replace(sign, decimals)
    clock, minutes, hours = (pattern.fullmatch(plain) for pattern in (_CLOCK, _MINUTES, _HOURS))
    if clock:
        return int(clock[1]) * 60 + int(clock[2])
    if minutes:
        return int(minutes[1])
    if not hours:
        raise HoursError("enter hours, like 7.5 or 7:30")
    exact = Fraction(hours[1].replace(",", ".")) * 60
    if exact.denominator != 1:
        whole, rest = divmod(int(exact), 60)
        raise HoursError(f"enter whole minutes, like {whole}:{rest:02d}")
    return int(exact)
