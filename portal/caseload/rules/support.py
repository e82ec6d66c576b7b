"""Support that was delivered: what a record must say, who may have it free, what looks odd.

Fully funded support takes the most resources, so it is reserved for employers with fewer than 250
employees, to reduce deadweight (file 004, Initiative 3). Resources, the network and events are
open to every employer of the target sectors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from portal.caseload.rules.confirmations import is_overdue
from portal.caseload.rules.words import (
    AUDIENCES,
    FUNDING,
    SUPPORT_DESIGNS,
    SUPPORT_KINDS,
    SUPPORT_MODES,
)
from portal.caseload.rules.working_days import is_working_day
from portal.kernel.result import Problem

FULLY_FUNDED: Final = "fully_funded"
MOST_ATTENDING: Final = 100_000
MOST_EMPLOYERS: Final = 40
MOST_MINUTES: Final = 24 * 60
# Support may be recorded for a case so many months after it was closed.
MONTHS_AFTER_CLOSING: Final = 12
_SATURDAY: Final = 5

# How the employer's confirmation of its part stands.
CONFIRMATION: Final[Mapping[str, str]] = {
    "not_asked": "Not asked yet",
    "awaiting": "Awaiting an answer",
    "overdue": "Answer overdue",
    "confirmed": "Confirmed",
    "disputed": "Disputed",
}
CONFIRMATION_COLOURS: Final[Mapping[str, str]] = {
    "not_asked": "grey",
    "awaiting": "blue",
    "overdue": "orange",
    "confirmed": "green",
    "disputed": "red",
}


@dataclass(frozen=True, slots=True)
class Delivered:
    """What an adviser says of one delivery. ``minutes`` is its length; choices are keys."""

    kind: str
    design: str
    audience: tuple[str, ...]
    title: str
    delivered_on: date
    minutes: int
    mode: str
    place: str
    trainer: str
    funding: str
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Attending:
    """One employer's part: the reference of its case, and how many of its people were there."""

    case: str
    attended: int
    part_time: int | None = None


class Sized(Protocol):
    """An employer as far as its size matters."""

    @property
    def employer_name(self) -> str:
        """The name people know."""

    @property
    def headcount(self) -> int | None:
        """Employees, if known."""


def named(names: Sequence[str]) -> str:
    """Names in a sentence: "A", "A and B", "A, B and C"."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def funding_problem(funding: str, employers: Iterable[Sized], *, sme_limit: int) -> Problem | None:
    """Why support cannot be fully funded for these employers, naming them; None when it can.

    An employer of unknown size is refused too, until its size is known.
    """
    if funding != FULLY_FUNDED:
        return None
    every = list(employers)
    large = [e.employer_name for e in every if e.headcount is not None and e.headcount >= sme_limit]
    unknown = [e.employer_name for e in every if e.headcount is None]
    rule = f"resource-intensive support is reserved for employers with fewer than {sme_limit:,}"
    if large:
        have = "has" if len(large) == 1 else "have"
        return Problem(
            "too_large",
            f"{named(large)} {have} {sme_limit:,} or more employees, and {rule}. Choose “"
            f"{FUNDING['employer_pays']}” instead, or offer the resources, the network and the "
            "events, which are open to every employer",
            "funding",
        )
    if unknown:
        return Problem(
            "size_unknown",
            f"Say how many people work at {named(unknown)} first: fully funded, {rule}",
            "funding",
        )
    return None


def delivery_problem(given: Delivered, *, today: date) -> Problem | None:
    """The first thing that is missing or cannot be, or None."""
    checks = (
        (given.kind in SUPPORT_KINDS, "Choose what kind of support it was", "kind"),
        (given.design in SUPPORT_DESIGNS, "Choose off the peg or bespoke", "design"),
        (bool(given.title.strip()), "Enter a title", "title"),
        (
            bool(given.audience) and set(given.audience) <= AUDIENCES.keys(),
            "Choose who it was for",
            "audience",
        ),
        (given.delivered_on <= today, "The date cannot be in the future", "delivered_on"),
        (
            1 <= given.minutes <= MOST_MINUTES,
            "The length must be between 1 minute and 24 hours",
            "hours",
        ),
        (given.mode in SUPPORT_MODES, "Choose at a place or online", "mode"),
        (given.mode != "place" or bool(given.place.strip()), "Enter where it was", "place"),
        (bool(given.trainer.strip()), "Enter who led it", "trainer"),
        (given.funding in FUNDING, "Choose who pays", "funding"),
    )
    return next(
        (Problem(f"bad_{field}", words, field) for held, words, field in checks if not held), None
    )


def attending_problem(attending: Sequence[Attending]) -> Problem | None:
    """What cannot be about the employers attending, whoever they are, or None."""
    if not attending:
        return Problem("no_employer", "Add at least one employer that attended", "rows")
    if len(attending) > MOST_EMPLOYERS:
        return Problem("too_many", f"At most {MOST_EMPLOYERS} employers fit one record")
    if len({row.case for row in attending}) < len(attending):
        return Problem("employer_twice", "Each employer can be in the record once")
    for row in attending:
        if not 1 <= row.attended <= MOST_ATTENDING:
            return Problem(
                "bad_attended", "At least one person of each employer must have been there"
            )
        if row.part_time is not None and not 0 <= row.part_time <= row.attended:
            return Problem(
                "bad_part_time", "Part-time people attending cannot be more than attended"
            )
    return None


def earliest_closing(today: date) -> date:
    """The first day on which a case may have been closed for support to be recorded for it."""
    year = today.year - MONTHS_AFTER_CLOSING // 12
    try:
        return today.replace(year=year)
    except ValueError:
        return today.replace(year=year, day=28)


def odd_day(day: date) -> str:
    """Words about a day on which support is seldom delivered, or nothing."""
    if is_working_day(day):
        return ""
    what = f"a {day:%A}" if day.weekday() >= _SATURDAY else "a bank holiday"
    return f"{day.day} {day:%B %Y} is {what}"


def odd_numbers(
    name: str,
    *,
    attended: int,
    part_time: int | None,
    headcount: int | None,
    part_time_headcount: int | None,
) -> str:
    """Words about more people attending than work there, or nothing."""
    if headcount is not None and attended > headcount:
        return f"{attended:,} people of {name} attended, but {headcount:,} work there"
    if part_time is None or part_time_headcount is None:
        return ""
    if part_time > part_time_headcount:
        return (
            f"{part_time:,} part-time people of {name} attended, "
            f"but {part_time_headcount:,} work there"
        )
    return ""


def confirmation_state(state: str | None, due_on: date | None, *, today: date) -> str:
    """How a confirmation stands, as a key of ``CONFIRMATION``."""
    if state is None:
        return "not_asked"
    if due_on is not None and is_overdue(state, due_on, today=today):
        return "overdue"
    return state
