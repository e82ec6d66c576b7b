"""Tables of employers: their record and its history, their people, and the public register."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.accounts import models as accounts_models
from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference

assert accounts_models  # noqa: S101 - imported so that users.id is known

MAX_HEADCOUNT = 2_000_000


def _postcode_check() -> CheckConstraint:
    return CheckConstraint(
        "postcode = upper(postcode) AND length(postcode) BETWEEN 6 AND 8 AND postcode LIKE '% ___'",
        name="postcode_shape",
    )


class RegisterEntry(Base):
    """An employer in a public register: reference data to find and prefill from, not a record.

    ``content_hash`` tells whether a published row has changed since it was last imported.
    ``search_text`` holds the normalised words of both names, for the search index.
    """

    __tablename__ = "register_entries"
    __table_args__ = (
        UniqueConstraint("source", "source_id"),
        CheckConstraint("length(name) BETWEEN 1 AND 200", name="name_length"),
    )

    source: Mapped[str] = mapped_column(String(40))
    source_id: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    current_name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(400))
    postcode: Mapped[str | None] = mapped_column(String(8))
    company_number: Mapped[str | None] = mapped_column(String(8), index=True)
    sic_codes: Mapped[list[str]] = mapped_column(JsonDocument())
    size_band: Mapped[str | None] = mapped_column(String(40))
    url: Mapped[str | None] = mapped_column(String(500))
    submitted_on: Mapped[date | None] = mapped_column(Date())
    content_hash: Mapped[str] = mapped_column(String(32))
    search_text: Mapped[str] = mapped_column(Text())


class Employer(Timestamped, Base):
    """An employer that uses the portal.

    Counts and answers carry the day on which they were true. ``sector`` and ``size_tier`` are
    derived, and kept so that lists and reports need not derive them again. ``version`` rises by
    one with each change: an edit that began from an older one is compared before it is saved.
    """

    __tablename__ = "employers"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("company_number"),
        UniqueConstraint("charity_number"),
        UniqueConstraint("register_entry_id"),
        CheckConstraint("length(name) BETWEEN 2 AND 160", name="name_length"),
        CheckConstraint(
            "length(company_number) = 8 AND company_number = upper(company_number)",
            name="company_number_shape",
        ),
        CheckConstraint("length(charity_number) BETWEEN 6 AND 10", name="charity_number_shape"),
        _postcode_check(),
        CheckConstraint(f"headcount BETWEEN 1 AND {MAX_HEADCOUNT}", name="headcount_range"),
        CheckConstraint("part_time_headcount >= 0", name="part_time_not_negative"),
        CheckConstraint(
            "part_time_headcount IS NULL OR "
            "(headcount IS NOT NULL AND part_time_headcount <= headcount)",
            name="part_time_within_headcount",
        ),
        CheckConstraint(
            "(headcount IS NULL) = (headcount_on IS NULL) AND "
            "(headcount IS NULL) = (size_tier IS NULL)",
            name="headcount_dated",
        ),
        CheckConstraint("iip_status IN ('accredited', 'not_accredited')", name="iip_known"),
        CheckConstraint("(iip_status IS NULL) = (iip_on IS NULL)", name="iip_dated"),
        CheckConstraint("training_answer IN ('yes', 'no')", name="training_known"),
        CheckConstraint("(training_answer IS NULL) = (training_on IS NULL)", name="training_dated"),
        CheckConstraint(
            "training_last_on IS NULL OR "
            "(training_answer = 'yes' AND training_last_on <= training_on)",
            name="training_last_before",
        ),
        CheckConstraint("version >= 1", name="version_positive"),
        CheckConstraint("merged_into_id <> id", name="not_merged_into_itself"),
        Index("ix_employers_name_id", "name", "id"),
        Index("ix_employers_sector_size_tier_district", "sector", "size_tier", "district"),
        Index("ix_employers_postcode", "postcode"),
        # Only of those merged: with the others in it, SQLite would go through it for every list.
        Index(
            "ix_employers_merged_into_id",
            "merged_into_id",
            sqlite_where=text("merged_into_id IS NOT NULL"),
            postgresql_where=text("merged_into_id IS NOT NULL"),
        ),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    name: Mapped[str] = mapped_column(String(160))
    trading_name: Mapped[str | None] = mapped_column(String(160))
    company_number: Mapped[str | None] = mapped_column(String(8))
    charity_number: Mapped[str | None] = mapped_column(String(10))
    sic_codes: Mapped[list[str]] = mapped_column(JsonDocument(), default=list)
    sector: Mapped[str] = mapped_column(String(30))
    district: Mapped[str] = mapped_column(String(40))
    postcode: Mapped[str] = mapped_column(String(8))
    headcount: Mapped[int | None]
    part_time_headcount: Mapped[int | None]
    headcount_on: Mapped[date | None] = mapped_column(Date())
    size_tier: Mapped[str | None] = mapped_column(String(20))
    iip_status: Mapped[str | None] = mapped_column(String(20))
    iip_on: Mapped[date | None] = mapped_column(Date())
    iip_evidence: Mapped[str] = mapped_column(String(500), default="")
    training_answer: Mapped[str | None] = mapped_column(String(3))
    training_on: Mapped[date | None] = mapped_column(Date())
    training_last_on: Mapped[date | None] = mapped_column(Date())
    training_note: Mapped[str] = mapped_column(String(500), default="")
    register_entry_id: Mapped[int | None] = mapped_column(ForeignKey("register_entries.id"))
    # A record that was found to be another's double, and where its own records went.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("employers.id"))
    version: Mapped[int] = mapped_column(default=1)
    search_text: Mapped[str] = mapped_column(Text())


class EmployerSite(Timestamped, Base):
    """A place an employer works from; it is withdrawn, never removed."""

    __tablename__ = "employer_sites"
    __table_args__ = (
        CheckConstraint("length(name) >= 1", name="name_given"),
        _postcode_check(),
    )

    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"), index=True)
    name: Mapped[str] = mapped_column(String(160))
    address: Mapped[str] = mapped_column(String(400), default="")
    postcode: Mapped[str] = mapped_column(String(8))
    district: Mapped[str] = mapped_column(String(40))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class Membership(Timestamped, Base):
    """A person who acts for an employer."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("user_id", "employer_id"),
        CheckConstraint("role IN ('owner', 'member')", name="role_known"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"), index=True)
    role: Mapped[str] = mapped_column(String(10))


class Invitation(Timestamped, Base):
    """An owner's invitation by e-mail. Only the hash of its link is kept."""

    __tablename__ = "employer_invitations"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint("role IN ('owner', 'member')", name="role_known"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("accepted_at IS NULL OR withdrawn_at IS NULL", name="one_end"),
    )

    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(10))
    token_hash: Mapped[str] = mapped_column(String(64))
    invited_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime())
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    accepted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class JoinRequest(Timestamped, Base):
    """Somebody who asks to join an employer that already uses the portal; an owner decides."""

    __tablename__ = "employer_join_requests"
    __table_args__ = (
        UniqueConstraint("employer_id", "user_id"),
        CheckConstraint("state IN ('pending', 'approved', 'declined')", name="state_known"),
        CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name="decision_dated"),
    )

    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    state: Mapped[str] = mapped_column(String(10), default="pending")
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class EmployerChange(Base):
    """One saved change of an employer's facts: what it was, what it became, who said so.

    ``changes`` maps a field to ``[before, after]``; the first row of an employer holds its facts
    at the start, so that what was true on any day can be read back.
    """

    __tablename__ = "employer_history"
    __table_args__ = (
        UniqueConstraint("employer_id", "version"),
        CheckConstraint("version >= 1", name="version_positive"),
    )

    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    version: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    changes: Mapped[dict[str, Any]] = mapped_column(JsonDocument())


class TimelineEntry(Base):
    """One line of what happened with an employer, written with the record it speaks of.

    ``at`` is when it happened, ``recorded_at`` when it was written down. ``subject`` names the
    record, such as ``interaction:7Q2M4T9KZC``, so that a page can lead there.
    """

    __tablename__ = "employer_timeline"
    __table_args__ = (
        CheckConstraint("length(title) >= 1", name="title_given"),
        Index("ix_employer_timeline_employer_id_at", "employer_id", "at", "id"),
    )

    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text(), default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(120))
    subject: Mapped[str] = mapped_column(String(80), default="")
