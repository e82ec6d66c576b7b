"""Breaches of personal data: what they are called, the 72 hours, and when one may be closed.

Article 33 of the UK GDPR: the ICO is told within 72 hours of becoming aware, unless a risk to
people is unlikely; what is later carries its reasons. Article 34: people are told where the risk is
high.
Every breach is written down, told or not (article 33(5)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from portal.kernel.result import Problem

HOURS: Final = 72
REMIND_AFTER_HOURS: Final = (24, 48, 60, 70)
RISKS: Final[Mapping[str, str]] = {
    "unknown": "Not judged yet",
    "unlikely": "A risk to people is unlikely",
    "risk": "A risk to people",
    "high": "A high risk to people",
}
KINDS: Final[Mapping[str, str]] = {
    "contact": "Names and how to reach people",
    "signin": "Passwords or sign-in details",
    "answers": "Answers and plans of employers",
    "notes": "Notes and files about cases",
    "workers": "Names of workers",
    "health": "Access or food needs, or other health data",
    "bank": "Bank details",
    "other": "Something else",
}
STEPS: Final[Mapping[str, str]] = {
    "found": "Recorded",
    "assessed": "Judged",
    "note": "Note",
    "reminded": "Managers reminded",
    "closed": "Closed",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What was decided about a breach so far."""

    found_at: datetime
    risk: str
    why: str
    ico_told_at: datetime | None
    ico_reason: str
    people_told_at: datetime | None
    people_reason: str
    lessons: str = ""


def ico_due_at(found_at: datetime) -> datetime:
    """The instant until which the ICO must be told. Nights and weekends count."""
    return found_at + timedelta(hours=HOURS)


def ico_outstanding(one: Judged) -> bool:
    """Whether the ICO may still have to be told: until it is, or a risk is judged unlikely."""
    return one.ico_told_at is None and one.risk != "unlikely"


def is_late(one: Judged, now: datetime) -> bool:
    """Whether the ICO was told, or still is to be told, after the 72 hours."""
    if one.risk == "unlikely" and one.ico_told_at is None:
        return False
    return (one.ico_told_at or now) > ico_due_at(one.found_at)


def clock_in_words(one: Judged, now: datetime) -> tuple[str, str]:
    """The state of the 72 hours in words, and the colour it is shown in."""
    if one.ico_told_at is not None:
        late = is_late(one, now)
        return ("ICO told late", "orange") if late else ("ICO told in time", "green")
    if one.risk == "unlikely":
        return "ICO need not be told", "grey"
    left = ico_due_at(one.found_at) - now
    hours = int(abs(left).total_seconds() // 3600)
    words = f"{hours} {'hour' if hours == 1 else 'hours'}"
    if left.total_seconds() < 0:
        return f"{words} past the 72", "red"
    return f"{words} left to tell the ICO", "orange" if hours <= REMIND_AFTER_HOURS[0] else "blue"


def faults(one: Judged, now: datetime) -> list[Problem]:
    """What cannot be as it was judged."""
    found = []
    if one.found_at > now:
        found.append(Problem("future", "We cannot have learnt of it in the future", "found_on"))
    for field, told in (("ico_told_on", one.ico_told_at), ("people_told_on", one.people_told_at)):
        if told is not None and not one.found_at <= told <= now:
            found.append(
                Problem("time", "This must lie between the time it was found and now", field)
            )
    if one.risk != "unknown" and not one.why:
        found.append(Problem("why", "Say why you judge the risk so", "why"))
    if one.risk == "unlikely" and one.ico_told_at is None and not one.ico_reason:
        found.append(Problem("not_told", "Say why the ICO is not told", "ico_reason"))
    if one.ico_told_at is not None and is_late(one, now) and not one.ico_reason:
        found.append(Problem("late", "Say why the ICO was told after 72 hours", "ico_reason"))
    return found


def open_points(one: Judged, now: datetime) -> list[Problem]:
    """What is missing before a breach can be closed."""
    found = faults(one, now)
    if one.risk == "unknown":
        found.append(Problem("risk", "Judge the risk to people first"))
    elif ico_outstanding(one):
        found.append(Problem("ico", "Tell the ICO first"))
    if one.risk == "high" and one.people_told_at is None and not one.people_reason:
        found.append(
            Problem("people", "Tell the people concerned first, or say why they are not told")
        )
    if not one.lessons:
        found.append(
            Problem("lessons", "Say what was learnt, and what is done so that it stays so")
        )
    return found
