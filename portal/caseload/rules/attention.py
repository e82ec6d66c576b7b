"""Which cases want somebody's attention, and what an engagement still lacks to be claimed.

An engagement is paid once a business in a target sector took part in an initial diagnostic session;
the rate depends on its size, so both must be known, and the session must stand on records that the
employer has confirmed (file 004: payment for outputs). ``queries.lists`` says the same in SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from portal.kernel.clock import LONDON, london

SESSION_HELD: Final = frozenset({"held", "asked", "confirmed", "disputed"})
SESSION_CONFIRMED: Final = "confirmed"
SESSION_UNCONFIRMED: Final = ("held", "asked", "disputed")


class Gap(StrEnum):
    """What an engagement lacks before it can be claimed."""

    SECTOR = "sector"
    SIZE = "size"
    SESSION = "session"
    DIAGNOSTIC = "diagnostic"
    CONFIRMATION = "confirmation"

    @property
    def words(self) -> str:
        """The gap on screen, as it follows "missing:"."""
        return _GAPS[self]


_GAPS: Final[Mapping[Gap, str]] = {
    Gap.SECTOR: "an activity in a target sector",
    Gap.SIZE: "the number of employees",
    Gap.SESSION: "the record of the in-depth session",
    Gap.DIAGNOSTIC: "a completed diagnostic",
    Gap.CONFIRMATION: "the employer's confirmation of the session",
}


@dataclass(frozen=True, slots=True)
class EngagementFacts:
    """What is known of a case that bears on claiming its engagement."""

    in_target_sector: bool
    size_known: bool
    session_recorded: bool
    diagnostic_completed: bool
    session_confirmed: bool


def engagement_readiness(facts: EngagementFacts) -> list[Gap]:
    """What is missing before the engagement can be claimed, in the order of the work; [] = ready.

    A session that is not recorded cannot be confirmed either, so then both are missing.
    """
    present = {
        Gap.SECTOR: facts.in_target_sector,
        Gap.SIZE: facts.size_known,
        Gap.SESSION: facts.session_recorded,
        Gap.DIAGNOSTIC: facts.diagnostic_completed,
        Gap.CONFIRMATION: facts.session_confirmed,
    }
    return [gap for gap in Gap if not present[gap]]


def is_almost_claimable(gaps: list[Gap]) -> bool:
    """Whether exactly one thing is missing."""
    return len(gaps) == 1


def start_of_day(day: date) -> datetime:
    """The instant (UTC) at which a London day begins."""
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def quiet_before(today: date, quiet_days: int) -> datetime:
    """The instant (UTC) before which the last contact must lie for a case to be quiet."""
    return start_of_day(today - timedelta(days=quiet_days - 1))


def is_quiet(
    *, last_contact_at: datetime | None, opened_at: datetime, today: date, quiet_days: int
) -> bool:
    """Whether nobody was reached for ``quiet_days`` days or more, counted in London days.

    A case whose employer was never reached counts from the day on which it was opened.
    """
    latest = london(last_contact_at or opened_at).date()
    return (today - latest).days >= quiet_days


def days_late(due_on: date, today: date) -> int:
    """How many days ago something was due; 0 when it is due today or later."""
    return max((today - due_on).days, 0)


def end_of_week(today: date) -> date:
    """The Sunday that ends the present week."""
    return today + timedelta(days=6 - today.weekday())


def ended_as(*, planned: str, logged: str, reached: bool) -> str:
    """How a planned action ends when a contact brings a new one: ``done`` or ``moved``.

    A call that reached nobody was not done, only moved; writing was done once it was written.
    """
    if reached or planned == "other" or (planned == "email" and logged == "email"):
        return "done"
    return "moved"
