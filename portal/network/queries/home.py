"""What is new in the network, and somebody's own corner of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.db import current_session
from portal.employers.models import Employer
from portal.kernel.clock import utc_now
from portal.network.models import Event, ForumThread, NetworkInvitation, NetworkMember
from portal.network.queries.invitations import brings_another


@dataclass(frozen=True, slots=True)
class OwnCorner:
    """One of a person's own employers: whether it is in the network, and what it shows."""

    reference: str
    name: str
    member: str | None
    shown: int
    brought: int


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that is still to come."""

    reference: str
    title: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class NewThread:
    """A thread that was written in lately; nobody's name goes with it."""

    reference: str
    title: str
    posts: int
    last_post_at: datetime


def own_corners(references: Collection[str]) -> list[OwnCorner]:
    """A person's own employers by name, those in the network or not."""
    brought = (
        select(func.count(NetworkInvitation.id))
        .where(NetworkInvitation.from_employer_id == Employer.id, brings_another())
        .correlate(Employer)
        .scalar_subquery()
    )
    rows = current_session().execute(
        select(
            Employer.reference,
            Employer.name,
            Employer.trading_name,
            NetworkMember.reference,
            NetworkMember.shown,
            brought,
        )
        .outerjoin(
            NetworkMember,
            (NetworkMember.employer_id == Employer.id) & NetworkMember.left_at.is_(None),
        )
        .where(Employer.reference.in_(references), Employer.merged_into_id.is_(None))
        .order_by(Employer.name, Employer.id)
    )
    return [
        OwnCorner(reference, trading or name, member, len(shown or ()), count)
        for reference, name, trading, member, shown, count in rows
    ]


def is_peer(references: Collection[str]) -> bool:
    """Whether one of a person's employers is in the network."""
    if not references:
        return False
    found = current_session().scalar(
        select(NetworkMember.id)
        .join(Employer, Employer.id == NetworkMember.employer_id)
        .where(Employer.reference.in_(references), NetworkMember.left_at.is_(None))
        .limit(1)
    )
    return found is not None


def how_many() -> int:
    """Employers in the network now, whatever they show."""
    return (
        current_session().scalar(
            select(func.count(NetworkMember.id))
            .join(Employer, Employer.id == NetworkMember.employer_id)
            .where(NetworkMember.left_at.is_(None), Employer.merged_into_id.is_(None))
        )
        or 0
    )


def next_events(*, limit: int) -> list[NewEvent]:
    """Published events that have not begun, the next first."""
    rows = current_session().execute(
        select(Event.reference, Event.title, Event.starts_at)
        .where(Event.state == "published", Event.starts_at > utc_now())
        .order_by(Event.starts_at, Event.id)
        .limit(limit)
    )
    return [NewEvent(*row) for row in rows]


def latest_threads(*, limit: int) -> list[NewThread]:
    """Threads that members read, the one written in last first."""
    rows = current_session().execute(
        select(
            ForumThread.reference, ForumThread.title, ForumThread.posts, ForumThread.last_post_at
        )
        .where(ForumThread.state != "hidden", ForumThread.posts > 0)
        .order_by(ForumThread.last_post_at.desc(), ForumThread.id.desc())
        .limit(limit)
    )
    return [NewThread(*row) for row in rows]
