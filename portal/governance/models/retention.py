"""Tables of retention: what went and why, what may not go, and what was asked to go."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.governance.rules.holds import SCOPES
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import NAME_LENGTH

ERASURE_STATES = ("asked", "done", "refused")
ERASURE_KINDS = ("person", "employer", "contact")
WHY = ("schedule", "erasure")


class RetentionTombstone(Base):
    """That a record's personal data went: which record, when, on what ground; never what it was.

    ``since`` is the moment the record's time counted from, so that a record whose time begins
    again (a case opened once more) can end once more. ``sha256`` is a deleted file's hash: whoever
    has a copy can still prove that it is the one.
    """

    __tablename__ = "retention_tombstones"
    __table_args__ = (
        UniqueConstraint("class_key", "holding", "row_id", "since"),
        one_of("why", WHY, name="why_known"),
        CheckConstraint("sha256 IS NULL OR length(sha256) = 64", name="sha256_length"),
        Index("ix_retention_tombstones_at", "at"),
    )

    class_key: Mapped[str] = mapped_column(String(30))
    holding: Mapped[str] = mapped_column(String(60))
    row_id: Mapped[int]
    since: Mapped[datetime] = mapped_column(UtcDateTime())
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    why: Mapped[str] = mapped_column(String(10), default="schedule")
    what: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str | None] = mapped_column(String(64))
    erasure_id: Mapped[int | None] = mapped_column(ForeignKey("erasure_requests.id"))


class LegalHold(Base):
    """Nothing about the subject is deleted while the hold stands: a claim, an audit, an inquiry.

    ``subject`` is ``employer:REF``, ``user:7``, a class's key, or empty for everything.
    """

    __tablename__ = "legal_holds"
    __table_args__ = (
        UniqueConstraint("reference"),
        one_of("scope", SCOPES, name="scope_known"),
        CheckConstraint("(scope = 'everything') = (subject = '')", name="subject_named"),
        CheckConstraint("reason <> ''", name="reason_given"),
        CheckConstraint("(lifted_at IS NULL) = (lifted_reason IS NULL)", name="lifted_has_reason"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    scope: Mapped[str] = mapped_column(String(12))
    subject: Mapped[str] = mapped_column(String(60), default="")
    reason: Mapped[str] = mapped_column(Text())
    review_on: Mapped[date] = mapped_column(Date())
    placed_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    placed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    placed_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lifted_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    lifted_reason: Mapped[str | None] = mapped_column(Text())


class ErasureRequest(Timestamped, Base):
    """Somebody asked to be forgotten. When it is done, whom it was about is known no longer.

    ``subject`` is ``user:7`` or ``employer:REF``, which lead to what is left of the record;
    ``email`` is of a person without an account, and goes when the request is done.
    ``went`` and ``stayed`` count rows by table. One person proposes, another does it;
    ``rights_request_id`` is what the person asked, which is answered with it.
    """

    __tablename__ = "erasure_requests"
    __table_args__ = (
        UniqueConstraint("reference"),
        one_of("kind", ERASURE_KINDS, name="kind_known"),
        one_of("state", ERASURE_STATES, name="state_known"),
        CheckConstraint("(state = 'asked') = (ended_at IS NULL)", name="ended_when_decided"),
        CheckConstraint("state <> 'refused' OR words <> ''", name="refused_with_words"),
        CheckConstraint(
            "state <> 'done' OR proposed_by IS NULL OR ended_by <> proposed_by", name="two_people"
        ),
        Index("ix_erasure_requests_state_due_on", "state", "due_on"),
        Index("ix_erasure_requests_rights_request_id", "rights_request_id"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    kind: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(60), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    state: Mapped[str] = mapped_column(String(10), default="asked")
    asked_on: Mapped[date] = mapped_column(Date())
    due_on: Mapped[date] = mapped_column(Date())
    entered_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    entered_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    rights_request_id: Mapped[int | None] = mapped_column(ForeignKey("rights_requests.id"))
    proposed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    proposed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    proposed_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    words: Mapped[str] = mapped_column(Text(), default="")
    went: Mapped[dict[str, Any]] = mapped_column(JsonDocument(), default=dict)
    stayed: Mapped[dict[str, Any]] = mapped_column(JsonDocument(), default=dict)


class RetentionRun(Base):
    """One run of the schedule: how many records of each class went, and how many were held."""

    __tablename__ = "retention_runs"

    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    source: Mapped[str] = mapped_column(String(10))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    went: Mapped[dict[str, Any]] = mapped_column(JsonDocument(), default=dict)
    held: Mapped[dict[str, Any]] = mapped_column(JsonDocument(), default=dict)
    files: Mapped[int] = mapped_column(default=0)
