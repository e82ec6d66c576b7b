"""Logging a contact: the quick choices of the form and what a contact says of itself."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final
from urllib.parse import quote

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

    A week or a month on moves to the next working day, when there is somebody to ring.

    Raises:
        KeyError: for a choice that is not offered.
    """
    if choice == "working_3":
        return add_working_days(today, 3)
    if choice == "tomorrow":
        return today + timedelta(days=1)
    on = {"week": today + timedelta(days=7), "month": _month_on(today)}[choice]
    return add_working_days(on - timedelta(days=1), 1)


def _month_on(day: date) -> date:
    year, month = day.year + day.month // 12, day.month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


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


def mail_link(email: str) -> str:
    """An address as it stands in a link, where some letters would mean something else."""
    return quote(email, safe="@+")


def telephone_link(number: str) -> str:
    """A number as a telephone dials it: digits, and a plus at its start; "" when it has none."""
    digits = "".join(character for character in number if character in "0123456789")
    if not digits:
        return ""
    return f"+{digits}" if number.lstrip(" (").startswith("+") else digits
