"""Light-touch follow-ups, and outcomes at the start and afterwards."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.caseload.models.work import MOST_MINUTES
from portal.caseload.rules.words import CONTACT_KINDS
from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import NAME_LENGTH

ANSWERS = ("embedded", "under_way", "not_started", "stopped", "not_asked")


class FollowUp(Timestamped, Base):
    """One light-touch follow-up, so many months after the plan was agreed.

    Planned until it is done, or skipped with a reason; a planned one whose day has passed is late.
    """

    __tablename__ = "follow_ups"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("case_id", "months"),
        CheckConstraint("state IN ('planned', 'done', 'skipped')", name="state_known"),
        CheckConstraint("(state = 'done') = (done_on IS NOT NULL)", name="done_dated"),
        CheckConstraint(
            "(state = 'skipped') = (skip_reason IS NOT NULL)", name="skipped_has_reason"
        ),
        CheckConstraint("months BETWEEN 1 AND 36", name="months_range"),
        one_of("channel", CONTACT_KINDS, name="channel_known"),
        CheckConstraint(f"minutes BETWEEN 0 AND {MOST_MINUTES}", name="minutes_range"),
        Index("ix_follow_ups_state_due_on", "state", "due_on"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    months: Mapped[int]
    due_on: Mapped[date] = mapped_column(Date())
    state: Mapped[str] = mapped_column(String(8), default="planned")
    done_on: Mapped[date | None] = mapped_column(Date())
    skip_reason: Mapped[str | None] = mapped_column(Text())
    channel: Mapped[str | None] = mapped_column(String(10))
    minutes: Mapped[int | None]
    with_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    summary: Mapped[str] = mapped_column(Text(), default="")
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    reminded_on: Mapped[date | None] = mapped_column(Date())


class FollowUpAnswer(Base):
    """Whether one practice has lasted; ``item`` is the action's reference, ``title`` as asked."""

    __tablename__ = "follow_up_answers"
    __table_args__ = (
        UniqueConstraint("follow_up_id", "item"),
        one_of("answer", ANSWERS, name="answer_known"),
    )

    follow_up_id: Mapped[int] = mapped_column(ForeignKey("follow_ups.id"))
    item: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    answer: Mapped[str] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(Text(), default="")


class OutcomeRecord(Base):
    """The five kinds of outcome as they stood on a day: at the start, or at a follow-up.

    ``answers`` maps a question of ``data/outcomes.yaml`` to its value; ``roles`` lists higher-level
    posts opened part-time or flexibly; ``quality_roles`` counts those that meet the definition.
    A later record of the same phase replaces an earlier one, which is kept.
    """

    __tablename__ = "outcome_records"
    __table_args__ = (
        UniqueConstraint("reference"),
        CheckConstraint("phase IN ('baseline', 'follow_up')", name="phase_known"),
        CheckConstraint(
            "(phase = 'follow_up') OR follow_up_id IS NULL", name="baseline_has_no_follow_up"
        ),
        CheckConstraint("quality_roles >= 0", name="quality_roles_not_negative"),
        Index("ix_outcome_records_case_id", "case_id", "recorded_at"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    phase: Mapped[str] = mapped_column(String(10))
    follow_up_id: Mapped[int | None] = mapped_column(ForeignKey("follow_ups.id"))
    true_on: Mapped[date] = mapped_column(Date())
    answers: Mapped[dict[str, Any]] = mapped_column(JsonDocument(), default=dict)
    roles: Mapped[list[dict[str, Any]]] = mapped_column(JsonDocument(), default=list)
    quality_roles: Mapped[int] = mapped_column(default=0)
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    replaced_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class AdviserPreferences(Base):
    """What an adviser has chosen for themselves; without a row, everything is on.

    ``daily_mail`` is the list of the day that an adviser is sent in the morning.
    """

    __tablename__ = "adviser_preferences"
    __table_args__ = (UniqueConstraint("user_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    daily_mail: Mapped[bool] = mapped_column(default=True)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
