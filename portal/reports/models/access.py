"""Who gets a report by mail, what was sent, and tokens by which other programs read reports."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, JsonDocument, UtcDateTime
from portal.kernel.ids import new_reference
from portal.kernel.people import NAME_LENGTH


class ReportSubscription(Base):
    """A person who gets a report by mail each month.

    ``last_month`` is the first day of the last month that was sent, or passed over: before it was
    asked for, or while it was paused. Stopping removes the row.
    """

    __tablename__ = "report_subscriptions"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("user_id", "report_key"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    report_key: Mapped[str] = mapped_column(String(40))
    since: Mapped[datetime] = mapped_column(UtcDateTime())
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    last_month: Mapped[date] = mapped_column(Date())


class MonthlyReport(Base):
    """The PDF of a report as of a month's end, drawn once for everybody who sees it alike.

    ``whose`` says what it shows: "full", "statistics", or "provider:" with the organisation's key.
    ``readings`` are the sentences under its first pictures, which stand in the mail itself.
    """

    __tablename__ = "report_monthlies"
    __table_args__ = (
        UniqueConstraint("report_key", "whose", "month"),
        CheckConstraint("length(sha256) = 64", name="sha256_whole"),
        Index("ix_report_monthlies_made_at", "made_at"),
    )

    report_key: Mapped[str] = mapped_column(String(40))
    whose: Mapped[str] = mapped_column(String(24))
    month: Mapped[date] = mapped_column(Date())
    title: Mapped[str] = mapped_column(String(200))
    period: Mapped[str] = mapped_column(String(120))
    readings: Mapped[list[str]] = mapped_column(JsonDocument())
    storage_key: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime())


class ReportToken(Base):
    """What lets another program read reports. Only its hash is kept; it is shown once.

    ``ends`` are its last characters, by which people tell one from another. ``used_at`` moves
    once an hour at most when only lists are read, and with every report that is.
    """

    __tablename__ = "report_tokens"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("token_hash"),
        CheckConstraint("scope IN ('full', 'statistics')", name="scope_known"),
        CheckConstraint("(revoked_at IS NULL) = (revoked_name IS NULL)", name="revoked_whole"),
        CheckConstraint("length(token_hash) = 64", name="hash_whole"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    name: Mapped[str] = mapped_column(String(80))
    scope: Mapped[str] = mapped_column(String(12))
    token_hash: Mapped[str] = mapped_column(String(64))
    ends: Mapped[str] = mapped_column(String(4))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime())
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    made_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    expires_on: Mapped[date] = mapped_column(Date())
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    revoked_name: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
