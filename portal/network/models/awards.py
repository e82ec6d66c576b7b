"""The award scheme: rounds, applications, statements, assessments, awards and champions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.employers import models as employers_models
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.network.rules.states import APPLICATION_MOVES, ASSESSMENT_MOVES, ROUND_MOVES
from portal.network.rules.words import NAME_LENGTH, TIERS, TITLE_LENGTH

assert employers_models  # noqa: S101 - imported so that employers are known


class AwardRound(Timestamped, Base):
    """A round of awards; it opens and closes by its dates (London days, both included)."""

    __tablename__ = "award_rounds"
    __table_args__ = (
        UniqueConstraint("reference"),
        one_of("state", ROUND_MOVES, name="state_known"),
        CheckConstraint("closes_on >= opens_on", name="closes_after_opening"),
        CheckConstraint("decide_by >= closes_on", name="decided_after_closing"),
        CheckConstraint("valid_months BETWEEN 6 AND 60", name="valid_months_range"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    programme: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    about: Mapped[str] = mapped_column(Text(), default="")
    # The version of the published criteria; it never changes once the round is open.
    criteria_version: Mapped[int]
    # Keys of the sectors that may apply; none named means every target sector.
    sectors: Mapped[list[str]] = mapped_column(JsonDocument(), default=list)
    opens_on: Mapped[date] = mapped_column(Date())
    closes_on: Mapped[date] = mapped_column(Date())
    decide_by: Mapped[date] = mapped_column(Date())
    valid_months: Mapped[int] = mapped_column(default=24)
    state: Mapped[str] = mapped_column(String(10), default="planned")
    cancelled_reason: Mapped[str | None] = mapped_column(Text())
    revision: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class AwardAssessor(Base):
    """A person who may be given applications of a round."""

    __tablename__ = "award_assessors"
    __table_args__ = (UniqueConstraint("round_id", "user_id"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("award_rounds.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    added_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)


class AwardConflict(Base):
    """That an assessor cannot judge an employer, and why; declared, or found by the portal."""

    __tablename__ = "award_conflicts"
    __table_args__ = (
        UniqueConstraint("user_id", "employer_id"),
        CheckConstraint("reason <> ''", name="reason_given"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"), index=True)
    reason: Mapped[str] = mapped_column(Text())
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class AwardApplication(Timestamped, Base):
    """An employer's application in a round.

    ``answers`` maps a criterion to {text, actions, evidence, revision, by, at}: what they say, and
    references of completed actions and files they agreed to put before the assessors.
    """

    __tablename__ = "award_applications"
    __table_args__ = (
        UniqueConstraint("reference"),
        one_of("state", APPLICATION_MOVES, name="state_known"),
        one_of("tier_sought", TIERS, name="tier_sought_known"),
        one_of("tier_awarded", TIERS, name="tier_awarded_known"),
        CheckConstraint(
            "(state = 'awarded') = (tier_awarded IS NOT NULL)", name="awarded_has_tier"
        ),
        CheckConstraint(
            "state NOT IN ('awarded', 'declined') OR (decided_at IS NOT NULL AND feedback <> '')",
            name="decided_has_feedback",
        ),
        Index(
            "uq_award_applications_one",
            "round_id",
            "employer_id",
            unique=True,
            sqlite_where=sql("state <> 'withdrawn'"),
            postgresql_where=sql("state <> 'withdrawn'"),
        ),
        Index("ix_award_applications_employer_id", "employer_id"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    round_id: Mapped[int] = mapped_column(ForeignKey("award_rounds.id"))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    state: Mapped[str] = mapped_column(String(12), default="draft")
    tier_sought: Mapped[str] = mapped_column(String(12))
    # The award that this one renews; no foreign key, since that award points at an application.
    renews_id: Mapped[int | None]
    answers: Mapped[dict[str, Any]] = mapped_column(JsonDocument())
    # They agree that assessors see the actions and files they chose.
    consent_evidence: Mapped[bool] = mapped_column(default=False)
    response_id: Mapped[int | None] = mapped_column(ForeignKey("diagnostic_responses.id"))
    # What the assessors see of actions, files and scores, as it was when it was submitted.
    frozen: Mapped[dict[str, Any] | None] = mapped_column(JsonDocument())
    revision: Mapped[int] = mapped_column(default=0)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    submitted_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    tier_awarded: Mapped[str | None] = mapped_column(String(12))
    feedback: Mapped[str] = mapped_column(Text(), default="")
    # Why a tier was given that the scores alone do not allow.
    beyond_reason: Mapped[str] = mapped_column(Text(), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")


class AwardStatement(Timestamped, Base):
    """Somebody who works there supports the application in their own words, by a link."""

    __tablename__ = "award_statements"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        one_of("state", ["asked", "given", "refused", "withdrawn"], name="state_known"),
        CheckConstraint("state <> 'given' OR words <> ''", name="given_has_words"),
        Index("ix_award_statements_application_id", "application_id"),
    )

    application_id: Mapped[int] = mapped_column(ForeignKey("award_applications.id"))
    to_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    to_email: Mapped[str] = mapped_column(String(254))
    token_hash: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10), default="asked")
    job: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    part_time: Mapped[bool | None]
    words: Mapped[str] = mapped_column(Text(), default="")
    given_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class AwardAssessment(Timestamped, Base):
    """One assessor's scores of one application, unseen by the other until both are done.

    ``scores`` maps a criterion to {score, note}; ``moderates`` marks the third look that settles
    a large gap between two.
    """

    __tablename__ = "award_assessments"
    __table_args__ = (
        UniqueConstraint("application_id", "user_id"),
        one_of("state", ASSESSMENT_MOVES, name="state_known"),
        CheckConstraint("(state = 'done') = (done_at IS NOT NULL)", name="done_has_day"),
        Index("ix_award_assessments_user_id", "user_id"),
    )

    application_id: Mapped[int] = mapped_column(ForeignKey("award_applications.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    state: Mapped[str] = mapped_column(String(10), default="assigned")
    moderates: Mapped[bool] = mapped_column(default=False)
    scores: Mapped[dict[str, Any]] = mapped_column(JsonDocument())
    words: Mapped[str] = mapped_column(Text(), default="")
    revision: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class Award(Timestamped, Base):
    """An award that was made; anybody can verify its code."""

    __tablename__ = "awards"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("code"),
        UniqueConstraint("application_id"),
        one_of("tier", TIERS, name="tier_known"),
        CheckConstraint("valid_until > awarded_on", name="valid_for_a_while"),
        CheckConstraint(
            "(revoked_at IS NULL) = (revoked_reason IS NULL)", name="revoked_has_reason"
        ),
        Index("ix_awards_employer_id", "employer_id"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    code: Mapped[str] = mapped_column(String(16))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    application_id: Mapped[int] = mapped_column(ForeignKey("award_applications.id"))
    tier: Mapped[str] = mapped_column(String(12))
    # As it was on the day: a later change of name changes no certificate.
    employer_name: Mapped[str] = mapped_column(String(160))
    awarded_on: Mapped[date] = mapped_column(Date())
    valid_until: Mapped[date] = mapped_column(Date())
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    revoked_reason: Mapped[str | None] = mapped_column(Text())
    certificate_state: Mapped[str] = mapped_column(String(10), default="queued")
    certificate_key: Mapped[str] = mapped_column(String(200), default="")
    certificate_sha256: Mapped[str | None] = mapped_column(String(64))


class Champion(Timestamped, Base):
    """An employer champion: made by a first award, counted once however many follow."""

    __tablename__ = "champions"
    __table_args__ = (UniqueConstraint("employer_id"), UniqueConstraint("award_id"))

    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    award_id: Mapped[int] = mapped_column(ForeignKey("awards.id"))
    since: Mapped[date] = mapped_column(Date())
    sector: Mapped[str] = mapped_column(String(30))
    district: Mapped[str] = mapped_column(String(40))
    size_tier: Mapped[str | None] = mapped_column(String(10))
