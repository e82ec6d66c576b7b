"""Support delivered, who attended, what employers confirmed, and referrals to other services."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.caseload.models.work import MOST_MINUTES
from portal.caseload.rules.words import (
    FUNDING,
    ONWARD_OUTCOMES,
    ONWARD_SERVICES,
    SUPPORT_DESIGNS,
    SUPPORT_KINDS,
    SUPPORT_MODES,
)
from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import NAME_LENGTH

CONFIRMATION_STATES = ("awaiting", "confirmed", "disputed", "replaced")


class Delivery(Timestamped, Base):
    """One training session, workshop, piece of consultancy or coaching, for one or more employers.

    It is withdrawn with a reason, never removed. ``minutes`` is its length. ``once`` is the mark of
    the form it came from, so that a form sent twice makes one delivery. ``revision`` rises with
    each correction.
    """

    __tablename__ = "support_deliveries"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("once"),
        one_of("kind", SUPPORT_KINDS, name="kind_known"),
        one_of("design", SUPPORT_DESIGNS, name="design_known"),
        one_of("mode", SUPPORT_MODES, name="mode_known"),
        one_of("funding", FUNDING, name="funding_known"),
        CheckConstraint(f"minutes BETWEEN 1 AND {MOST_MINUTES}", name="minutes_range"),
        CheckConstraint("length(title) >= 1", name="title_given"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawn_has_reason"
        ),
        CheckConstraint("revision >= 1", name="revision_from_one"),
        Index("ix_support_deliveries_organisation_id", "organisation_id", "delivered_on"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    kind: Mapped[str] = mapped_column(String(20))
    design: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(200))
    audience: Mapped[list[str]] = mapped_column(JsonDocument(), default=list)
    delivered_on: Mapped[date] = mapped_column(Date())
    minutes: Mapped[int]
    mode: Mapped[str] = mapped_column(String(8))
    place: Mapped[str] = mapped_column(String(200), default="")
    trainer: Mapped[str] = mapped_column(String(NAME_LENGTH))
    funding: Mapped[str] = mapped_column(String(16))
    notes: Mapped[str] = mapped_column(Text(), default="")
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    withdrawn_reason: Mapped[str | None] = mapped_column(Text())
    once: Mapped[str | None] = mapped_column(String(64))
    revision: Mapped[int] = mapped_column(default=1)


class Attendance(Base):
    """One employer at a delivery, and how many of its people attended.

    ``sector`` and ``size_tier`` are the employer's on the day it was recorded.
    """

    __tablename__ = "delivery_attendances"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("delivery_id", "employer_id"),
        CheckConstraint("attended BETWEEN 1 AND 100000", name="attended_range"),
        CheckConstraint(
            "part_time_attended IS NULL OR part_time_attended BETWEEN 0 AND attended",
            name="part_time_within_attended",
        ),
        Index("ix_delivery_attendances_employer_id", "employer_id"),
        Index("ix_delivery_attendances_case_id", "case_id"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("support_deliveries.id"))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    attended: Mapped[int]
    part_time_attended: Mapped[int | None]
    sector: Mapped[str] = mapped_column(String(30))
    size_tier: Mapped[str | None] = mapped_column(String(20))


class Confirmation(Timestamped, Base):
    """An employer asked to say that an in-depth session or a delivery took place as recorded.

    ``state`` is what they said; an unanswered one is overdue after ``due_on``. Asking again
    replaces the earlier link, and what was said by it is kept. Only the hash of a link is kept;
    a reminder carries a link of its own. ``link_asked_at``: when the employer asked for a new link
    after the old one had expired. ``answered_by`` is who was signed in when it was answered, if
    anybody was. ``words`` are theirs.
    """

    __tablename__ = "confirmations"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("token_hash"),
        one_of("state", CONFIRMATION_STATES, name="state_known"),
        CheckConstraint("(session_id IS NULL) <> (attendance_id IS NULL)", name="one_subject"),
        UniqueConstraint("reminder_hash"),
        CheckConstraint(
            "(state NOT IN ('confirmed', 'disputed') OR answered_at IS NOT NULL) "
            "AND (state <> 'awaiting' OR answered_at IS NULL)",
            name="answer_dated",
        ),
        CheckConstraint("state <> 'disputed' OR length(words) >= 1", name="dispute_has_words"),
        Index(
            "uq_confirmations_session",
            "session_id",
            unique=True,
            sqlite_where=sql("state <> 'replaced'"),
            postgresql_where=sql("state <> 'replaced'"),
        ),
        Index(
            "uq_confirmations_attendance",
            "attendance_id",
            unique=True,
            sqlite_where=sql("state <> 'replaced'"),
            postgresql_where=sql("state <> 'replaced'"),
        ),
        Index("ix_confirmations_employer_id", "employer_id"),
        Index("ix_confirmations_state_due_on", "state", "due_on"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    session_id: Mapped[int | None] = mapped_column(ForeignKey("diagnostic_sessions.id"))
    attendance_id: Mapped[int | None] = mapped_column(ForeignKey("delivery_attendances.id"))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    to_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    to_email: Mapped[str] = mapped_column(String(254))
    token_hash: Mapped[str] = mapped_column(String(64))
    reminder_hash: Mapped[str | None] = mapped_column(String(64))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    due_on: Mapped[date] = mapped_column(Date())
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    link_asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    state: Mapped[str] = mapped_column(String(10), default="awaiting")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    answered_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    words: Mapped[str] = mapped_column(Text(), default="")


class ReferralOut(Timestamped, Base):
    """An employer, or workers of it, sent on to another service with the employer's consent.

    ``shares`` are the parts of its record that the employer agreed to share; ``mailed_at`` is when
    they were sent to the service's contact, if they were. ``once`` is the mark of the form it came
    from, so that a form sent twice makes one.
    """

    __tablename__ = "referrals_out"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("once"),
        one_of("service", ONWARD_SERVICES, name="service_known"),
        one_of("outcome", ONWARD_OUTCOMES, name="outcome_known"),
        CheckConstraint("length(consent_by) >= 1", name="consent_named"),
        CheckConstraint("consent_on <= sent_on", name="consent_before"),
        CheckConstraint("(outcome = 'waiting') = (outcome_on IS NULL)", name="outcome_dated"),
        CheckConstraint("revision >= 1", name="revision_from_one"),
        Index("ix_referrals_out_case_id", "case_id"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    service: Mapped[str] = mapped_column(String(20))
    organisation: Mapped[str] = mapped_column(String(160))
    contact_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    contact_phone: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(Text())
    consent_by: Mapped[str] = mapped_column(String(NAME_LENGTH))
    consent_on: Mapped[date] = mapped_column(Date())
    shares: Mapped[list[str]] = mapped_column(JsonDocument(), default=list)
    sent_on: Mapped[date] = mapped_column(Date())
    chase_on: Mapped[date | None] = mapped_column(Date())
    outcome: Mapped[str] = mapped_column(String(16), default="waiting")
    outcome_on: Mapped[date | None] = mapped_column(Date())
    outcome_note: Mapped[str] = mapped_column(Text(), default="")
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    mailed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    once: Mapped[str | None] = mapped_column(String(64))
    revision: Mapped[int] = mapped_column(default=1)
