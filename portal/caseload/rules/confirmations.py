"""What an employer is asked to confirm, in plain words, and how its answer stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from portal.caseload.rules.words import SESSION_MODES, SUPPORT_KINDS, SUPPORT_MODES

SubjectKind = Literal["session", "attendance"]
SUBJECTS: Final[tuple[SubjectKind, ...]] = ("session", "attendance")
REMIND_DAYS_BEFORE: Final = 3
STANDINGS: Final[Mapping[str, tuple[str, str]]] = {
    "awaiting": ("Waiting for the employer", "blue"),
    "overdue": ("Overdue", "orange"),
    "confirmed": ("Confirmed by the employer", "green"),
    "disputed": ("The employer says it is not right", "red"),
    "replaced": ("Replaced", "grey"),
}
_HOUR: Final = 60


@dataclass(frozen=True, slots=True)
class Subject:
    """An in-depth session, or one employer's attendance at support, as its employer reads it.

    ``present`` lists people with their jobs; ``attended`` is how many of the employer's people
    came, for support only. ``closed_to_answers``: it was withdrawn.
    """

    kind: SubjectKind
    record_id: int
    reference: str
    case_id: int
    case_reference: str
    organisation_id: int
    provider_name: str
    employer_id: int
    employer_reference: str
    employer_name: str
    on: date
    minutes: int
    mode: str
    place: str
    present: tuple[str, ...] = ()
    support_kind: str = ""
    title: str = ""
    trainer: str = ""
    attended: int | None = None
    withdrawn: bool = False


def long_day(day: date) -> str:
    """A day as it is read out: 3 March 2026."""
    return f"{day.day} {day:%B %Y}"


def length(minutes: int) -> str:
    """A length of time in words: 2 hours 30 minutes."""
    hours, rest = divmod(minutes, _HOUR)
    parts = []
    if hours:
        parts.append(f"{hours} hour{'s' if hours != 1 else ''}")
    if rest or not hours:
        parts.append(f"{rest} minute{'s' if rest != 1 else ''}")
    return " ".join(parts)


def what(subject: Subject) -> str:
    """What took place, as it follows "please confirm"."""
    day = long_day(subject.on)
    if subject.kind == "session":
        return f"the in-depth session on {day}"
    kind = SUPPORT_KINDS[subject.support_kind].lower()
    return f"the {kind} “{subject.title}” on {day}"


def lines(subject: Subject) -> list[tuple[str, str]]:
    """Exactly what is to be confirmed: labels and values, in the order in which they are read."""
    modes = SESSION_MODES if subject.kind == "session" else SUPPORT_MODES
    happened = (
        "In-depth diagnostic session"
        if subject.kind == "session"
        else f"{SUPPORT_KINDS[subject.support_kind]}: {subject.title}"
    )
    where = ", ".join(part for part in (modes[subject.mode], subject.place) if part)
    found = [
        ("Employer", subject.employer_name),
        ("What took place", happened),
        ("When", long_day(subject.on)),
        ("How long", length(subject.minutes)),
        ("How", where),
        ("Led by", ", ".join(part for part in (subject.trainer, subject.provider_name) if part)),
    ]
    if subject.attended is not None:
        people = "1 person" if subject.attended == 1 else f"{subject.attended:,} people"
        found.append(("Who attended", f"{people} from {subject.employer_name}"))
    if subject.present:
        found.append(("Who was there", "; ".join(subject.present)))
    return found


def is_overdue(state: str, due_on: date, *, today: date) -> bool:
    """Whether an employer has let the last day for its answer pass."""
    return state == "awaiting" and today > due_on


def remind_from(due_on: date) -> date:
    """The first day on which somebody who has not answered is reminded, once."""
    return due_on - timedelta(days=REMIND_DAYS_BEFORE)
