"""Asking, offering and agreeing: limits, deadlines, what is judged and what it means."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from portal.caseload.rules.working_days import add_working_days
from portal.kernel.clock import LONDON, london
from portal.kernel.result import Problem
from portal.network.rules.matching import SAYS
from portal.network.rules.words import NAME_LENGTH, PEER_OUTCOMES
from portal.toolkit.rules.words import DIMENSIONS

QUESTION_LENGTH: Final = 1000
ABOUT_LENGTH: Final = 600
WORDS_LENGTH: Final = 1000
MOST_CAPACITY: Final = 20
# Working days that both sides have to agree, and after how many we remind whoever has not.
ANSWER_DAYS: Final = 10
REMIND_AFTER: Final = 5
# Days after the introduction at which we ask both what came of it.
OUTCOME_DAYS: Final = 60
SIDES: Final = ("asker", "champion")
# A talk fills a place for so many days at most, if nobody says what came of it.
PLACE_DAYS: Final = 120
# A personal link ends with its match, and so many days after an introduction at the latest.
LINK_DAYS: Final = PLACE_DAYS
# Once one side has said what came of it, days that the other has to say it too.
LAST_WORD_DAYS: Final = 14
# With these the request is answered; with the others it opens again.
WORKED: Final = frozenset({"useful", "some"})
STANDING: Final = frozenset({"proposed", "introduced"})
REQUEST_STATES: Final[Mapping[str, str]] = {
    "open": "Looking for somebody",
    "matched": "Somebody is proposed",
    "closed": "Closed",
    "withdrawn": "Withdrawn",
}
MATCH_STATES: Final[Mapping[str, str]] = {
    "proposed": "Waiting for both to agree",
    "introduced": "Introduced",
    "declined": "Declined",
    "lapsed": "Not agreed in time",
    "withdrawn": "Withdrawn",
    "ended": "Ended",
}
# What either side reads: who said no, or why it was withdrawn, is nobody else's business.
SHOWN_STATES: Final[Mapping[str, str]] = {
    **MATCH_STATES,
    "declined": "Did not come about",
    "lapsed": "Did not come about",
    "withdrawn": "Did not come about",
}
STATE_COLOURS: Final[Mapping[str, str]] = {
    "open": "blue",
    "matched": "yellow",
    "proposed": "yellow",
    "introduced": "green",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What an employer asks, who is to be contacted, and what may be said of it."""

    topic: str
    question: str
    contact_name: str
    contact_email: str
    says: Collection[str]


@dataclass(frozen=True, slots=True)
class Offered:
    """What an employer offers others."""

    topics: Collection[str]
    about: str
    capacity: int
    contact_name: str
    contact_email: str
    says: Collection[str]
    is_paused: bool


def ask_faults(asked: Asked) -> list[Problem]:
    """What is wrong with a request."""
    return [
        problem
        for wrong, problem in (
            (asked.topic not in DIMENSIONS, _said("topic", "Choose what it is about")),
            (
                not asked.question.strip(),
                _said("question", "Write what you would like to ask"),
            ),
            (
                len(asked.question) > 4 * QUESTION_LENGTH,
                _said("question", f"The question can be {QUESTION_LENGTH} characters long"),
            ),
            *_about_people(asked),
        )
        if wrong
    ]


def offer_faults(offered: Offered, *, standing: int) -> list[Problem]:
    """What is wrong with an offer, where so many matches stand with it now."""
    return [
        problem
        for wrong, problem in (
            (
                not offered.topics or not set(offered.topics) <= set(DIMENSIONS),
                _said("topics", "Choose at least one subject"),
            ),
            (
                len(offered.about) > 4 * ABOUT_LENGTH,
                _said("about", f"What you have done can be {ABOUT_LENGTH} characters long"),
            ),
            (
                not 1 <= offered.capacity <= MOST_CAPACITY,
                _said("capacity", f"Enter a number from 1 to {MOST_CAPACITY}"),
            ),
            (
                1 <= offered.capacity < standing,
                _said(
                    "capacity",
                    f"You stand in {standing} matches now. Enter {standing} or more, or pause "
                    "the offer so that no more are added",
                ),
            ),
            *_about_people(offered),
        )
        if wrong
    ]


def _about_people(said: Asked | Offered) -> tuple[tuple[bool, Problem], ...]:
    return (
        (
            not said.contact_name.strip() or len(said.contact_name) > NAME_LENGTH,
            _said("contact_name", "Enter the name of the person to contact"),
        ),
        ("@" not in said.contact_email, _said("contact_email", "Enter their email address")),
        (not set(said.says) <= set(SAYS), _said("says", "Choose from the list")),
    )


def _said(field: str, message: str) -> Problem:
    return Problem("wrong", message, field)


# Time -------------------------------------------------------------------------------------------


def answer_by(proposed: datetime) -> datetime:
    """Until when both must agree: the end of the tenth working day in London, in UTC."""
    return end_of(add_working_days(london(proposed).date(), ANSWER_DAYS))


def end_of(day: date) -> datetime:
    """The first instant after a London day, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), LONDON).astimezone(UTC)


def last_day(due: datetime) -> date:
    """The last London day before an instant that ends one."""
    return london(due - timedelta(seconds=1)).date()


def is_remindable(proposed: datetime, *, now: datetime) -> bool:
    """Whether half of the time to agree is over."""
    return london(now).date() >= add_working_days(london(proposed).date(), REMIND_AFTER)


def asks_outcome(introduced: datetime, *, now: datetime) -> bool:
    """Whether it is time to ask what came of an introduction."""
    return (london(now).date() - london(introduced).date()).days >= OUTCOME_DAYS


# Outcomes ---------------------------------------------------------------------------------------


def outcome_of(asker: str | None, champion: str | None) -> str | None:
    """What came of a match once both have said; the asker knows whether it helped."""
    if asker is None or champion is None:
        return None
    return asker


def ends_with(asker: str | None, champion: str | None) -> str | None:
    """What counts when only one has said it and the time of the other is over."""
    return asker or champion


def last_word_by(said: datetime) -> datetime:
    """Until when the other side may say it too: the end of a London day, in UTC."""
    return end_of(london(said).date() + timedelta(days=LAST_WORD_DAYS))


def link_is_over(
    state: str, introduced: datetime | None, said: datetime | None, *, now: datetime
) -> bool:
    """Whether a personal link shows nothing of its match any more.

    It is open while the match waits, and after an introduction until both have said what came of
    it, for 120 days at most; who was asked for the last word keeps it until that word is due.
    """
    if state == "proposed":
        return False
    if state != "introduced" or introduced is None:
        return True
    until = introduced + timedelta(days=LINK_DAYS)
    return now >= (until if said is None else max(until, last_word_by(said)))


def request_after(outcome: str) -> str:
    """What becomes of the request: closed where it worked, else open again."""
    if outcome not in PEER_OUTCOMES:
        raise ValueError(f"{outcome!r} is no outcome")
    return "closed" if outcome in WORKED else "open"
