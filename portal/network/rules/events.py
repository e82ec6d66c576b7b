"""Events: what is wrong with one, when it can be joined, and who is reminded or checked in when.

Times are instants in UTC; days and times of the clock are London's, whatever the season.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from portal.kernel.clock import LONDON, london
from portal.kernel.result import Problem
from portal.network.rules.event_questions import Question, question_faults
from portal.network.rules.words import EVENT_MODES

MOST_PLACES: Final = 5000
MOST_OFFER_HOURS: Final = 168
# On one day; an event of several days lasts so many, the first and the last included.
LONGEST: Final = timedelta(hours=14)
MOST_DAYS: Final = 14
# Days before an event on which those with a place are reminded, the nearest first.
REMINDERS: Final = (1, 7)
# By its code an event is checked into from an hour before it begins until two after its end.
DOORS_OPEN: Final = timedelta(hours=1)
DOORS_CLOSE: Final = timedelta(hours=2)
PLACE_LENGTH: Final = 500
SUMMARY_LENGTH: Final = 300
BODY_LENGTH: Final = 10_000

_TIME: Final = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?", re.IGNORECASE)
_NOON: Final = 12


@dataclass(frozen=True, slots=True)
class EventDetails:
    """An event as staff type it; ``starts`` and ``ends`` are times of London's clock.

    ``ends_on`` is its last day, where that is not the first.
    """

    title: str
    summary: str
    mode: str
    day: date
    starts: str
    ends: str
    body: str = ""
    series: str = ""
    dimension: str = ""
    sectors: tuple[str, ...] = ()
    districts: tuple[str, ...] = ()
    ends_on: date | None = None
    place: str = ""
    access_notes: str = ""
    online_address: str = ""
    closes_on: date | None = None
    capacity: int | None = None
    offer_hours: int = 24
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class EventTimes:
    """When an event begins, ends, and is closed for registration."""

    starts_at: datetime
    ends_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """An event as a calendar takes it. ``sequence`` rises with each change."""

    uid: str
    title: str
    about: str
    place: str
    address: str
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    sequence: int = 0
    cancelled: bool = False


def read_time(text: str) -> time | None:
    """A time of day from "9:30", "14.00", "2pm" or "9"; None when it is none."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half:
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if half == "pm" else 0)
    try:
        return time(hour, minute)
    except ValueError:
        return None


def instant(day: date, at: time, *, field: str) -> datetime | Problem:
    """The instant of a time on a day in London.

    Refused in the hour that the clocks leave out in March, and in the one that comes twice in
    October: nobody would know when to come.
    """
    first = datetime.combine(day, at, LONDON)
    second = first.replace(fold=1)
    if first.astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) != first.replace(tzinfo=None):
        words = f"The clocks go forward on that day: there is no {at:%H:%M}"
        return Problem("time_left_out", words, field)
    if first.utcoffset() != second.utcoffset():
        words = f"The clocks go back on that day: {at:%H:%M} comes twice. Choose another time"
        return Problem("time_twice", words, field)
    return first.astimezone(UTC)


def times_of(details: EventDetails) -> EventTimes | list[Problem]:
    """The instants of an event, or what is wrong with what was typed."""
    read = {"starts": read_time(details.starts), "ends": read_time(details.ends)}
    problems = [
        Problem("bad_time", "Enter a time, like 9:30 or 2pm", name)
        for name, value in read.items()
        if value is None
    ]
    found: dict[str, datetime] = {}
    last_day = details.ends_on or details.day
    days = {"starts": details.day, "ends": last_day}
    for name, value in read.items():
        made = None if value is None else instant(days[name], value, field=name)
        if isinstance(made, Problem):
            problems.append(made)
        elif made is not None:
            found[name] = made
    if problems:
        return problems
    starts_at, ends_at = found["starts"], found["ends"]
    problem = _length_problem(details.day, last_day, ends_at - starts_at)
    if problem is not None:
        return [problem]
    closes_at = starts_at
    if details.closes_on is not None:
        # Until the end of that day in London.
        midnight = datetime.combine(details.closes_on + timedelta(days=1), time(), LONDON)
        closes_at = min(midnight.astimezone(UTC), starts_at)
    return EventTimes(starts_at, ends_at, closes_at)


def _length_problem(first: date, last: date, length: timedelta) -> Problem | None:
    days = (last - first).days + 1
    if days < 1:
        return Problem("ends_first", "The last day must not be before the first", "ends_on")
    if length <= timedelta():
        return Problem("ends_first", "The end must be after the start", "ends")
    if days == 1 and length > LONGEST:
        return Problem("too_long", "An event on one day lasts 14 hours or less", "ends")
    if days > MOST_DAYS:
        words = f"An event lasts {MOST_DAYS} days or fewer. Make several events of a series instead"
        return Problem("too_long", words, "ends_on")
    return None


