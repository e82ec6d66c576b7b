"""Events: series, registrations with a waiting list, check-in, and what those who came said."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.employers import models as employers_models
from portal.kernel.ids import new_reference
from portal.network.rules.states import EVENT_MOVES, REGISTRATION_MOVES
from portal.network.rules.words import EVENT_MODES, NAME_LENGTH, TITLE_LENGTH
from portal.programme import models as programme_models

assert employers_models, programme_models  # noqa: S101 - imported so that their tables are known


class EventSeries(Timestamped, Base):
    """Events that belong together by theme."""

    __tablename__ = "event_series"
    __table_args__ = (UniqueConstraint("reference"), UniqueConstraint("title"))

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    about: Mapped[str] = mapped_column(Text(), default="")
    dimension: Mapped[str | None] = mapped_column(String(20))
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Event(Timestamped, Base):
    """An event. Times are instants; they are shown in London's time.

    ``questions`` are asked at registration: key, text, kind (text, yes_no, choice), choices,
    required. ``online_address`` is shown to those who are registered only. ``sequence`` rises with
    each change, so that calendars take it over.
    """

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("checkin_code"),
        one_of("mode", EVENT_MODES, name="mode_known"),
        one_of("state", EVENT_MOVES, name="state_known"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("capacity IS NULL OR capacity BETWEEN 1 AND 5000", name="capacity_range"),
        CheckConstraint(
            "(state = 'cancelled') = (cancelled_reason IS NOT NULL)", name="cancelled_has_reason"
        ),
        CheckConstraint("offer_hours BETWEEN 1 AND 168", name="offer_hours_range"),
        Index("ix_events_state_starts_at", "state", "starts_at"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("event_series.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    summary: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text(), default="")
    dimension: Mapped[str | None] = mapped_column(String(20))
    sectors: Mapped[list[str]] = mapped_column(JsonDocument())
    # Keys of the districts it is for; none named means every one.
    districts: Mapped[list[str]] = mapped_column(
        JsonDocument(), default=list, server_default=sql("'[]'")
    )
    mode: Mapped[str] = mapped_column(String(10))
    place: Mapped[str] = mapped_column(Text(), default="")
    access_notes: Mapped[str] = mapped_column(Text(), default="")
    online_address: Mapped[str] = mapped_column(String(500), default="")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime())
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime())
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime())
    capacity: Mapped[int | None]
    # How long a place that has become free is kept for the next in the queue.
    offer_hours: Mapped[int] = mapped_column(default=24)
    questions: Mapped[list[dict[str, Any]]] = mapped_column(JsonDocument())
    state: Mapped[str] = mapped_column(String(10), default="draft")
    cancelled_reason: Mapped[str | None] = mapped_column(Text())
    checkin_code: Mapped[str] = mapped_column(String(16))
    sequence: Mapped[int] = mapped_column(default=0)
    revision: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class EventRegistration(Timestamped, Base):
    """A person's place at an event, or in its queue. Attendance is what counts."""

    __tablename__ = "event_registrations"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("token_hash"),
        one_of("state", REGISTRATION_MOVES, name="state_known"),
        CheckConstraint("email = lower(email)", name="email_small"),
        CheckConstraint(
            "(state = 'offered') = (offered_until IS NOT NULL)", name="offered_has_deadline"
        ),
        CheckConstraint("attended_at IS NULL OR state = 'registered'", name="attended_had_place"),
        Index(
            "uq_event_registrations_person",
            "event_id",
            "email",
            unique=True,
            sqlite_where=sql("state IN ('registered', 'waiting', 'offered')"),
            postgresql_where=sql("state IN ('registered', 'waiting', 'offered')"),
        ),
        Index("ix_event_registrations_event_id", "event_id", "state", "queued_at"),
        Index("ix_event_registrations_employer_id", "employer_id"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employers.id"))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    email: Mapped[str] = mapped_column(String(254))
    business: Mapped[str] = mapped_column(String(160), default="")
    answers: Mapped[dict[str, Any]] = mapped_column(JsonDocument())
    needs: Mapped[str] = mapped_column(Text(), default="")
    state: Mapped[str] = mapped_column(String(10), default="registered")
    queued_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    offered_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    token_hash: Mapped[str] = mapped_column(String(64))
    # How many days before the event its last reminder was for.
    reminded_before: Mapped[int | None]
    attended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    checked_in_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    certificate_state: Mapped[str] = mapped_column(String(10), default="none")
    certificate_key: Mapped[str] = mapped_column(String(200), default="")
    certificate_sha256: Mapped[str | None] = mapped_column(String(64))


class EventFeedback(Timestamped, Base):
    """What somebody who came thought of it; marks from 1 (not at all) to 5 (very)."""

    __tablename__ = "event_feedback"
    __table_args__ = (
        UniqueConstraint("registration_id"),
        CheckConstraint("useful BETWEEN 1 AND 5", name="useful_range"),
        CheckConstraint("again BETWEEN 1 AND 5", name="again_range"),
    )

    registration_id: Mapped[int] = mapped_column(ForeignKey("event_registrations.id"))
    useful: Mapped[int]
    again: Mapped[int]
    will_do: Mapped[str] = mapped_column(Text(), default="")
    better: Mapped[str] = mapped_column(Text(), default="")
