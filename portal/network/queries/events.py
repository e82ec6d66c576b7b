"""Events as they are shown: what is on, what is full, and the series they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, Text, cast, func, or_, select

from portal.db import current_session
from portal.kernel.clock import utc_now
from portal.network.models import Event, EventRegistration, EventSeries
from portal.network.rules.event_questions import Question, questions_of
from portal.programme.models import Organisation

PAGE: Final = 50
SHOWN: Final = ("published", "held", "cancelled")
# A place that is offered is kept: nobody else can have it.
HOLDS_PLACE: Final = ("registered", "offered")


@dataclass(frozen=True, slots=True)
class EventFacts:
    """An event with how many have a place and how many wait.

    ``theme`` is its own, or that of its series. ``online_address`` and ``checkin_code`` are for
    those registered and for staff only.
    """

    id: int
    reference: str
    title: str
    summary: str
    body: str
    dimension: str | None
    sectors: tuple[str, ...]
    districts: tuple[str, ...]
    mode: str
    place: str
    access_notes: str
    online_address: str
    starts_at: datetime
    ends_at: datetime
    closes_at: datetime
    capacity: int | None
    offer_hours: int
    questions: tuple[Question, ...]
    state: str
    cancelled_reason: str | None
    checkin_code: str
    sequence: int
    revision: int
    updated_at: datetime
    organisation_id: int | None
    organisation: str | None
    series: str | None
    series_title: str | None
    theme: str
    taken: int
    waiting: int

    @property
    def free(self) -> int | None:
        """Places left; None where there is no limit."""
        return None if self.capacity is None else max(self.capacity - self.taken, 0)

    @property
    def is_full(self) -> bool:
        """Whether the next to come joins the queue."""
        return self.capacity is not None and (self.free == 0 or self.waiting > 0)

    @property
    def is_on(self) -> bool:
        """Whether it has begun and goes on."""
        return self.starts_at <= utc_now() < self.ends_at

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return utc_now() >= self.ends_at


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are looked for; an empty value is every one."""

    series: str = ""
    mode: str = ""
    sector: str = ""
    dimension: str = ""
    past: bool = False

    def asked(self) -> Mapping[str, str]:
        """As it stands in an address."""
        values = {
            "series": self.series,
            "mode": self.mode,
            "sector": self.sector,
            "dimension": self.dimension,
            "when": "past" if self.past else "",
        }
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, slots=True)
class SeriesFacts:
    """A series."""

    id: int
    reference: str
    title: str
    about: str
    dimension: str | None


def event(reference: str) -> EventFacts | None:
    """One event, a draft too."""
    return _one(Event.reference == reference)


def event_by_id(key: int) -> EventFacts | None:
    """One event by its key."""
    return _one(Event.id == key)


def event_by_code(code: str) -> EventFacts | None:
    """The event that a check-in code belongs to."""
    return _one(Event.checkin_code == code)