def faults(details: EventDetails) -> list[Problem]:
    """What is wrong with an event beside its times."""
    found = []
    if details.mode not in EVENT_MODES:
        found.append(Problem("mode", "Choose how people take part", "mode"))
    if details.mode != "online" and not details.place.strip():
        found.append(Problem("no_place", "Enter the place, with its postcode", "place"))
    address = details.online_address.strip()
    if address and not address.startswith("https://"):
        words = "Enter a whole address that begins with https://"
        found.append(Problem("bad_address", words, "online_address"))
    if address and details.mode == "in_person":
        words = "An event in person has no online address. Choose “In person and online”"
        found.append(Problem("address_unused", words, "online_address"))
    if details.closes_on is not None and details.closes_on > details.day:
        words = "Registration closes on the day of the event or before"
        found.append(Problem("closes_late", words, "closes_on"))
    if details.capacity is not None and not 1 <= details.capacity <= MOST_PLACES:
        found.append(Problem("capacity", f"Places are from 1 to {MOST_PLACES:,}", "capacity"))
    if not 1 <= details.offer_hours <= MOST_OFFER_HOURS:
        words = f"A place is kept from 1 to {MOST_OFFER_HOURS} hours"
        found.append(Problem("offer_hours", words, "offer_hours"))
    return [*found, *question_faults(details.questions)]


def closed_because(
    *, state: str, starts_at: datetime, closes_at: datetime, now: datetime
) -> Problem | None:
    """Why nobody can register for an event, if nobody can."""
    if state == "cancelled":
        return Problem("event_cancelled", "This event is cancelled, so nobody can register for it")
    if state == "draft":
        return Problem("not_published", "This event is not open for registration yet")
    if state == "held" or now >= starts_at:
        return Problem("event_over", "This event has begun, so registration is closed")
    if now >= closes_at:
        return Problem("closed", "Registration for this event is closed")
    return None


def cannot_cancel(*, state: str, starts_at: datetime, ends_at: datetime, now: datetime) -> str:
    """Why a place at an event cannot be given back, in words; empty when it can."""
    if state == "cancelled":
        return "The event is cancelled, so there is no place to give back"
    if now >= ends_at:
        return "The event is over, so a place cannot be given back any more"
    if now >= starts_at:
        return "The event has begun, so a place cannot be given back any more"
    return ""


def offer_until(*, now: datetime, starts_at: datetime, hours: int) -> datetime | None:
    """Until when a place is kept for the next in the queue; None once the event has begun."""
    if now >= starts_at:
        return None
    return min(now + timedelta(hours=hours), starts_at)


def due_reminder(
    *, starts_at: datetime, since: datetime, now: datetime, sent: int | None
) -> int | None:
    """For how many days before the event a reminder is due; None when none is.

    Days are London's. Who registered within those days has just been told and is not reminded.
    """
    if now >= starts_at:
        return None
    day = london(starts_at).date()
    left = (day - london(now).date()).days
    due = next((days for days in REMINDERS if left <= days), None)
    if due is None or (sent is not None and sent <= due):
        return None
    return due if london(since).date() < day - timedelta(days=due) else None


def doors_closed(*, starts_at: datetime, ends_at: datetime, now: datetime) -> Problem | None:
    """Why people cannot check themselves in now, if they cannot."""
    if now < starts_at - DOORS_OPEN:
        return Problem("too_early", "Check-in opens an hour before the event begins")
    if now > ends_at + DOORS_CLOSE:
        return Problem("too_late", "Check-in is closed: the event is over. Ask who ran it")
    return None


def when_words(starts_at: datetime, ends_at: datetime) -> str:
    """When an event is, on London's clock: "Tuesday 2 March 2027, 10:00 to 12:00"."""
    begins, ends = london(starts_at), london(ends_at)
    said = f"{begins:%A} {begins.day} {begins:%B %Y}, {begins:%H:%M} to"
    if begins.date() == ends.date():
        return f"{said} {ends:%H:%M}"
    return f"{said} {ends:%A} {ends.day} {ends:%B %Y}, {ends:%H:%M}"


def length_words(starts_at: datetime, ends_at: datetime) -> str:
    """How long an event is: "2 hours 30 minutes", or "3 days" where it goes on another day.

    The hours of each of several days are not known, so none are claimed.
    """
    days = (london(ends_at).date() - london(starts_at).date()).days + 1
    if days > 1:
        return f"{days} days"
    hours, minutes = divmod(int((ends_at - starts_at).total_seconds() // 60), 60)
    said = (
        hours and f"{hours} hour{'s' if hours > 1 else ''}",
        minutes and f"{minutes} minutes",
    )
    return " ".join(part for part in said if part)


def until_words(instant_: datetime) -> str:
    """A deadline on London's clock: "14:30 on Tuesday 2 March 2027"."""
    at = london(instant_)
    return f"{at:%H:%M} on {at:%A} {at.day} {at:%B %Y}"
