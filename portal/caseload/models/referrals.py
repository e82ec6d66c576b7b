"""Where employers are referred from, what was sent, and what became of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.caseload.rules.words import DECLINE_REASONS, SOURCE_KINDS
from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import NAME_LENGTH


class ReferralSource(Timestamped, Base):
    """A named body that refers employers; ``link_code`` is the end of its own link, if it has one.

    A source is closed, never removed: its referrals keep their origin.
    """

    __tablename__ = "referral_sources"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("name"),
        UniqueConstraint("link_code"),
        one_of("kind", SOURCE_KINDS, name="kind_known"),
        CheckConstraint("length(name) >= 2", name="name_given"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(160))
    contact_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    link_code: Mapped[str | None] = mapped_column(String(10))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class ReferralBatch(Timestamped, Base):
    """A file of referrals: read and checked first, taken in only when its sender says so.

    ``rows`` holds what was read, cell by cell, with its faults, until the file is taken or dropped.
    """

    __tablename__ = "referral_batches"
    __table_args__ = (
        UniqueConstraint("reference"),
        CheckConstraint("state IN ('checked', 'taken', 'dropped')", name="state_known"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    source_id: Mapped[int] = mapped_column(ForeignKey("referral_sources.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    file_name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(8), default="checked")
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JsonDocument(), default=list)
    taken_count: Mapped[int] = mapped_column(default=0)
    uploaded_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Referral(Timestamped, Base):
    """An employer that somebody sent to the service.

    ``match_name`` is the name made comparable and ``expires_on`` the last day on which it can be
    accepted. ``organisation_id`` is the provider it was sent to; none until LEP staff choose one.
    """

    __tablename__ = "referrals"
    __table_args__ = (
        UniqueConstraint("reference"),
        CheckConstraint(
            "status IN ('waiting', 'accepted', 'declined', 'expired')", name="status_known"
        ),
        CheckConstraint("channel IN ('form', 'file', 'link', 'public')", name="channel_known"),
        one_of("decline_reason", DECLINE_REASONS, name="decline_reason_known"),
        CheckConstraint(
            "(status = 'declined') = (decline_reason IS NOT NULL)", name="declined_reason"
        ),
        CheckConstraint("(status = 'waiting') = (decided_at IS NULL)", name="decided_dated"),
        CheckConstraint("(status = 'accepted') = (case_id IS NOT NULL)", name="accepted_case"),
        CheckConstraint("length(employer_name) >= 2", name="employer_name_given"),
        CheckConstraint(
            "contact_email <> '' OR contact_phone <> ''", name="contact_can_be_reached"
        ),
        Index("ix_referrals_organisation_id_status", "organisation_id", "status", "expires_on"),
        Index("ix_referrals_match_name", "match_name"),
        Index("ix_referrals_company_number", "company_number"),
        Index("ix_referrals_postcode", "postcode"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    source_id: Mapped[int] = mapped_column(ForeignKey("referral_sources.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("referral_batches.id"))
    channel: Mapped[str] = mapped_column(String(8))
    employer_name: Mapped[str] = mapped_column(String(160))
    trading_name: Mapped[str] = mapped_column(String(160), default="")
    match_name: Mapped[str] = mapped_column(String(200))
    company_number: Mapped[str | None] = mapped_column(String(8))
    postcode: Mapped[str | None] = mapped_column(String(8))
    sector: Mapped[str | None] = mapped_column(String(30))
    contact_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    contact_job: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    contact_phone: Mapped[str] = mapped_column(String(40), default="")
    message: Mapped[str] = mapped_column(Text(), default="")
    consent: Mapped[bool]
    referrer_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    referrer_email: Mapped[str] = mapped_column(String(254), default="")
    received_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    expires_on: Mapped[date] = mapped_column(Date())
    status: Mapped[str] = mapped_column(String(10), default="waiting")
    decline_reason: Mapped[str | None] = mapped_column(String(20))
    decision_note: Mapped[str] = mapped_column(Text(), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employers.id"), index=True)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