def to_change(reference: str) -> Event | None:
    """An event, held until the unit of work ends. Hold it before any of its registrations."""
    return current_session().scalar(
        select(Event)
        .where(Event.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def to_change_by_id(key: int) -> Event:
    """The event of a registration, held until the unit of work ends."""
    return (
        current_session()
        .scalars(
            select(Event)
            .where(Event.id == key)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .one()
    )


def events(wanted: EventFilter, *, page: int = 1) -> tuple[list[EventFacts], int]:
    """A page of events that anybody may see, and how many there are.

    Those to come, the next one first; or the past ones, the latest first.
    """
    query = _narrowed(_facts_query().where(Event.state.in_(SHOWN)), wanted)
    total = current_session().scalar(
        _narrowed(
            select(func.count(Event.id))
            .outerjoin(EventSeries, EventSeries.id == Event.series_id)
            .where(Event.state.in_(SHOWN)),
            wanted,
        )
    )
    order = (
        (Event.starts_at.desc(), Event.id.desc())
        if wanted.past
        else (Event.starts_at.asc(), Event.id.asc())
    )
    rows = current_session().execute(query.order_by(*order).limit(PAGE).offset((page - 1) * PAGE))
    return [_facts(row) for row in rows], total or 0


def next_events(*, limit: int = 3) -> list[EventFacts]:
    """The next events that are on, for the front of the network."""
    rows = current_session().execute(
        _facts_query()
        .where(Event.state == "published", Event.ends_at > utc_now())
        .order_by(Event.starts_at, Event.id)
        .limit(limit)
    )
    return [_facts(row) for row in rows]


def for_calendar(*, since: datetime, series: str = "", limit: int = 500) -> list[EventFacts]:
    """Events for a calendar that is subscribed to; those cancelled too, so that it drops them."""
    query = _facts_query().where(Event.state.in_(SHOWN), Event.ends_at >= since)
    if series:
        query = query.where(EventSeries.reference == series)
    rows = current_session().execute(query.order_by(Event.starts_at, Event.id).limit(limit))
    return [_facts(row) for row in rows]


def drafts(organisation_ids: frozenset[int] | None) -> list[EventFacts]:
    """Events that are not published yet, of some organisations or of all (None)."""
    query = _facts_query().where(Event.state == "draft")
    if organisation_ids is not None:
        query = query.where(Event.organisation_id.in_(organisation_ids))
    rows = current_session().execute(query.order_by(Event.starts_at, Event.id).limit(PAGE))
    return [_facts(row) for row in rows]


def over(now: datetime) -> list[str]:
    """References of events that have ended and do not say so yet."""
    return list(
        current_session().scalars(
            select(Event.reference).where(Event.state == "published", Event.ends_at <= now)
        )
    )


def taken(event_id: int) -> int:
    """How many places are held now."""
    return (
        current_session().scalar(
            select(func.count(EventRegistration.id)).where(
                EventRegistration.event_id == event_id,
                EventRegistration.state.in_(HOLDS_PLACE),
            )
        )
        or 0
    )


# --- Series ----------------------------------------------------------------------------------


def all_series() -> list[SeriesFacts]:
    """Every series by its title."""
    rows = current_session().execute(_series_query().order_by(EventSeries.title))
    return [SeriesFacts(*row) for row in rows]


def series(reference: str) -> SeriesFacts | None:
    """One series."""
    row = (
        current_session().execute(_series_query().where(EventSeries.reference == reference)).first()
    )
    return None if row is None else SeriesFacts(*row)


def series_to_change(reference: str) -> EventSeries | None:
    """A series, held until the unit of work ends."""
    return current_session().scalar(
        select(EventSeries)
        .where(EventSeries.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def series_titled(title: str) -> int | None:
    """The key of the series with a title, in any case."""
    return current_session().scalar(
        select(EventSeries.id).where(func.lower(EventSeries.title) == title.lower())
    )


def _series_query() -> Any:
    return select(
        EventSeries.id,
        EventSeries.reference,
        EventSeries.title,
        EventSeries.about,
        EventSeries.dimension,
    )


def _one(condition: Any) -> EventFacts | None:
    row = current_session().execute(_facts_query().where(condition)).first()
    return None if row is None else _facts(row)


def _count(*states: str) -> Any:
    return (
        select(func.count(EventRegistration.id))
        .where(EventRegistration.event_id == Event.id, EventRegistration.state.in_(states))
        .correlate(Event)
        .scalar_subquery()
    )


def _facts_query() -> Select[Any]:
    return (
        select(
            Event,
            Organisation.name,
            EventSeries.reference,
            EventSeries.title,
            EventSeries.dimension,
            _count(*HOLDS_PLACE),
            _count("waiting"),
        )
        .outerjoin(EventSeries, EventSeries.id == Event.series_id)
        .outerjoin(Organisation, Organisation.id == Event.organisation_id)
        .execution_options(populate_existing=True)
    )


def _narrowed(query: Select[Any], wanted: EventFilter) -> Select[Any]:
    now = utc_now()
    query = query.where(Event.ends_at <= now if wanted.past else Event.ends_at > now)
    if wanted.series:
        query = query.where(EventSeries.reference == wanted.series)
    if wanted.mode in {"in_person", "online"}:
        query = query.where(Event.mode.in_((wanted.mode, "both")))
    if wanted.dimension:
        query = query.where(
            or_(Event.dimension == wanted.dimension, EventSeries.dimension == wanted.dimension)
        )
    if wanted.sector:
        # A list without any sector suits them all.
        listed = cast(Event.sectors, Text)
        query = query.where(or_(listed == "[]", listed.contains(f'"{wanted.sector}"')))
    return query


def _facts(row: Any) -> EventFacts:
    one, organisation, reference, title, theme, held, waiting = row
    return EventFacts(
        **{
            name: getattr(one, name)
            for name in (
                *("id", "reference", "title", "summary", "body", "dimension", "mode", "place"),
                *("access_notes", "online_address", "starts_at", "ends_at", "closes_at"),
                *("capacity", "offer_hours", "state", "cancelled_reason", "checkin_code"),
                *("sequence", "revision", "updated_at", "organisation_id"),
            )
        },
        sectors=tuple(one.sectors),
        districts=tuple(one.districts),
        questions=questions_of(one.questions),
        organisation=organisation,
        series=reference,
        series_title=title,
        theme=one.dimension or theme or "",
        taken=held,
        waiting=waiting,
    )
