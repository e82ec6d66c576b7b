"""What advisers do with an employer: contacts, the phone consultation, the in-depth session."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.caseload.rules.words import CONTACT_KINDS, SESSION_MODES
from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import NAME_LENGTH

MOST_MINUTES = 24 * 60


class Interaction(Base):
    """One contact or note, never edited. ``reached`` tells a conversation from a try.

    ``minutes`` is the adviser's time on it. ``once`` came with the form it was sent by: the same
    form sent twice is one contact.
    """

    __tablename__ = "interactions"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("once"),
        one_of("kind", CONTACT_KINDS, name="kind_known"),
        CheckConstraint(f"minutes BETWEEN 0 AND {MOST_MINUTES}", name="minutes_range"),
        CheckConstraint("kind <> 'note' OR NOT reached", name="note_reaches_nobody"),
        Index("ix_interactions_case_id_at", "case_id", "at"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    reached: Mapped[bool]
    minutes: Mapped[int] = mapped_column(default=0)
    with_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    summary: Mapped[str] = mapped_column(Text(), default="")
    once: Mapped[str | None] = mapped_column(String(32))
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)


class Consultation(Base):
    """The phone consultation: what the employer said, and whether and how it goes on.

    ``shares_outcomes`` is the employer's agreement to share data on outcomes with the programme;
    unknown until asked. ``challenges`` and ``wants`` hold keys. It is never edited: a later one
    may say that it corrects it (``corrects_id``).
    """

    __tablename__ = "consultations"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("once"),
        CheckConstraint(f"minutes BETWEEN 0 AND {MOST_MINUTES}", name="minutes_range"),
        CheckConstraint(
            "next_step IN ('session', 'think', 'signpost', 'not_eligible', 'no')",
            name="next_step_known",
        ),
        Index("ix_consultations_case_id", "case_id", "held_at"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    held_at: Mapped[datetime] = mapped_column(UtcDateTime())
    minutes: Mapped[int]
    with_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    with_job: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    business: Mapped[str] = mapped_column(Text(), default="")
    challenges: Mapped[list[str]] = mapped_column(JsonDocument(), default=list)
    challenges_text: Mapped[str] = mapped_column(Text(), default="")
    tried: Mapped[str] = mapped_column(Text(), default="")
    wants: Mapped[list[str]] = mapped_column(JsonDocument(), default=list)
    wants_text: Mapped[str] = mapped_column(Text(), default="")
    next_step: Mapped[str] = mapped_column(String(12))
    next_step_text: Mapped[str] = mapped_column(Text(), default="")
    shares_outcomes: Mapped[bool | None]
    once: Mapped[str | None] = mapped_column(String(32))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("consultations.id"))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))


class DiagnosticSession(Timestamped, Base):
    """The in-depth diagnostic session of an adviser with an employer.

    ``present`` lists who took part: name, job and side (``employer`` or ``provider``). Once the
    employer was asked to confirm it, it is no longer edited: it is withdrawn and recorded again.
    """

    __tablename__ = "diagnostic_sessions"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("once"),
        one_of("mode", SESSION_MODES, name="mode_known"),
        CheckConstraint(f"minutes BETWEEN 1 AND {MOST_MINUTES}", name="minutes_range"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawn_has_reason"
        ),
        CheckConstraint("revision >= 1", name="revision_from_one"),
        Index("ix_diagnostic_sessions_case_id", "case_id", "held_on"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    held_on: Mapped[date] = mapped_column(Date())
    minutes: Mapped[int]
    mode: Mapped[str] = mapped_column(String(12))
    place: Mapped[str] = mapped_column(String(200), default="")
    present: Mapped[list[dict[str, str]]] = mapped_column(JsonDocument(), default=list)
    challenges: Mapped[list[str]] = mapped_column(JsonDocument(), default=list)
    challenges_text: Mapped[str] = mapped_column(Text(), default="")
    benefits: Mapped[list[str]] = mapped_column(JsonDocument(), default=list)
    benefits_text: Mapped[str] = mapped_column(Text(), default="")
    goals_text: Mapped[str] = mapped_column(Text(), default="")
    solutions_text: Mapped[str] = mapped_column(Text(), default="")
    once: Mapped[str | None] = mapped_column(String(32))
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    withdrawn_reason: Mapped[str | None] = mapped_column(Text())
    revision: Mapped[int] = mapped_column(default=1)
