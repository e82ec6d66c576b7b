"""Outcomes before and after, kept by triggers like everything that reports count."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


class ReportOutcome(Base):
    """A case's outcomes at the start and at its latest follow-up.

    ``shares`` is 1 when the employer last agreed to share data on outcomes, else 0. A measure is
    empty where nobody asked. What each measures stands in ``portal/reports/facts/outcomes.py``.
    """

    __tablename__ = "report_outcomes"
    __table_args__ = (UniqueConstraint("case_id"),)

    case_id: Mapped[int]
    sector: Mapped[str] = mapped_column(String(30))
    size_tier: Mapped[str | None] = mapped_column(String(20))
    district: Mapped[str] = mapped_column(String(40))
    organisation_id: Mapped[int]
    shares: Mapped[int]
    baseline_on: Mapped[date | None] = mapped_column(Date())
    followed_on: Mapped[date | None] = mapped_column(Date())
    posts_before: Mapped[int | None]
    posts_after: Mapped[int | None]
    quality_before: Mapped[int | None]
    quality_after: Mapped[int | None]
    policies_before: Mapped[int | None]
    policies_after: Mapped[int | None]
    pathways_before: Mapped[int | None]
    pathways_after: Mapped[int | None]
    support_before: Mapped[int | None]
    support_after: Mapped[int | None]
    training_before: Mapped[int | None]
    training_after: Mapped[int | None]
