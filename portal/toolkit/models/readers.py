"""What employers and readers leave: tests, ratings, steps done, and results of tools."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.employers import models as employers_models
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.toolkit.rules.words import NAME_LENGTH, TITLE_LENGTH, TOOLS

assert employers_models  # noqa: S101 - imported so that employers are known


class ResourceTest(Timestamped, Base):
    """An employer asked to try a version before it is published, and what it said.

    Marks run from 1 (not at all) to 5 (very). They answer by a link; its hash is kept.
    """

    __tablename__ = "resource_tests"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("token_hash"),
        UniqueConstraint("resource_id", "number", "employer_id"),
        one_of("state", ["asked", "answered", "declined", "withdrawn"], name="state_known"),
        one_of("would_use", ["yes", "changed", "no"], name="would_use_known"),
        CheckConstraint(
            "state <> 'answered' OR (clear IS NOT NULL AND useful IS NOT NULL "
            "AND doable IS NOT NULL AND would_use IS NOT NULL AND answered_at IS NOT NULL)",
            name="answered_is_complete",
        ),
        CheckConstraint("clear BETWEEN 1 AND 5", name="clear_range"),
        CheckConstraint("useful BETWEEN 1 AND 5", name="useful_range"),
        CheckConstraint("doable BETWEEN 1 AND 5", name="doable_range"),
        CheckConstraint("minutes BETWEEN 1 AND 600", name="minutes_range"),
        Index("ix_resource_tests_employer_id", "employer_id"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"))
    number: Mapped[int]
    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    to_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    to_email: Mapped[str] = mapped_column(String(254))
    token_hash: Mapped[str] = mapped_column(String(64))
    due_on: Mapped[date] = mapped_column(Date())
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    state: Mapped[str] = mapped_column(String(10), default="asked")
    answered_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    answered_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    tried: Mapped[bool | None]
    clear: Mapped[int | None]
    useful: Mapped[int | None]
    doable: Mapped[int | None]
    would_use: Mapped[str | None] = mapped_column(String(8))
    minutes: Mapped[int | None]
    best: Mapped[str] = mapped_column(Text(), default="")
    change: Mapped[str] = mapped_column(Text(), default="")
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_name: Mapped[str] = mapped_column(String(NAME_LENGTH))


class ResourceRating(Timestamped, Base):
    """What a reader thought of a published version: one for a person, or for a visitor and day.

    ``visitor_mark`` is that day's mark of a browser, which cannot be traced once the day is over.
    A comment is shown to others when staff have looked at it.
    """

    __tablename__ = "resource_ratings"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("resource_id", "user_id"),
        UniqueConstraint("resource_id", "visitor_mark"),
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars_range"),
        one_of("comment_state", ["none", "waiting", "shown", "hidden"], name="comment_state_known"),
        CheckConstraint("(comment = '') = (comment_state = 'none')", name="comment_has_state"),
        CheckConstraint("(user_id IS NULL) <> (visitor_mark IS NULL)", name="one_reader"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"))
    number: Mapped[int]
    stars: Mapped[int]
    comment: Mapped[str] = mapped_column(Text(), default="")
    comment_state: Mapped[str] = mapped_column(String(8), default="none")
    hidden_reason: Mapped[str] = mapped_column(Text(), default="")
    sector: Mapped[str] = mapped_column(String(30), default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    visitor_mark: Mapped[str | None] = mapped_column(String(64))


class ToolkitStep(Base):
    """A step of a toolkit that an employer has done. ``step`` is the step's key."""

    __tablename__ = "toolkit_steps"
    __table_args__ = (
        UniqueConstraint("employer_id", "resource_id", "step"),
        Index("ix_toolkit_steps_resource_id", "resource_id"),
    )

    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    resource_id: Mapped[int] = mapped_column(ForeignKey("resources.id"))
    step: Mapped[str] = mapped_column(String(80))
    done_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))


class ToolResult(Base):
    """What a tool worked out for an employer, kept because they wanted it, with what they typed.

    ``result`` is frozen: a tool that changes later changes no result. ``digest`` is that of one
    press of the tool's button, so that the same press twice keeps one.
    """

    __tablename__ = "tool_results"
    __table_args__ = (
        UniqueConstraint("reference"),
        one_of("tool", TOOLS, name="tool_known"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawn_has_reason"
        ),
        Index("ix_tool_results_employer_id", "employer_id", "tool", "at"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    tool: Mapped[str] = mapped_column(String(12))
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    inputs: Mapped[dict[str, Any]] = mapped_column(JsonDocument())
    result: Mapped[dict[str, Any]] = mapped_column(JsonDocument())
    digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    withdrawn_reason: Mapped[str | None] = mapped_column(Text())
