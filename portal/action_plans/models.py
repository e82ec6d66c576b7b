"""Plans, their goals, actions and history, the versions that were printed, and the business case.

Nothing here is ever deleted: an action is withdrawn with a reason, a version stays as it was made.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.action_plans.rules.plan import NAME_LENGTH, TITLE_LENGTH, URL_LENGTH
from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.kernel.clock import utc_now


class Plan(Timestamped, Base):
    """An employer's plan; one is active at a time. `revision` counts every change under it."""

    __tablename__ = "plans"
    __table_args__ = (
        UniqueConstraint("reference"),
        CheckConstraint("status IN ('active', 'closed')", name="status_known"),
        CheckConstraint("revision >= 0", name="revision_not_negative"),
        CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_has_a_day"),
        Index(
            "uq_plans_active",
            "employer_id",
            unique=True,
            sqlite_where=sql("status = 'active'"),
            postgresql_where=sql("status = 'active'"),
        ),
        Index("ix_plans_employer_id", "employer_id"),
    )

    reference: Mapped[str] = mapped_column(String(10))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    # The diagnostic the plan started from, and the one whose scores it shows now.
    started_from_id: Mapped[int] = mapped_column(ForeignKey("diagnostic_responses.id"))
    response_id: Mapped[int] = mapped_column(ForeignKey("diagnostic_responses.id"))
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    status: Mapped[str] = mapped_column(String(10), default="active")
    revision: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    closed_reason: Mapped[str | None] = mapped_column(Text())
    closed_by_name: Mapped[str | None] = mapped_column(String(NAME_LENGTH))


class PlanGoal(Timestamped, Base):
    """A heading that gathers actions; `goal_key` is the questionnaire's, None for an own goal."""

    __tablename__ = "plan_goals"
    __table_args__ = (
        UniqueConstraint("plan_id", "goal_key"),
        CheckConstraint("position >= 0", name="position_not_negative"),
        CheckConstraint("revision >= 0", name="revision_not_negative"),
        CheckConstraint("title <> ''", name="title_given"),
        Index("ix_plan_goals_plan_id_position", "plan_id", "position"),
    )

    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    goal_key: Mapped[str | None] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    benefit: Mapped[str] = mapped_column(Text(), default="")
    position: Mapped[int]
    revision: Mapped[int] = mapped_column(default=0)


class PlanAction(Timestamped, Base):
    """One thing to do. `recommendation_key` is None for an action of the employer's own.

    What a recommendation said is copied here, so a new questionnaire changes no plan. `because`
    lists the answers behind it: question key, text and answer. Effort and impact run 1 to 3.
    """

    __tablename__ = "plan_actions"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("plan_id", "recommendation_key"),
        CheckConstraint(
            "status IN ('not_started', 'in_progress', 'done', 'embedded', 'withdrawn')",
            name="status_known",
        ),
        CheckConstraint(
            "(status = 'withdrawn') = (withdrawn_reason IS NOT NULL)", name="withdrawn_has_reason"
        ),
        CheckConstraint("effort BETWEEN 1 AND 3", name="effort_range"),
        CheckConstraint("impact BETWEEN 1 AND 3", name="impact_range"),
        CheckConstraint("position >= 0", name="position_not_negative"),
        CheckConstraint("revision >= 0", name="revision_not_negative"),
        CheckConstraint("title <> ''", name="title_given"),
        Index("ix_plan_actions_plan_id_goal_id", "plan_id", "goal_id", "position"),
    )

    reference: Mapped[str] = mapped_column(String(10))
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    goal_id: Mapped[int] = mapped_column(ForeignKey("plan_goals.id"))
    recommendation_key: Mapped[str | None] = mapped_column(String(80))
    response_id: Mapped[int | None] = mapped_column(ForeignKey("diagnostic_responses.id"))
    dimension: Mapped[str | None] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    why: Mapped[str] = mapped_column(Text(), default="")
    first_step: Mapped[str] = mapped_column(Text(), default="")
    owner_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    due_on: Mapped[date | None] = mapped_column(Date())
    status: Mapped[str] = mapped_column(String(12), default="not_started")
    withdrawn_reason: Mapped[str | None] = mapped_column(Text())
    effort: Mapped[int] = mapped_column(default=2)
    impact: Mapped[int] = mapped_column(default=2)
    evidence: Mapped[str] = mapped_column(Text(), default="")
    link_title: Mapped[str] = mapped_column(String(TITLE_LENGTH), default="")
    link_url: Mapped[str] = mapped_column(String(URL_LENGTH), default="")
    legal: Mapped[bool] = mapped_column(default=False)
    because: Mapped[list[dict[str, str]]] = mapped_column(JsonDocument(), default=list)
    position: Mapped[int]
    revision: Mapped[int] = mapped_column(default=0)


