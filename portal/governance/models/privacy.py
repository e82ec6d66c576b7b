"""Tables of people's rights: what was agreed to, what was asked, copies given, and breaches."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.accounts import models as accounts_models
from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.employers import models as employers_models
from portal.governance.rules import breaches as breach_rules
from portal.governance.rules import rights as rights_rules
from portal.governance.rules.consents import HOW
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import NAME_LENGTH

# Imported so that people and employers are known.
assert accounts_models  # noqa: S101
assert employers_models  # noqa: S101


class ConsentRecord(Base):
    """That a person or an employer agreed to something, or took it back. Only appended.

    ``words_version`` says which words were agreed to (data/consents.yaml). The latest row of a
    purpose is what holds.
    """

    __tablename__ = "consent_records"
    __table_args__ = (
        CheckConstraint("(user_id IS NULL) <> (employer_id IS NULL)", name="one_party"),
        CheckConstraint("words_version > 0", name="words_known"),
        one_of("how", HOW, name="how_known"),
        Index("ix_consent_records_user_id", "user_id", "purpose", "id"),
        Index("ix_consent_records_employer_id", "employer_id", "purpose", "id"),
        Index("ix_consent_records_purpose", "purpose", "id"),
    )

    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employers.id"))
    purpose: Mapped[str] = mapped_column(String(20))
    words_version: Mapped[int]
    given: Mapped[bool]
    how: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))


class RightsRequest(Timestamped, Base):
    """What somebody asked about their own data (UK GDPR, articles 15 to 21).

    ``due_on`` is the last day to answer; empty while the person has not shown who they are.
    """

    __tablename__ = "rights_requests"
    __table_args__ = (
        UniqueConstraint("reference"),
        one_of("kind", rights_rules.KINDS, name="kind_known"),
        one_of("channel", rights_rules.CHANNELS, name="channel_known"),
        one_of("state", rights_rules.STATES, name="state_known"),
        CheckConstraint("(state = 'open') = (decided_at IS NULL)", name="decided_once_closed"),
        CheckConstraint("email = lower(email)", name="email_small"),
        Index("ix_rights_requests_state", "state", "due_on", "id"),
        Index("ix_rights_requests_user_id", "user_id"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    kind: Mapped[str] = mapped_column(String(15))
    channel: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    email: Mapped[str] = mapped_column(String(254))
    words: Mapped[str] = mapped_column(Text(), default="")
    received_on: Mapped[date] = mapped_column(Date())
    identity_asked_on: Mapped[date | None] = mapped_column(Date())
    identity_on: Mapped[date | None] = mapped_column(Date())
    due_on: Mapped[date | None] = mapped_column(Date())
    extended_on: Mapped[date | None] = mapped_column(Date())
    state: Mapped[str] = mapped_column(String(10), default="open")
    answer: Mapped[str] = mapped_column(Text(), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")


class RightsStep(Base):
    """One thing that happened to a request. Only appended."""

    __tablename__ = "rights_steps"
    __table_args__ = (Index("ix_rights_steps_request_id", "request_id", "id"),)

    request_id: Mapped[int] = mapped_column(ForeignKey("rights_requests.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    what: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(Text(), default="")


class PersonCopy(Base):
    """A copy of everything held about a person, made by the worker and removed when it expires."""

    __tablename__ = "person_copies"
    __table_args__ = (
        UniqueConstraint("reference"),
        one_of("state", ["making", "ready", "expired"], name="state_known"),
        CheckConstraint("(state = 'ready') = (storage_key IS NOT NULL)", name="ready_has_file"),
        CheckConstraint("(state = 'making') = (ready_at IS NULL)", name="made_has_time"),
        Index("ix_person_copies_user_id", "user_id", "id"),
        Index("ix_person_copies_request_id", "request_id"),
        Index("ix_person_copies_state", "state", "expires_at"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    email: Mapped[str] = mapped_column(String(254))
    request_id: Mapped[int | None] = mapped_column(ForeignKey("rights_requests.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    state: Mapped[str] = mapped_column(String(10), default="making")
    storage_key: Mapped[str | None] = mapped_column(String(120))
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None]
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    taken: Mapped[int] = mapped_column(default=0)


class Breach(Timestamped, Base):
    """Personal data lost, changed, seen or gone astray (UK GDPR, articles 33 and 34).

    ``found_at`` is when we became aware: the 72 hours count from it.
    """

    __tablename__ = "breaches"
    __table_args__ = (
        UniqueConstraint("reference"),
        one_of("risk", breach_rules.RISKS, name="risk_known"),
        CheckConstraint("people IS NULL OR people >= 0", name="people_not_negative"),
        CheckConstraint("closed_at IS NULL OR risk <> 'unknown'", name="closed_is_assessed"),
        CheckConstraint(
            "closed_at IS NULL OR risk = 'unlikely' OR ico_told_at IS NOT NULL",
            name="closed_ico_told",
        ),
        Index("ix_breaches_found_at", "found_at", "id"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    title: Mapped[str] = mapped_column(String(160))
    found_at: Mapped[datetime] = mapped_column(UtcDateTime())
    what: Mapped[str] = mapped_column(Text())
    kinds: Mapped[list[str]] = mapped_column(JsonDocument())
    people: Mapped[int | None]
    risk: Mapped[str] = mapped_column(String(10), default="unknown")
    why: Mapped[str] = mapped_column(Text(), default="")
    done: Mapped[str] = mapped_column(Text(), default="")
    ico_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ico_reference: Mapped[str] = mapped_column(String(40), default="")
    ico_reason: Mapped[str] = mapped_column(Text(), default="")
    people_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    people_reason: Mapped[str] = mapped_column(Text(), default="")
    lessons: Mapped[str] = mapped_column(Text(), default="")
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    revision: Mapped[int] = mapped_column(default=0)


class BreachStep(Base):
    """One entry of a breach's log. Only appended."""

    __tablename__ = "breach_steps"
    __table_args__ = (Index("ix_breach_steps_breach_id", "breach_id", "id"),)

    breach_id: Mapped[int] = mapped_column(ForeignKey("breaches.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    what: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(Text(), default="")
