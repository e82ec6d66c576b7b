"""Requests of people about their data: their kinds, what may happen to them, and the deadline.

Article 12(3) of the UK GDPR gives one month, and two more for what is complicated, said within the
first. As the ICO counts it, the month ends on the day of the same number (or the month's last), and
on the next working day where that is none. The time begins when the person has shown who they are,
where that had to be asked.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.caseload.rules.working_days import next_working_day

KINDS: Final[Mapping[str, str]] = {
    "access": "A copy of my data",
    "rectification": "Correct my data",
    "erasure": "Erase my data",
    "restriction": "Keep my data but stop using it",
    "objection": "Stop something you do with my data",
    "portability": "My data to take elsewhere",
}
ARTICLES: Final[Mapping[str, int]] = {
    "access": 15,
    "rectification": 16,
    "erasure": 17,
    "restriction": 18,
    "portability": 20,
    "objection": 21,
}
CHANNELS: Final[Mapping[str, str]] = {
    "account": "In the account",
    "mail": "By email",
    "letter": "By letter",
    "phone": "By telephone",
    "person": "In person",
}
STATES: Final[Mapping[str, str]] = {
    "open": "Open",
    "done": "Done",
    "refused": "Refused",
    "withdrawn": "Withdrawn",
}
STEPS: Final[Mapping[str, str]] = {
    "received": "Received",
    "identity_asked": "Asked to show who they are",
    "identity_shown": "Showed who they are",
    "extended": "More time taken, and the person told why",
    "note": "Note",
    "copy": "Copy of the data asked for",
    "erasing": "Erasure begun",
    "erased": "Erasure done",
    "kept": "Erasure refused",
    "taken": "Copy taken out",
    "done": "Done",
    "refused": "Refused",
    "withdrawn": "Withdrawn",
}
ENDS: Final = ("done", "refused", "withdrawn")
# Managers are reminded when so many days are left, and every day once it is late.
REMIND_AT: Final = (14, 7, 3, 1, 0)
_MONTH: Final = 1
_MOST_MONTHS: Final = 3
_DECEMBER: Final = 12


@dataclass(frozen=True, slots=True)
class Clock:
    """The days that decide when a request must be answered."""

    received_on: date
    identity_asked_on: date | None = None
    identity_on: date | None = None
    extended_on: date | None = None


def month_after(day: date, months: int) -> date:
    """The day of the same number so many months later, or the last of that month."""
    years, month = divmod(day.month - 1 + months, _DECEMBER)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def begins_on(clock: Clock) -> date | None:
    """The day from which the time counts; None while the person has not shown who they are."""
    return clock.received_on if clock.identity_asked_on is None else clock.identity_on


def due_on(clock: Clock) -> date | None:
    """The last day to answer; None while the time has not begun."""
    begins = begins_on(clock)
    if begins is None:
        return None
    months = _MONTH if clock.extended_on is None else _MOST_MONTHS
    return next_working_day(month_after(begins, months))


def may_extend(clock: Clock, today: date) -> bool:
    """Whether more time may be taken: once, and told within the first month."""
    due = due_on(clock)
    return clock.extended_on is None and due is not None and today <= due


def may_ask_identity(clock: Clock, today: date) -> bool:
    """Whether the person may still be asked who they are: once, and without delay."""
    due = due_on(clock)
    return clock.identity_asked_on is None and due is not None and today <= due


def reminder(today: date, due: date | None) -> str | None:
    """The key of the reminder that is owed on a day, or None. A day that was missed is made up."""
    if due is None:
        return None
    left = (due - today).days
    if left < 0:
        return f"late-{today.isoformat()}"
    passed = [days for days in REMIND_AT if left <= days]
    return f"{passed[-1]}-days-{due.isoformat()}" if passed else None


def left_in_words(today: date, due: date | None) -> tuple[str, str]:
    """How long is left, and the colour it is shown in."""
    if due is None:
        return "Waiting for proof of who they are", "grey"
    left = (due - today).days
    if left < 0:
        return f"{-left} {'day' if left == -1 else 'days'} late", "red"
    if left == 0:
        return "Today is the last day", "red"
    colour = "orange" if left <= REMIND_AT[1] else "blue"
    return f"{left} {'day' if left == 1 else 'days'} left", colour
