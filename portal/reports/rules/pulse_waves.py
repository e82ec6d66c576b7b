"""When a survey of workers may be opened, closed and answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from portal.kernel.result import Problem
from portal.programme.rules.settings import LEAST_PULSE
from portal.reports.rules.pulse_privacy import LONGEST_DAYS, REST_DAYS, SHORTEST_DAYS

# No survey shows results of fewer answers, and no block holds fewer employers, whatever is set.
LEAST: Final = LEAST_PULSE


@dataclass(frozen=True, slots=True)
class Opening:
    """What an employer says when it opens a survey."""

    invited: int
    closes_on: date


def faults_of(
    opening: Opening, *, day: date, least: int, is_open: bool, last_closed_on: date | None
) -> list[Problem]:
    """Everything that stands in the way of opening a survey on a day."""
    faults = []
    if is_open:
        faults.append(Problem("open_already", "There is a survey open already"))
    elif last_closed_on is not None and day < (next_day := opens_again(last_closed_on)):
        faults.append(
            Problem(
                "too_soon",
                f"The last survey closed {_day(last_closed_on)}. The next one can open from "
                f"{_day(next_day)}: results of surveys close together could show who joined, left "
                "or changed their mind",
            )
        )
    if opening.invited < least:
        faults.append(
            Problem(
                "too_few",
                f"At least {least} people must be able to answer: with fewer, results could never "
                "be shown",
                "invited",
            )
        )
    if not SHORTEST_DAYS <= (opening.closes_on - day).days <= LONGEST_DAYS:
        faults.append(
            Problem(
                "days",
                f"The survey must stay open for {SHORTEST_DAYS} to {LONGEST_DAYS} days: until "
                f"{_day(day + timedelta(days=SHORTEST_DAYS))} at the earliest, "
                f"{_day(day + timedelta(days=LONGEST_DAYS))} at the latest",
                "closes_on",
            )
        )
    return faults


def opens_again(last_closed_on: date) -> date:
    """The first day on which the next survey may open."""
    return last_closed_on + timedelta(days=REST_DAYS)


def may_close(*, opened_on: date, day: date) -> bool:
    """Whether a survey may be closed early on a day.

    Not before a week is over: closing it just after somebody has answered would tell on them.
    """
    return (day - opened_on).days >= SHORTEST_DAYS


def takes_answers(*, state: str, closes_on: date, day: date) -> bool:
    """Whether a survey takes answers on a day; its last day is one of them."""
    return state == "open" and day <= closes_on


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
