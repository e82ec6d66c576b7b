"""What reports keep of movement: how far an employer moved, and the support it had meanwhile."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base


class ReportMovement(Base):
    """One row an employer that was compared: its overall scores then and now, in tenths.

    ``support`` names the kinds of support it came to after its first diagnostic and up to its
    latest, in a fixed order. Kept by triggers, as every row that reports derive.
    """

    __tablename__ = "report_movements"
    __table_args__ = (UniqueConstraint("score_id"),)

    score_id: Mapped[int]
    questionnaire_key: Mapped[str] = mapped_column(String(60))
    sector: Mapped[str] = mapped_column(String(20))
    size_tier: Mapped[str] = mapped_column(String(10))
    district: Mapped[str] = mapped_column(String(60))
    latest_on: Mapped[date] = mapped_column(Date())
    support: Mapped[str] = mapped_column(String(80))
    before_tenths: Mapped[int]
    after_tenths: Mapped[int]