class ActionNote(Base):
    """A line of an action's history, only ever appended.

    `revision` is the action's after the change; `changes` maps a field to [before, after] as text.
    """

    __tablename__ = "action_notes"
    __table_args__ = (
        UniqueConstraint("action_id", "revision"),
        CheckConstraint("(old_status IS NULL) = (new_status IS NULL)", name="both_statuses"),
        Index("ix_action_notes_action_id", "action_id", "at"),
    )

    action_id: Mapped[int] = mapped_column(ForeignKey("plan_actions.id"))
    revision: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    old_status: Mapped[str | None] = mapped_column(String(12))
    new_status: Mapped[str | None] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(Text(), default="")
    changes: Mapped[dict[str, Any]] = mapped_column(JsonDocument(), default=dict)


class PlanVersion(Base):
    """A plan as it was on a day, and the PDF made of it.

    `document` is the JSON text of a `PlanDocument` and is never written again; `content_hash`
    tells equal plans apart from changed ones; `sha256` is the PDF's. Numbers go on through all the
    plans of an employer, so that an address leads to the same version after a plan is closed.
    """

    __tablename__ = "plan_versions"
    __table_args__ = (
        UniqueConstraint("plan_id", "number"),
        UniqueConstraint("storage_key"),
        CheckConstraint("number >= 1", name="number_from_one"),
        CheckConstraint("state IN ('queued', 'rendering', 'ready', 'failed')", name="state_known"),
        CheckConstraint("tries >= 0", name="tries_not_negative"),
        CheckConstraint(
            "state <> 'ready' OR (sha256 IS NOT NULL AND pages >= 1 AND ready_at IS NOT NULL)",
            name="ready_has_file",
        ),
    )

    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    number: Mapped[int]
    # The plan's revision that was copied: a later one means that something has changed since.
    plan_revision: Mapped[int]
    document: Mapped[str] = mapped_column(Text())
    content_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10), default="queued")
    failure: Mapped[str | None] = mapped_column(String(TITLE_LENGTH))
    tries: Mapped[int] = mapped_column(default=0)
    storage_key: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str | None] = mapped_column(String(64))
    pages: Mapped[int | None]
    signed_off: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class PlanSignature(Base):
    """A sign-off of one version by the employer or the adviser; the name is as they typed it."""

    __tablename__ = "plan_signatures"
    __table_args__ = (
        UniqueConstraint("version_id", "role"),
        CheckConstraint("role IN ('employer', 'adviser')", name="role_known"),
        CheckConstraint("name <> ''", name="name_given"),
    )

    version_id: Mapped[int] = mapped_column(ForeignKey("plan_versions.id"))
    role: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    job: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)


class PlanBusinessCase(Timestamped, Base):
    """The figures an employer saved for their plan; `in_plan` says whether the PDF shows them."""

    __tablename__ = "business_cases"
    __table_args__ = (
        UniqueConstraint("plan_id"),
        CheckConstraint("revision >= 1", name="revision_from_one"),
    )

    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    inputs: Mapped[dict[str, dict[str, str]]] = mapped_column(JsonDocument())
    in_plan: Mapped[bool] = mapped_column(default=True)
    revision: Mapped[int] = mapped_column(default=1)
    dated: Mapped[date] = mapped_column(Date())
    saved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    saved_by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
