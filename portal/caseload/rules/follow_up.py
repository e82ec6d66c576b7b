"""Light-touch follow-ups: when they fall due, what is asked, and how an answer is counted.

The service's design asks at set intervals whether a practice is embedded (file 004, Initiative 3);
how many months is a setting of the programme.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from typing import Final

from portal.caseload.rules.words import CONTACT_KINDS, Choices
from portal.caseload.rules.working_days import next_working_day
from portal.kernel.clock import LONDON, today, utc_now

MOST_MONTHS = 36
SOON_DAYS = 7
"""A follow-up due within so many days is listed, and the employer is told that we will ring."""
EMBEDDED = "embedded"
NOT_ASKED = "not_asked"
ANSWER_WORDS: Final[Choices] = {
    EMBEDDED: "Embedded",
    "under_way": "Under way",
    "not_started": "Not started",
    "stopped": "Stopped",
    NOT_ASKED: "Not asked",
}
CHANNELS: Final[Choices] = {kind: text for kind, text in CONTACT_KINDS.items() if kind != "note"}
_MONTHS_A_YEAR = 12


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month where it has no such day."""
    years, month = divmod(day.month - 1 + months, _MONTHS_A_YEAR)
    year = day.year + years
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def due_on(agreed_on: date, months: int) -> date:
    """When a follow-up is due: months after the agreement, on a working day in England."""
    return next_working_day(add_months(agreed_on, months))


def name(months: int) -> str:
    """What a follow-up is called."""
    return f"{months}-month follow-up"


def days_late(due: date, day: date) -> int:
    """How many days after its day something is; 0 when it is not late."""
    return max(0, (day - due).days)


def timing(due: date, done: date) -> str:
    """When a follow-up was done, against its day: on the day, late or early, in words."""
    days = (done - due).days
    if days == 0:
        return "on the day"
    word = "day" if abs(days) == 1 else "days"
    return f"{abs(days)} {word} {'late' if days > 0 else 'early'}"


def instant_of(day: date) -> datetime:
    """An instant for what is dated by a day alone: now when it is today, else noon in London."""
    if day == today():
        return utc_now()
    return datetime.combine(day, time(12), LONDON).astimezone(UTC)


def counted(answers: Iterable[str]) -> tuple[int, int]:
    """How many practices are embedded, and of how many that were asked about."""
    asked = [answer for answer in answers if answer != NOT_ASKED]
    return sum(answer == EMBEDDED for answer in asked), len(asked)


def counted_words(answers: Iterable[str]) -> str:
    """The same in words, fit to follow a colon."""
    embedded, asked = counted(answers)
    if asked == 0:
        return "no practice was asked about"
    if asked == 1:
        return "the one practice asked about is " + ("embedded" if embedded else "not embedded")
    return f"{embedded} of {asked} practices asked about are embedded"


def listed_days(days: Mapping[int, date]) -> str:
    """When follow-ups are planned, in one sentence's end: months → day."""
    parts = [f"{day.day} {day:%B %Y} ({months} months)" for months, day in sorted(days.items())]
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]])) if parts else ""
