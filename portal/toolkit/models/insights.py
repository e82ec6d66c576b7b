"""Research: what businesses said about their practice, challenges and support needs, by theme."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.employers import models as employers_models
from portal.kernel.ids import new_reference
from portal.toolkit.rules.words import CONVERSATIONS, DIMENSIONS, NAME_LENGTH, SIZES, TITLE_LENGTH

assert employers_models  # noqa: S101 - imported so that employers are known


class InsightTheme(Timestamped, Base):
    """Something that businesses say again and again."""

    __tablename__ = "insight_themes"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("title"),
        one_of("dimension", DIMENSIONS, name="dimension_known"),
        CheckConstraint("title <> ''", name="title_given"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    about: Mapped[str] = mapped_column(Text(), default="")
    dimension: Mapped[str | None] = mapped_column(String(20))
    retired_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class Insight(Timestamped, Base):
    """A discussion with a business, as an employer's record or only by name.

    Sector and size are copied as they were on the day.
    """

    __tablename__ = "insights"
    __table_args__ = (
        UniqueConstraint("reference"),
        one_of("how", CONVERSATIONS, name="how_known"),
        one_of("size_tier", SIZES, name="size_known"),
        CheckConstraint("employer_id IS NOT NULL OR business <> ''", name="business_named"),
        CheckConstraint("practice <> '' OR challenge <> '' OR support_need <> ''", name="said"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawn_has_reason"
        ),
        Index("ix_insights_employer_id", "employer_id"),
        Index("ix_insights_held_on", "held_on"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employers.id"))
    business: Mapped[str] = mapped_column(String(160), default="")
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    held_on: Mapped[date] = mapped_column(Date())
    how: Mapped[str] = mapped_column(String(10))
    sector: Mapped[str] = mapped_column(String(30))
    size_tier: Mapped[str | None] = mapped_column(String(10))
    practice: Mapped[str] = mapped_column(Text(), default="")
    challenge: Mapped[str] = mapped_column(Text(), default="")
    support_need: Mapped[str] = mapped_column(Text(), default="")
    # They agreed that their words are quoted without their name.
    may_quote: Mapped[bool] = mapped_column(default=False)
    revision: Mapped[int] = mapped_column(default=0)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    withdrawn_reason: Mapped[str | None] = mapped_column(Text())


class InsightThemeLink(Base):
    """A theme of an insight, or a resource that answers a theme."""

    __tablename__ = "insight_theme_links"
    __table_args__ = (
        UniqueConstraint("theme_id", "insight_id"),
        UniqueConstraint("theme_id", "resource_id"),
        CheckConstraint("(insight_id IS NULL) <> (resource_id IS NULL)", name="one_end"),
        Index("ix_insight_theme_links_insight_id", "insight_id"),
        Index("ix_insight_theme_links_resource_id", "resource_id"),
    )

    theme_id: Mapped[int] = mapped_column(ForeignKey("insight_themes.id"))
    insight_id: Mapped[int | None] = mapped_column(ForeignKey("insights.id"))
    resource_id: Mapped[int | None] = mapped_column(ForeignKey("resources.id"))
