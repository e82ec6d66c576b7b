"""The phone consultation and the in-depth session: what a record says and what must hold of it.

What the session records (organisational challenges, business benefits, possible goals, practical
solutions) and who is eligible follow the service's design (file 004, Initiative 3).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final, Literal

from portal.caseload.rules.words import BENEFITS, CHALLENGES, SESSION_MODES
from portal.kernel.clock import LONDON
from portal.kernel.people import NAME_LENGTH
from portal.kernel.result import Problem

MOST_MINUTES: Final = 24 * 60
MOST_PRESENT: Final = 20
EARLIEST: Final = date(2020, 1, 1)
WANTS: Final[Mapping[str, str]] = {
    "training": "Training or a workshop",
    "advice": "Advice for our own situation",
    "coaching": "Coaching for managers",
    "resources": "Guides and templates",
    "peers": "Meeting employers who have done it",
    "recruitment": "Help with adverts and recruitment",
    "unsure": "Not sure yet",
}
NEXT_STEPS: Final[Mapping[str, str]] = {
    "session": "Book the in-depth session",
    "think": "They want to think about it",
    "signpost": "Point them to other support",
    "not_eligible": "Not eligible for this support",
    "no": "They do not want to go on",
}
# Steps that need words, and what the words say.
NEEDS_WORDS: Final[Mapping[str, str]] = {
    "signpost": "Say where you pointed them to",
    "not_eligible": "Say why they are not eligible",
    "no": "Say why they do not want to go on",
}
SIDES: Final[Mapping[str, str]] = {"employer": "The employer", "provider": "The provider"}


@dataclass(frozen=True, slots=True)
class Consulted:
    """What was said in a phone consultation. ``held_on`` and ``next_on`` are London days.

    ``shares_outcomes``: whether the employer agrees to share data on outcomes; None when not asked.
    """

    held_on: date
    minutes: int
    with_name: str
    with_job: str = ""
    business: str = ""
    challenges: Sequence[str] = ()
    challenges_text: str = ""
    tried: str = ""
    wants: Sequence[str] = ()
    wants_text: str = ""
    next_step: str = ""
    next_step_text: str = ""
    next_kind: str = "visit"
    next_on: date | None = None
    shares_outcomes: bool | None = None


@dataclass(frozen=True, slots=True)
class RecordAnswers:
    """What the employer said about facts of its record; None is what was not answered."""

    headcount: int | None = None
    part_time_headcount: int | None = None
    iip_status: str | None = None
    iip_evidence: str = ""
    training_answer: str | None = None
    training_last_on: date | None = None
    training_note: str = ""


def check_consultation(given: Consulted, *, today: date, correction: bool) -> Problem | None:
    """The first thing wrong with a consultation.

    One that corrects an earlier one may leave the next action as it stands.
    """
    problem = _check_time(given.held_on, given.minutes, today=today, least=0)
    if problem is not None:
        return problem
    if not given.with_name.strip() or len(given.with_name.strip()) > NAME_LENGTH:
        return Problem("with_name", "Enter who you spoke to", "with_name")
    if not CHALLENGES.keys() >= set(given.challenges):
        return Problem("challenges", "Choose challenges from the list", "challenges")
    if not WANTS.keys() >= set(given.wants):
        return Problem("wants", "Choose support from the list", "wants")
    return _check_next_step(given, today, correction=correction)


def _check_next_step(given: Consulted, today: date, *, correction: bool) -> Problem | None:
    if given.next_step not in NEXT_STEPS:
        return Problem("next_step", "Choose what happens next", "next_step")
    if given.next_step in NEEDS_WORDS and not given.next_step_text.strip():
        return Problem("words_needed", NEEDS_WORDS[given.next_step], "next_step_text")
    field = "think_on" if given.next_step == "think" else "next_on"
    if given.next_step == "session" and given.next_on is None and not correction:
        return Problem("day_needed", "Enter the day of the in-depth session", field)
    if given.next_step in {"session", "think"} and given.next_on and given.next_on < today:
        return Problem("past_day", "The day must be today or later", field)
    return None


def check_answers(
    answers: RecordAnswers,
    *,
    on: date,
    known_part_time: int | None,
    known_on: Mapping[str, date | None],
) -> Problem | None:
    """Whether what was asked on the phone can go on the employer's record.

    ``known_on`` says from which day the record's own answers are, by ``headcount_on``, ``iip_on``
    and ``training_on``: an older answer never replaces a newer one.
    """
    if answers.part_time_headcount is not None and answers.headcount is None:
        return Problem("headcount", "Enter the number of all people as well", "headcount")
    if answers.headcount is not None and answers.part_time_headcount is None and known_part_time:
        return Problem(
            "part_time",
            f"Enter how many work part-time as well: the record says {known_part_time:,}",
            "part_time_headcount",
        )
    given = (
        (answers.headcount, "headcount_on", "headcount", "staff numbers"),
        (answers.iip_status, "iip_on", "iip_status", "answer about Investors in People"),
        (answers.training_answer, "training_on", "training_answer", "answer about training"),
    )
    for value, day_field, field, words in given:
        newer = known_on.get(day_field)
        if value is not None and newer is not None and newer > on:
            return Problem(
                "newer_known",
                f"The record has a newer {words} ({newer.day} {newer:%B %Y}). Leave this empty, or "
                "change the record itself",
                field,
            )
    if answers.training_last_on is not None and answers.training_last_on > on:
        return Problem("last_on", "The latest training must be before the call", "training_last_on")
    return None


@dataclass(frozen=True, slots=True)
class Present:
    """Somebody who took part in a session; ``side`` is ``employer`` or ``provider``."""

    name: str
    job: str
    side: str


@dataclass(frozen=True, slots=True)
class Held:
    """What is recorded of an in-depth session. ``held_on`` is a London day."""

    held_on: date
    minutes: int
    mode: str
    place: str
    present: tuple[Present, ...]
    challenges: Sequence[str] = ()
    challenges_text: str = ""
    benefits: Sequence[str] = ()
    benefits_text: str = ""
    goals_text: str = ""
    solutions_text: str = ""


def check_session(given: Held, *, today: date) -> Problem | None:
    """The first thing wrong with the record of a session."""
    problem = _check_time(given.held_on, given.minutes, today=today, least=1)
    if problem is not None:
        return problem
    checks = (
        (given.mode not in SESSION_MODES, "mode", "Choose how you met"),
        (
            given.mode == "face_to_face" and not given.place.strip(),
            "place",
            "Enter where you met",
        ),
        (
            any(not one.name.strip() or one.side not in SIDES for one in given.present),
            "present",
            "Enter a name for everybody, and which side they are on",
        ),
        (
            not any(one.side == "employer" for one in given.present),
            "present",
            "Enter at least one person from the employer",
        ),
        (
            len(given.present) > MOST_PRESENT,
            "present",
            f"Enter {MOST_PRESENT} people or fewer",
        ),
        (not CHALLENGES.keys() >= set(given.challenges), "challenges", "Choose from the list"),
        (not BENEFITS.keys() >= set(given.benefits), "benefits", "Choose from the list"),
    )
    for wrong, field, message in checks:
        if wrong:
            return Problem(f"bad_{field}", message, field)
    return None


def _check_time(day: date, minutes: int, *, today: date, least: int) -> Problem | None:
    if day > today:
        return Problem("in_future", "The day must be today or in the past", "held_on")
    if day < EARLIEST:
        return Problem("too_early", f"The day must be after {EARLIEST:%Y}", "held_on")
    if not least <= minutes <= MOST_MINUTES:
        return Problem("minutes", f"Minutes must be from {least} to {MOST_MINUTES:,}", "minutes")
    return None


def instant_of(day: date, *, now: datetime) -> datetime:
    """An instant for a day on which no time was asked: now on the day itself, else noon."""
    if day == now.astimezone(LONDON).date():
        return now
    return datetime.combine(day, time(12), LONDON)


def words_of(keys: Collection[str], choices: Mapping[str, str], text: str = "") -> list[str]:
    """Chosen keys in words, in the order of the choices, and what was added to them."""
    return [*(words for key, words in choices.items() if key in keys), *([text] if text else [])]


Verdict = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class EligibilityLine:
    """One condition of the support, whether the employer meets it, and why in words."""

    title: str
    verdict: Verdict
    words: str


def eligibility(
    *,
    sector: tuple[str, bool],
    district: tuple[str, bool],
    headcount: int | None,
    sme_limit: int,
) -> list[EligibilityLine]:
    """What an employer may have. ``sector`` and ``district`` are a title and whether it is meant.

    Employers of the target sectors in the area may use the service; fully funded training and
    consultancy is for those with fewer than ``sme_limit`` employees.
    """
    sector_title, is_target = sector
    district_title, in_area = district
    lines = [
        EligibilityLine(
            "Sector",
            "yes" if is_target else "no",
            f"{sector_title} is a target sector"
            if is_target
            else f"{sector_title} is not a target sector",
        ),
        EligibilityLine(
            "Area",
            "yes" if in_area else "no",
            f"{district_title} is in the area" if in_area else "Outside the programme's area",
        ),
    ]
    if headcount is None:
        size = EligibilityLine(
            "Fully funded support",
            "unknown",
            f"Ask how many people work there: it is for fewer than {sme_limit:,} employees",
        )
    elif headcount < sme_limit:
        size = EligibilityLine(
            "Fully funded support", "yes", f"{headcount:,} employees: fewer than {sme_limit:,}"
        )
    else:
        size = EligibilityLine(
            "Fully funded support",
            "no",
            f"{headcount:,} employees: training and consultancy are free for fewer than "
            f"{sme_limit:,}. Guides, the network and events are open to them",
        )
    return [*lines, size]
