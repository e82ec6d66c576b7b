"""Who has a place at an event, who waits for one, and who is to be told what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, and_, func, or_, select

from portal.db import current_session
from portal.employers.models import Employer
from portal.kernel.addresses import mailbox
from portal.network.models import Event, EventRegistration, MailRefusal

PAGE: Final = 50
ACTIVE: Final = ("registered", "offered", "waiting")


@dataclass(frozen=True, slots=True)
class Place:
    """A person's place at an event, or in its queue. For that person and for staff only."""

    id: int
    reference: str
    event_id: int
    employer_id: int | None
    name: str
    email: str
    business: str
    answers: Mapping[str, Any]
    needs: str
    state: str
    queued_at: datetime | None
    offered_until: datetime | None
    attended_at: datetime | None
    certificate_state: str
    created_at: datetime
    employer: str | None = None
    employer_reference: str | None = None
    no_mail: bool = False


def by_token(hash_: str) -> Place | None:
    """The place that a link is about."""
    return _one(EventRegistration.token_hash == hash_)


def place(reference: str) -> Place | None:
    """One place."""
    return _one(EventRegistration.reference == reference)


def to_change(reference: str) -> EventRegistration | None:
    """A place, held until the unit of work ends. Hold its event first."""
    return _held(EventRegistration.reference == reference)


def event_of(*, reference: str = "", hash_: str = "") -> int | None:
    """The key of the event of a place, by the place's reference or its link."""
    condition = (
        EventRegistration.reference == reference
        if reference
        else EventRegistration.token_hash == hash_
    )
    return current_session().scalar(select(EventRegistration.event_id).where(condition))


def to_change_by_token(hash_: str) -> EventRegistration | None:
    """The place that a link is about, held until the unit of work ends."""
    return _held(EventRegistration.token_hash == hash_)


def active_of(event_id: int, email: str) -> EventRegistration | None:
    """The place or the wait that a mailbox has already, however its address is written."""
    local, _, domain = email.rpartition("@")
    rows = current_session().scalars(
        select(EventRegistration).where(
            EventRegistration.event_id == event_id,
            EventRegistration.state.in_(ACTIVE),
            EventRegistration.email.endswith(f"@{domain}", autoescape=True),
            EventRegistration.email.startswith(local.partition("+")[0], autoescape=True),
        )
    )
    wanted = mailbox(email)
    return next((row for row in rows if mailbox(row.email) == wanted), None)


def with_place(event_id: int, email: str) -> EventRegistration | None:
    """The registration with a place of a mailbox, held until the unit of work ends."""
    found = active_of(event_id, email)
    return None if found is None else to_change(found.reference)


