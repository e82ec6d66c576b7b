"""Reports as they stood at one moment: frozen ones, kept for ever, and prints, kept a few days."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime
from portal.kernel.ids import new_reference


class ReportCopy(Base):
    """A report's whole text at one moment, and whose eyes it is for.

    A frozen copy is never changed or removed: a trigger in the database refuses it. A print is
    somebody's PDF of a live report, for that person alone, and goes after ``expires_on``.
    ``counts_hash`` says by which definitions the counts were kept at that moment
    (``portal/reports/facts``); the definitions of the figures stand in the text itself.
    """

    __tablename__ = "report_copies"
    __table_args__ = (
        UniqueConstraint("reference"),
        CheckConstraint("kind IN ('frozen', 'print')", name="kind_known"),
        CheckConstraint("view IN ('full', 'provider', 'statistics')", name="view_known"),
        CheckConstraint("(view = 'provider') = (organisation_id IS NOT NULL)", name="whose"),
        CheckConstraint("(kind = 'print') = (expires_on IS NOT NULL)", name="goes_where_due"),
        CheckConstraint("first_on <= last_on", name="days_in_order"),
        CheckConstraint("length(fingerprint) = 64", name="fingerprint_whole"),
        Index("ix_report_copies_kind_view", "kind", "view", "id"),
        Index("ix_report_copies_expires_on", "expires_on"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    kind: Mapped[str] = mapped_column(String(10))
    report_key: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(200))
    view: Mapped[str] = mapped_column(String(12))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    first_on: Mapped[date] = mapped_column(Date())
    last_on: Mapped[date] = mapped_column(Date())
    text: Mapped[str] = mapped_column(Text())
    fingerprint: Mapped[str] = mapped_column(String(64))
    counts_hash: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text())
    made_at: Mapped[datetime] = mapped_column(UtcDateTime())
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    made_name: Mapped[str] = mapped_column(String(120))
    expires_on: Mapped[date | None] = mapped_column(Date())
    ready_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class ReportCopyFile(Base):
    """One file of a copy: where its bytes are kept, and what they must be."""

    __tablename__ = "report_copy_files"
    __table_args__ = (
        UniqueConstraint("copy_id", "name"),
        UniqueConstraint("storage_key"),
        CheckConstraint("size > 0", name="not_empty"),
        CheckConstraint("length(sha256) = 64", name="sha256_whole"),
    )

    copy_id: Mapped[int] = mapped_column(ForeignKey("report_copies.id"))
    name: Mapped[str] = mapped_column(String(120))
    storage_key: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
