"""Responses to a questionnaire, their frozen scores, and the histograms that reports read.

Answers are one JSON document a response; scores are one row a dimension; histograms change in the
same transaction, so that no report ever adds up answers (docs/decisions/005).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.caseload import models as caseload_models
from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.db.types import Counts
from portal.kernel.clock import utc_now

OVERALL = "overall"

assert caseload_models  # noqa: S101 - imported so that diagnostic_sessions is known


class Response(Timestamped, Base):
    """One run through a questionnaire, by a visitor or for an employer.

    ``answers`` maps a question to its value, the revision that last changed it, when and by whom.
    ``result`` is frozen at completion: later versions of a questionnaire never change it.
    """

    __tablename__ = "diagnostic_responses"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("resume_token_hash"),
        CheckConstraint("status IN ('in_progress', 'completed', 'withdrawn')", name="status_known"),
        CheckConstraint("kind IN ('first', 'correction', 'retake')", name="kind_known"),
        CheckConstraint(
            "sector IN ('retail', 'hospitality', 'social_care', 'other')", name="sector_known"
        ),
        CheckConstraint("size_tier IN ('micro', 'small', 'medium', 'large')", name="size_known"),
        CheckConstraint("revision >= 0", name="revision_not_negative"),
        CheckConstraint(
            "overall_score IS NULL OR (overall_score >= 0 AND overall_score <= 100)",
            name="overall_score_range",
        ),
        CheckConstraint(
            "status <> 'completed' OR (completed_at IS NOT NULL AND result IS NOT NULL)",
            name="completed_has_result",
        ),
        CheckConstraint(
            "NOT is_current OR (status = 'completed' AND employer_id IS NOT NULL)",
            name="current_is_completed",
        ),
        Index(
            "uq_diagnostic_responses_current",
            "employer_id",
            "questionnaire_key",
            unique=True,
            sqlite_where=text("is_current"),
            postgresql_where=text("is_current"),
        ),
        Index("ix_diagnostic_responses_employer_id", "employer_id", "started_at"),
        Index("ix_diagnostic_responses_owner_id", "owner_id"),
        Index("ix_diagnostic_responses_resume_email", "resume_email"),
    )

    reference: Mapped[str] = mapped_column(String(10))
    questionnaire_key: Mapped[str] = mapped_column(String(60))
    questionnaire_version: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12), default="first")
    earlier_id: Mapped[int | None] = mapped_column(ForeignKey("diagnostic_responses.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employers.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    # The in-depth session at which an adviser and the employer answer together.
    session_id: Mapped[int | None] = mapped_column(ForeignKey("diagnostic_sessions.id"), index=True)
    sector: Mapped[str] = mapped_column(String(20))
    size_tier: Mapped[str] = mapped_column(String(10))
    district: Mapped[str | None] = mapped_column(String(60))
    status: Mapped[str] = mapped_column(String(12), default="in_progress")
    is_current: Mapped[bool] = mapped_column(default=False)
    answers: Mapped[dict[str, Any]] = mapped_column(JsonDocument(), default=dict)
    revision: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    completed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    overall_score: Mapped[int | None]
    result: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument(none_as_null=True))
    resume_token_hash: Mapped[str | None] = mapped_column(String(64))
    resume_email: Mapped[str | None] = mapped_column(String(254))


class DimensionScore(Base):
    """One score of a completed response; ``overall`` stands among the dimensions.

    ``score`` is 0 to 100, rounded half up; ``exact`` keeps the fraction it was rounded from.
    """

    __tablename__ = "dimension_scores"
    __table_args__ = (
        UniqueConstraint("response_id", "dimension"),
        CheckConstraint("score >= 0 AND score <= 100", name="score_range"),
    )

    response_id: Mapped[int] = mapped_column(ForeignKey("diagnostic_responses.id"))
    dimension: Mapped[str] = mapped_column(String(40))
    score: Mapped[int]
    exact: Mapped[str] = mapped_column(String(60))


class ScoreHistogram(Base):
    """How many employers' current response has each score of a dimension, by group.

    ``counts`` are 101 numbers, for the scores 0 to 100. One row holds them all, so that how many
    rows there are follows from sectors, sizes and districts and not from how many employers there
    are, and a report adds up as many for a hundred employers as for a hundred thousand.
    """

    __tablename__ = "score_histograms"
    __table_args__ = (
        UniqueConstraint(
            "questionnaire_key",
            "sector",
            "size_tier",
            "district",
            "dimension",
            name="uq_score_histograms_cell",
        ),
        # The same rule in the words of each database: as many counts as scores, none below nought.
        CheckConstraint(
            "json_array_length(counts) = 101 AND counts NOT LIKE '%-%' "
            "AND counts NOT LIKE '%null%'",
            name="counts_whole",
        ).ddl_if(dialect="sqlite"),
        CheckConstraint(
            "cardinality(counts) = 101 AND 0 <= ALL (counts) "
            "AND array_position(counts, NULL) IS NULL",
            name="counts_whole",
        ).ddl_if(dialect="postgresql"),
    )

    questionnaire_key: Mapped[str] = mapped_column(String(60))
    sector: Mapped[str] = mapped_column(String(20))
    size_tier: Mapped[str] = mapped_column(String(10))
    # Unknown districts are an empty text, since NULLs would not be one group.
    district: Mapped[str] = mapped_column(String(60))
    dimension: Mapped[str] = mapped_column(String(40))
    counts: Mapped[list[int]] = mapped_column(Counts())


class DiagnosticMovement(Base):
    """An employer's first and latest diagnostic, and whether the two could be compared.

    Worked out from its completed responses and never typed in (``rules/movement.py``). Sector,
    size and district (empty when not known) are those of the first. ``state`` is "once" while
    there is only one, "compared", or "apart" when the two have no scored question in common.
    ``compared`` and ``left_out`` count scored questions.
    """

    __tablename__ = "diagnostic_movements"
    __table_args__ = (
        UniqueConstraint("employer_id", "questionnaire_key"),
        CheckConstraint("state IN ('once', 'compared', 'apart')", name="state_known"),
        CheckConstraint("(state = 'once') = (latest_id IS NULL)", name="latest_unless_once"),
        CheckConstraint("(latest_id IS NULL) = (latest_on IS NULL)", name="latest_dated"),
        CheckConstraint("compared >= 0 AND left_out >= 0", name="not_negative"),
        CheckConstraint(
            "first_score IS NULL OR (first_score >= 0 AND first_score <= 100)",
            name="first_score_range",
        ),
    )

    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    questionnaire_key: Mapped[str] = mapped_column(String(60))
    sector: Mapped[str] = mapped_column(String(20))
    size_tier: Mapped[str] = mapped_column(String(10))
    district: Mapped[str] = mapped_column(String(60))
    first_id: Mapped[int] = mapped_column(ForeignKey("diagnostic_responses.id"), index=True)
    first_on: Mapped[date] = mapped_column(Date())
    first_score: Mapped[int | None]
    latest_id: Mapped[int | None] = mapped_column(ForeignKey("diagnostic_responses.id"), index=True)
    latest_on: Mapped[date | None] = mapped_column(Date())
    state: Mapped[str] = mapped_column(String(10))
    compared: Mapped[int] = mapped_column(default=0)
    left_out: Mapped[int] = mapped_column(default=0)


class MovementScore(Base):
    """A dimension then and now, over the comparable questions only; ``overall`` stands among them.

    ``before`` and ``after`` are tenths of a point, 0 to 1,000, rounded half up.
    """

    __tablename__ = "diagnostic_movement_scores"
    __table_args__ = (
        UniqueConstraint("movement_id", "dimension"),
        CheckConstraint(
            "before_tenths BETWEEN 0 AND 1000 AND after_tenths BETWEEN 0 AND 1000",
            name="tenths_range",
        ),
        CheckConstraint("questions > 0", name="questions_positive"),
    )

    movement_id: Mapped[int] = mapped_column(ForeignKey("diagnostic_movements.id"))
    dimension: Mapped[str] = mapped_column(String(40))
    before_tenths: Mapped[int]
    after_tenths: Mapped[int]
    questions: Mapped[int]
