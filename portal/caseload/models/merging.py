"""Two records of one employer brought together, and taken apart again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, JsonDocument, UtcDateTime
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import NAME_LENGTH


class EmployerMerge(Base):
    """A merge of one employer's record into another's.

    ``moved`` says of every row that moved what its changed columns held before, by table and key,
    so that undoing puts back exactly those.
    """

    __tablename__ = "employer_merges"
    __table_args__ = (
        UniqueConstraint("reference"),
        CheckConstraint("kept_id <> merged_id", name="two_employers"),
        CheckConstraint("(undone_at IS NULL) = (undone_by_name IS NULL)", name="undone_named"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    kept_id: Mapped[int] = mapped_column(ForeignKey("employers.id"), index=True)
    merged_id: Mapped[int] = mapped_column(ForeignKey("employers.id"), index=True)
    reason: Mapped[str] = mapped_column(Text())
    moved: Mapped[dict[str, Any]] = mapped_column(JsonDocument())
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    undone_by_name: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
