"""Cases, the one next action of each, and the history of their stages and advisers."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.caseload.rules.stages import CLOSE_REASONS, Milestone, Stage
from portal.caseload.rules.words import ACTION_KINDS
from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.employers import models as employers_models
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import NAME_LENGTH
from portal.programme import models as programme_models

assert employers_models and programme_models  # noqa: S101, PT018 - so that their tables are known

SESSION_STATES = ("none", "held", "asked", "confirmed", "disputed")


class Case(Timestamped, Base):
    """A provider's work with one employer in one programme; open until ``closed_at`` is set.

    ``stage_since`` is when the stage was reached. ``last_contact_at`` is the last time somebody
    was reached, not only tried. ``waiting_since`` is set while the employer has promised something
    (``waiting_for``). ``session_state`` follows the latest in-depth session and its confirmation.
    ``revision`` rises with each change of the case itself.
    """

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("reference"),
        one_of("stage", Stage, name="stage_known"),
        one_of("close_reason", CLOSE_REASONS, name="close_reason_known"),
        one_of("session_state", SESSION_STATES, name="session_state_known"),
        CheckConstraint("(closed_at IS NULL) = (stage <> 'closed')", name="closed_stage"),
        CheckConstraint("(closed_at IS NULL) = (close_reason IS NULL)", name="closed_reason"),
        CheckConstraint("contact_count >= 0", name="contact_count_not_negative"),
        CheckConstraint("revision >= 1", name="revision_from_one"),
        Index(
            "uq_cases_open",
            "employer_id",
            "programme",
            unique=True,
            sqlite_where=sql("closed_at IS NULL"),
            postgresql_where=sql("closed_at IS NULL"),
        ),
        Index("ix_cases_employer_id", "employer_id"),
        Index("ix_cases_organisation_id_adviser_id", "organisation_id", "adviser_id", "closed_at"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    programme: Mapped[str] = mapped_column(String(40))
    adviser_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("referral_sources.id"))
    stage: Mapped[str] = mapped_column(String(20), default=Stage.REFERRAL.value)
    stage_since: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    close_reason: Mapped[str | None] = mapped_column(String(30))
    close_note: Mapped[str] = mapped_column(Text(), default="")
    last_contact_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    contact_count: Mapped[int] = mapped_column(default=0)
    waiting_since: Mapped[datetime | None] = mapped_column(UtcDateTime())
    waiting_for: Mapped[str] = mapped_column(String(200), default="")
    session_state: Mapped[str] = mapped_column(String(12), default="none")
    contact_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    contact_job: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    contact_email: Mapped[str] = mapped_column(String(254), default="")
    contact_phone: Mapped[str] = mapped_column(String(40), default="")
    revision: Mapped[int] = mapped_column(default=1)


class NextAction(Base):
    """What is to be done next on a case, by a day; a case has one at a time.

    One that was moved keeps its row and its day, so that a missed call does not disappear.
    """

    __tablename__ = "next_actions"
    __table_args__ = (
        one_of("kind", ACTION_KINDS, name="kind_known"),
        CheckConstraint("state IN ('open', 'done', 'moved', 'dropped')", name="state_known"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended_dated"),
        CheckConstraint("length(what) >= 1", name="what_given"),
        Index(
            "uq_next_actions_open",
            "case_id",
            unique=True,
            sqlite_where=sql("state = 'open'"),
            postgresql_where=sql("state = 'open'"),
        ),
        Index("ix_next_actions_case_id", "case_id"),
        Index(
            "ix_next_actions_open_due_on",
            "due_on",
            "case_id",
            sqlite_where=sql("state = 'open'"),
            postgresql_where=sql("state = 'open'"),
        ),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str] = mapped_column(String(10))
    what: Mapped[str] = mapped_column(String(200))
    due_on: Mapped[date] = mapped_column(Date())
    state: Mapped[str] = mapped_column(String(8), default="open")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class CaseMilestone(Base):
    """A record that a stage rests on; ``subject`` is ``kind of record:reference``."""

    __tablename__ = "case_milestones"
    __table_args__ = (
        UniqueConstraint("case_id", "kind", "subject"),
        one_of("kind", Milestone, name="kind_known"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(80))
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class StageChange(Base):
    """A move from stage to stage; ``missing`` names records whose absence ``reason`` explains."""

    __tablename__ = "case_stage_changes"
    __table_args__ = (
        one_of("from_stage", Stage, name="from_known"),
        one_of("to_stage", Stage, name="to_known"),
        Index("ix_case_stage_changes_case_id", "case_id", "at"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    from_stage: Mapped[str | None] = mapped_column(String(20))
    to_stage: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    missing: Mapped[list[str]] = mapped_column(JsonDocument(), default=list)
    reason: Mapped[str] = mapped_column(Text(), default="")


class Assignment(Base):
    """Who was given a case, by whom and why."""

    __tablename__ = "case_assignments"
    __table_args__ = (Index("ix_case_assignments_case_id", "case_id", "at"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    from_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    to_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    reason: Mapped[str] = mapped_column(String(500), default="")
