"""Tables of the programme: its settings over time, its organisations, and who works for them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference

ORGANISATION_KINDS = ("lep", "provider")


class ProgrammeSetting(Base):
    """A setting from a day on. Rows are added, never changed: the past keeps its values."""

    __tablename__ = "programme_settings"
    __table_args__ = (UniqueConstraint("key", "effective_from"),)

    key: Mapped[str] = mapped_column(String(60))
    value: Mapped[Any] = mapped_column(JsonDocument())
    effective_from: Mapped[date] = mapped_column(Date())
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)


class Organisation(Timestamped, Base):
    """The LEP, or a provider that it commissions."""

    __tablename__ = "organisations"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("kind", "name"),
        CheckConstraint("kind IN ('lep', 'provider')", name="kind_known"),
        CheckConstraint("length(name) >= 2", name="name_given"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(160))


class StaffPost(Timestamped, Base):
    """A person who works for an organisation."""

    __tablename__ = "staff_posts"
    __table_args__ = (UniqueConstraint("user_id", "organisation_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