def next_waiting(event_id: int) -> EventRegistration | None:
    """Who is first in the queue, held until the unit of work ends."""
    return current_session().scalar(
        select(EventRegistration)
        .where(EventRegistration.event_id == event_id, EventRegistration.state == "waiting")
        .order_by(EventRegistration.queued_at, EventRegistration.id)
        .limit(1)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def ahead_of(one: Place) -> int:
    """How many wait in front of somebody who waits."""
    return (
        current_session().scalar(
            select(func.count(EventRegistration.id)).where(
                EventRegistration.event_id == one.event_id,
                EventRegistration.state == "waiting",
                or_(
                    EventRegistration.queued_at < one.queued_at,
                    and_(
                        EventRegistration.queued_at == one.queued_at,
                        EventRegistration.id < one.id,
                    ),
                ),
            )
        )
        or 0
    )


def offers_over(now: datetime) -> list[str]:
    """References of places that were offered and not taken in time."""
    return list(
        current_session().scalars(
            select(EventRegistration.reference)
            .where(EventRegistration.state == "offered", EventRegistration.offered_until <= now)
            .order_by(EventRegistration.offered_until, EventRegistration.id)
        )
    )


def queues_with_places(now: datetime) -> list[str]:
    """References of events to come that have both a free place and somebody who waits."""
    held = (
        select(func.count(EventRegistration.id))
        .where(
            EventRegistration.event_id == Event.id,
            EventRegistration.state.in_(("registered", "offered")),
        )
        .correlate(Event)
        .scalar_subquery()
    )
    waits = (
        select(EventRegistration.id)
        .where(EventRegistration.event_id == Event.id, EventRegistration.state == "waiting")
        .exists()
    )
    return list(
        current_session().scalars(
            select(Event.reference).where(
                Event.state == "published",
                Event.starts_at > now,
                waits,
                or_(Event.capacity.is_(None), Event.capacity > held),
            )
        )
    )


def to_tell(event_id: int, *, after: int, limit: int, states: tuple[str, ...]) -> list[int]:
    """Keys of the next registrations of an event, to be told something."""
    return list(
        current_session().scalars(
            select(EventRegistration.id)
            .where(
                EventRegistration.event_id == event_id,
                EventRegistration.state.in_(states),
                EventRegistration.id > after,
            )
            .order_by(EventRegistration.id)
            .limit(limit)
        )
    )


def of_keys(keys: list[int]) -> list[EventRegistration]:
    """Registrations, held until the unit of work ends."""
    return list(
        current_session().scalars(
            select(EventRegistration)
            .where(EventRegistration.id.in_(keys))
            .order_by(EventRegistration.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def to_remind(now: datetime, until: datetime) -> list[tuple[int, int]]:
    """Keys of registrations and their events that begin in between, not told at the last."""
    rows = current_session().execute(
        select(EventRegistration.id, EventRegistration.event_id)
        .join(Event, Event.id == EventRegistration.event_id)
        .where(
            Event.state == "published",
            Event.starts_at > now,
            Event.starts_at < until,
            EventRegistration.state == "registered",
            or_(EventRegistration.reminded_before.is_(None), EventRegistration.reminded_before > 1),
        )
        .order_by(EventRegistration.event_id, EventRegistration.id)
    )
    return [(key, event_id) for key, event_id in rows]


# --- For staff -------------------------------------------------------------------------------


def people(event_id: int, *, page: int = 1, wanted: str = "") -> tuple[list[Place], int]:
    """A page of those with a place or in the queue, by name, and how many there are."""
    query = _wanted(_places().where(EventRegistration.event_id == event_id), wanted)
    total = current_session().scalar(
        _wanted(
            select(func.count(EventRegistration.id)).where(EventRegistration.event_id == event_id),
            wanted,
        )
    )
    rows = current_session().execute(
        query.order_by(func.lower(EventRegistration.name), EventRegistration.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return [_place(row) for row in rows], total or 0


def everybody(event_id: int) -> Iterator[Place]:
    """Everybody who registered, also those who cancelled, by name: for the list to take away."""
    rows = current_session().execute(
        _places()
        .where(EventRegistration.event_id == event_id)
        .order_by(func.lower(EventRegistration.name), EventRegistration.id)
    )
    return (_place(row) for row in rows)


def _wanted(query: Select[Any], wanted: str) -> Select[Any]:
    states = {"queue": ("waiting", "offered"), "gone": ("cancelled", "lapsed")}
    query = query.where(EventRegistration.state.in_(states.get(wanted, ("registered",))))
    if wanted == "came":
        return query.where(EventRegistration.attended_at.is_not(None))
    return query


def _one(condition: Any) -> Place | None:
    row = current_session().execute(_places().where(condition)).first()
    return None if row is None else _place(row)


def _held(condition: Any) -> EventRegistration | None:
    return current_session().scalar(
        select(EventRegistration)
        .where(condition)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


_COLUMNS: Final = (
    *("id", "reference", "event_id", "employer_id", "name", "email", "business", "answers"),
    *("needs", "state", "queued_at", "offered_until", "attended_at", "certificate_state"),
    "created_at",
)


def _places() -> Select[Any]:
    return (
        select(
            *(getattr(EventRegistration, name) for name in _COLUMNS),
            Employer.name,
            Employer.reference,
            MailRefusal.id,
        )
        .select_from(EventRegistration)
        .outerjoin(Employer, Employer.id == EventRegistration.employer_id)
        .outerjoin(
            MailRefusal,
            and_(MailRefusal.email == EventRegistration.email, MailRefusal.kind == "events"),
        )
    )


def _place(row: Any) -> Place:
    *values, employer, reference, refusal = row
    return Place(
        **dict(zip(_COLUMNS, values, strict=True)),
        employer=employer,
        employer_reference=reference,
        no_mail=refusal is not None,
    )


@dataclass(frozen=True, slots=True)
class Certificate:
    """Where a certificate stands, and what its bytes were when it was made."""

    attended_at: datetime | None
    state: str
    key: str
    sha256: str | None


def certificate_of(reference: str) -> Certificate | None:
    """The certificate of a registration."""
    row = (
        current_session()
        .execute(
            select(
                EventRegistration.attended_at,
                EventRegistration.certificate_state,
                EventRegistration.certificate_key,
                EventRegistration.certificate_sha256,
            ).where(EventRegistration.reference == reference)
        )
        .first()
    )
    return None if row is None else Certificate(*row)
