"""Quarterly releases of statistics, and the evaluator's pack of each."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, JsonDocument, UtcDateTime
from portal.kernel.ids import new_reference
from portal.kernel.people import NAME_LENGTH


class StatisticsRelease(Base):
    """The statistics of one calendar quarter, protected and frozen when they were first released.

    There is one a quarter and it is never changed or removed: a trigger in the database refuses
    it. Two releases of one quarter that differ by one record would give that record away.
    What was released is a frozen report (``ReportCopy``), with its files.
    ``threshold`` and ``rounding`` are the rules it was protected by; ``proof`` sums up the audit:
    how many numbers were shown and withheld, and what had to be left out.
    """

    __tablename__ = "statistics_releases"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("first_on"),
        UniqueConstraint("copy_id"),
        CheckConstraint("first_on < last_on", name="days_in_order"),
        CheckConstraint("threshold >= 3", name="threshold_protects"),
        CheckConstraint("rounding >= 1", name="rounding_positive"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    first_on: Mapped[date] = mapped_column(Date())
    last_on: Mapped[date] = mapped_column(Date())
    threshold: Mapped[int]
    rounding: Mapped[int]
    copy_id: Mapped[int] = mapped_column(ForeignKey("report_copies.id"))
    proof: Mapped[dict[str, Any]] = mapped_column(JsonDocument())
    released_at: Mapped[datetime] = mapped_column(UtcDateTime())


class EvaluationPack(Base):
    """The evaluator's pack of a release: asked for once, made by the worker, then always the same.

    One a release, so that no two packs differ by a record. ``checks`` says what the check of
    anonymity found; it is set, with the file, when the pack is ready.
    """

    __tablename__ = "evaluation_packs"
    __table_args__ = (
        UniqueConstraint("release_id"),
        CheckConstraint(
            "(ready_at IS NULL) = (storage_key IS NULL) AND (ready_at IS NULL) = (sha256 IS NULL)",
            name="ready_is_whole",
        ),
        Index("ix_evaluation_packs_asked_by", "asked_by"),
    )

    release_id: Mapped[int] = mapped_column(ForeignKey("statistics_releases.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime())
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    storage_key: Mapped[str | None] = mapped_column(String(200))
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(default=0)
    checks: Mapped[dict[str, Any]] = mapped_column(JsonDocument(), default=dict)
