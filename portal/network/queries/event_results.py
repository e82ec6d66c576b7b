"""What came of events: who came, what they said, and what counts as delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from sqlalchemy import func, select

from portal.db import current_session
from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of
from portal.kernel.clock import LONDON
from portal.network.models import Event, EventFeedback, EventRegistration


def counts(event_id: int) -> dict[str, int]:
    """How many are in each state, and how many came ("came")."""
    rows = current_session().execute(
        select(
            EventRegistration.state,
            func.count(EventRegistration.id),
            func.count(EventRegistration.attended_at),
        )
        .where(EventRegistration.event_id == event_id)
        .group_by(EventRegistration.state)
    )
    found: dict[str, int] = {"came": 0}
    for state, number, came in rows:
        found[state] = number
        found["came"] += came
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """What those who came said of an event, without their names."""

    number: int
    useful: float | None
    again: float | None
    marks: Mapping[str, Mapping[int, int]]
    will_do: tuple[str, ...]
    better: tuple[str, ...]


def feedback_of(registration_id: int) -> EventFeedback | None:
    """What somebody said already."""
    return current_session().scalar(
        select(EventFeedback).where(EventFeedback.registration_id == registration_id)
    )


def said_of(event_id: int) -> Said:
    """All that was said of an event, in no order that gives a name away."""
    rows = (
        current_session()
        .execute(
            select(
                EventFeedback.useful,
                EventFeedback.again,
                EventFeedback.will_do,
                EventFeedback.better,
            )
            .join(EventRegistration, EventRegistration.id == EventFeedback.registration_id)
            .where(EventRegistration.event_id == event_id)
        )
        .all()
    )
    marks: dict[str, dict[int, int]] = {"useful": {}, "again": {}}
    for useful, again, _will, _better in rows:
        marks["useful"][useful] = marks["useful"].get(useful, 0) + 1
        marks["again"][again] = marks["again"].get(again, 0) + 1
    return Said(
        number=len(rows),
        useful=sum(row[0] for row in rows) / len(rows) if rows else None,
        again=sum(row[1] for row in rows) / len(rows) if rows else None,
        marks=marks,
        will_do=tuple(sorted(row[2] for row in rows if row[2])),
        better=tuple(sorted(row[3] for row in rows if row[3])),
    )


@dataclass(frozen=True, slots=True)
class Output:
    """What events count for: those to which somebody came, never those only planned."""

    activities: int
    people: int
    employers: int


def output(
    *, since: date | None = None, until: date | None = None, event_id: int | None = None
) -> Output:
    """Network activities that took place on days (London's) from ``since`` to ``until``.

    An event counts once, when at least one person was checked in; its people are those checked
    in, its employers those among them that are known to the portal, each once.
    """
    query = (
        select(
            func.count(func.distinct(Event.id)),
            func.count(EventRegistration.id),
            func.count(func.distinct(EventRegistration.employer_id)),
        )
        .select_from(EventRegistration)
        .join(Event, Event.id == EventRegistration.event_id)
        .where(EventRegistration.attended_at.is_not(None))
    )
    if event_id is not None:
        query = query.where(Event.id == event_id)
    if since is not None:
        query = query.where(Event.starts_at >= datetime.combine(since, time(), LONDON))
    if until is not None:
        after = until + timedelta(days=1)
        query = query.where(Event.starts_at < datetime.combine(after, time(), LONDON))
    return Output(*current_session().execute(query).one())


def same_events(kept_id: int, merged_id: int) -> dict[int, str]:
    """Registrations that are over, of a person whom the kept employer has there too.

    A place, or a wait for one, always moves: a person has only one, and it is the one that counts.
    """
    rows = (
        current_session()
        .execute(
            select(
                EventRegistration.id,
                EventRegistration.employer_id,
                EventRegistration.event_id,
                EventRegistration.email,
                EventRegistration.state,
            ).where(EventRegistration.employer_id.in_((kept_id, merged_id)))
        )
        .all()
    )
    known = {(event, email) for _key, owner, event, email, _state in rows if owner == kept_id}
    return {
        key: "the same person is registered for the employer that is kept too"
        for key, owner, event, email, state in rows
        if owner == merged_id and (event, email) in known and state in _OVER
    }


_OVER: Final = ("cancelled", "lapsed")
_STATES: Final = {
    "registered": "Has a place",
    "waiting": "Waits for a place",
    "offered": "Is offered a place",
    "lapsed": "Did not take the place offered",
    "cancelled": "Cancelled",
}
HELD: Final = TableShown(
    table_of(EventRegistration),
    lambda key: EventRegistration.employer_id == key,
    {
        "reference": "Reference",
        "name": "Name",
        "business": "Business, as typed",
        "state": "State",
        "queued_at": "In the queue since",
        "offered_until": "Place offered until",
        "attended_at": "Checked in",
        "created_at": "Registered",
    },
    # What a person told the organisers about themselves is not their colleagues' to read.
    names(
        "id event_id employer_id user_id email answers needs token_hash reminded_before"
        " checked_in_by certificate_state certificate_key certificate_sha256 updated_at"
    ),
    more={
        "Event": select(Event.title).where(Event.id == EventRegistration.event_id).scalar_subquery()
    },
    words={"state": _STATES},
)
FEEDBACK: Final = TableShown(
    table_of(EventFeedback),
    lambda key: EventFeedback.registration_id.in_(
        select(EventRegistration.id).where(EventRegistration.employer_id == key)
    ),
    {"created_at": "Given"},
    # What somebody thought is read without their name, by their colleagues too.
    names("id registration_id useful again will_do better updated_at"),
    more={
        "Event": select(Event.title)
        .join(EventRegistration, EventRegistration.event_id == Event.id)
        .where(EventRegistration.id == EventFeedback.registration_id)
        .scalar_subquery()
    },
)
