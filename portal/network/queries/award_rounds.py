"""Rounds of awards and those who may assess in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Select, func, or_, select

from portal.accounts.models import User
from portal.db import current_session
from portal.network.models import (
    AwardApplication,
    AwardAssessment,
    AwardAssessor,
    AwardRound,
    NetworkMember,
)


@dataclass(frozen=True, slots=True)
class RoundFacts:
    """A round; ``counts`` says how many applications stand in each state."""

    id: int
    reference: str
    title: str
    about: str
    criteria_version: int
    sectors: tuple[str, ...]
    opens_on: date
    closes_on: date
    decide_by: date
    valid_months: int
    state: str
    cancelled_reason: str | None
    revision: int
    counts: Mapping[str, int] = field(default_factory=dict)

    def is_open(self, day: date) -> bool:
        """Whether applications are taken on a day, also before the job of the day has run."""
        return self.state in {"planned", "open"} and self.opens_on <= day <= self.closes_on

    @property
    def applications(self) -> int:
        """How many applications were begun, withdrawn ones left out."""
        return sum(number for state, number in self.counts.items() if state != "withdrawn")


@dataclass(frozen=True, slots=True)
class AssessorLine:
    """Somebody who may assess in a round, and how many applications they have in it."""

    user_id: int
    name: str
    email: str
    given: int
    done: int


_COLUMNS = tuple(getattr(AwardRound, name) for name in RoundFacts.__slots__ if name != "counts")


def rounds(*, limit: int, offset: int = 0) -> list[RoundFacts]:
    """Rounds, the latest first, with their counts: two statements."""
    return _facts(
        select(*_COLUMNS)
        .order_by(AwardRound.opens_on.desc(), AwardRound.id.desc())
        .limit(limit)
        .offset(offset),
        counted=True,
    )


def how_many() -> int:
    """The number of all rounds."""
    return current_session().scalar(select(func.count(AwardRound.id))) or 0


def round_(reference: str, *, counted: bool = False) -> RoundFacts | None:
    """One round."""
    found = _facts(select(*_COLUMNS).where(AwardRound.reference == reference), counted=counted)
    return found[0] if found else None


def round_by_id(round_id: int) -> RoundFacts:
    """The round with this key.

    Raises:
        IndexError: when there is none.
    """
    return _facts(select(*_COLUMNS).where(AwardRound.id == round_id), counted=False)[0]


def now_or_next(day: date) -> RoundFacts | None:
    """The round that takes applications on a day, or the next one that will."""
    found = _facts(
        select(*_COLUMNS)
        .where(AwardRound.state.in_(("planned", "open")), AwardRound.closes_on >= day)
        .order_by(AwardRound.opens_on, AwardRound.id)
        .limit(1),
        counted=False,
    )
    return found[0] if found else None


def overlapping(opens_on: date, closes_on: date, *, but: int | None = None) -> str | None:
    """The title of another round that takes applications in these days."""
    query = select(AwardRound.title).where(
        AwardRound.state != "cancelled",
        AwardRound.opens_on <= closes_on,
        AwardRound.closes_on >= opens_on,
    )
    if but is not None:
        query = query.where(AwardRound.id != but)
    return current_session().scalar(query.limit(1))


def due(day: date) -> list[str]:
    """References of rounds that open, close or can be ended by a day."""
    return list(
        current_session().scalars(
            select(AwardRound.reference)
            .where(
                or_(
                    (AwardRound.state == "planned") & (AwardRound.opens_on <= day),
                    (AwardRound.state == "open") & (AwardRound.closes_on < day),
                    AwardRound.state == "assessing",
                )
            )
            .order_by(AwardRound.id)
        )
    )


def to_change(reference: str) -> AwardRound | None:
    """A round, held until the unit of work ends."""
    return current_session().scalar(
        select(AwardRound)
        .where(AwardRound.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def by_id_to_change(round_id: int) -> AwardRound:
    """The round with this key, held until the unit of work ends."""
    return (
        current_session()
        .scalars(
            select(AwardRound)
            .where(AwardRound.id == round_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .one()
    )


def assessors(round_id: int) -> list[AssessorLine]:
    """Who may assess in a round, those with the fewest applications first."""
    given = (
        select(
            AwardAssessment.user_id,
            func.count(AwardAssessment.id).label("given"),
            func.count(AwardAssessment.done_at).label("done"),
        )
        .join(AwardApplication, AwardApplication.id == AwardAssessment.application_id)
        .where(AwardApplication.round_id == round_id, AwardAssessment.state != "stood_down")
        .group_by(AwardAssessment.user_id)
        .subquery()
    )
    rows = current_session().execute(
        select(
            User.id,
            User.name,
            User.email,
            func.coalesce(given.c.given, 0),
            func.coalesce(given.c.done, 0),
        )
        .join(AwardAssessor, AwardAssessor.user_id == User.id)
        .outerjoin(given, given.c.user_id == User.id)
        .where(AwardAssessor.round_id == round_id)
        .order_by(func.coalesce(given.c.given, 0), User.name, User.id)
    )
    return [AssessorLine(*row) for row in rows]


def member_employers() -> list[int]:
    """Keys of all employers in the network."""
    return list(
        current_session().scalars(
            select(NetworkMember.employer_id)
            .where(NetworkMember.left_at.is_(None))
            .order_by(NetworkMember.id)
        )
    )


def assessor(round_id: int, user_id: int) -> AwardAssessor | None:
    """That somebody may assess in a round."""
    return current_session().scalar(
        select(AwardAssessor).where(
            AwardAssessor.round_id == round_id, AwardAssessor.user_id == user_id
        )
    )


def _facts(query: Select[*tuple[object, ...]], *, counted: bool) -> list[RoundFacts]:
    rows = [dict(row) for row in current_session().execute(query).mappings()]
    counts: dict[int, dict[str, int]] = {}
    if counted and rows:
        found = current_session().execute(
            select(AwardApplication.round_id, AwardApplication.state, func.count())
            .where(AwardApplication.round_id.in_([row["id"] for row in rows]))
            .group_by(AwardApplication.round_id, AwardApplication.state)
        )
        for round_id, state, number in found:
            counts.setdefault(round_id, {})[state] = number
    for row in rows:
        row["sectors"] = tuple(row["sectors"] or ())
    return [RoundFacts(**row, counts=counts.get(row["id"], {})) for row in rows]
