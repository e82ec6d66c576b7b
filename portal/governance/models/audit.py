"""What verifying the audit trail found, each time."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime
from portal.db.constraints import one_of
from portal.kernel.clock import utc_now

CHECK_SOURCES: Final = ("command", "daily")
FAULT_LENGTH: Final = 300


class AuditCheck(Base):
    """One look at the whole chain. ``fault`` is empty when all of it held.

    Position and hash of the head as they were are an anchor for every later look. Rows are never
    changed or removed: a trigger in the database refuses it.
    """

    __tablename__ = "audit_checks"
    __table_args__ = (
        one_of("source", CHECK_SOURCES, name="known_source"),
        Index("ix_audit_checks_at", "at"),
    )

    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    source: Mapped[str] = mapped_column(String(20))
    position: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    milliseconds: Mapped[int]
    fault: Mapped[str] = mapped_column(String(FAULT_LENGTH), default="")
