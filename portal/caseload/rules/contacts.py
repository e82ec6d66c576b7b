"""Logging a contact: the quick choices of the form and what a contact says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from portal.caseload.rules.words import CONTACT_KINDS
from portal.caseload.rules.working_days import add_working_days

QUICK_MINUTES: Final = (5, 10, 15, 30, 60)
OTHER: Final = "other"
KEEP: Final = "keep"
NOTHING: Final = "nothing"
QUICK_DAYS: Final[Mapping[str, str]] = {
    "tomorrow": "Tomorrow",
    "working_3": "In 3 working days",
    "week": "In a week",
    "month": "In a month",
}


def quick_day(choice: str, today: date) -> date:
    """The day a quick choice means; a month on is the same day, or the last that month has.

    Raises:
        KeyError: for a choice that is not offered.
    """
    if choice == "working_3":
        return add_working_days(today, 3)
    if choice == "month":
        year, month = (today.year + today.month // 12, today.month % 12 + 1)
        for day in range(today.day, 27, -1):
            try:
                return date(year, month, day)
            except ValueError:
                continue
        return date(year, month, min(today.day, 28))
    return today + timedelta(days={"tomorrow": 1, "week": 7}[choice])


def contact_title(*, kind: str, reached: bool, with_name: str, minutes: int) -> str:
    """One line that says what a contact was, for the timeline."""
    title = CONTACT_KINDS[kind]
    if kind != "note":
        if with_name:
            title += f" with {with_name}" if reached else f" to {with_name}"
        if not reached:
            title += ", nobody reached" if kind != "email" else ", no answer yet"
    if minutes:
        title += f", {minutes} minute{'' if minutes == 1 else 's'}"
    return title


def telephone_link(number: str) -> str:
    """A number as a telephone dials it: digits, and a plus at its start; "" when it has none."""
    digits = "".join(character for character in number if character in "0123456789")
    if not digits:
        return ""
    return f"+{digits}" if number.lstrip(" (").startswith("+") else digits
