"""Rate cards: versions of what an output is worth."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.kernel.ids import new_reference
from portal.payments.models.shared import Pence, amount
from portal.payments.rules.words import BONUS, OUTPUT_TYPES, SIZE_TIERS


class RateCardVersion(Timestamped, Base):
    """A rate card of a programme: drafted by one person, published by another, then fixed.

    It holds from ``effective_from`` until the next published card begins. ``is_example`` marks
    figures that nobody has set yet: the service's sources name no rates.
    """

    __tablename__ = "rate_cards"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("programme", "version"),
        CheckConstraint("state IN ('draft', 'published', 'dropped')", name="state_known"),
        CheckConstraint("version >= 1", name="version_from_one"),
        CheckConstraint(
            "(state = 'published') = (published_at IS NOT NULL)", name="published_dated"
        ),
        CheckConstraint(
            "published_by IS NULL OR drafted_by IS NULL OR published_by <> drafted_by",
            name="published_by_another",
        ),
        CheckConstraint("revision >= 1", name="revision_from_one"),
        Index(
            "uq_rate_cards_start",
            "programme",
            "effective_from",
            unique=True,
            sqlite_where=sql("state = 'published'"),
            postgresql_where=sql("state = 'published'"),
        ),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    programme: Mapped[str] = mapped_column(String(40))
    version: Mapped[int]
    title: Mapped[str] = mapped_column(String(160), default="")
    effective_from: Mapped[date] = mapped_column(Date())
    state: Mapped[str] = mapped_column(String(10), default="draft")
    is_example: Mapped[bool] = mapped_column(default=False)
    drafted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    published_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    revision: Mapped[int] = mapped_column(default=1)


class Rate(Base):
    """One amount of a card: for a type of output, or the bonus, and a size tier; in pence."""

    __tablename__ = "rates"
    __table_args__ = (
        UniqueConstraint("card_id", "output_type", "size_tier"),
        one_of("output_type", [*OUTPUT_TYPES, BONUS], name="output_type_known"),
        one_of("size_tier", SIZE_TIERS, name="size_tier_known"),
        amount("pence", name="pence_range"),
    )

    card_id: Mapped[int] = mapped_column(ForeignKey("rate_cards.id"))
    output_type: Mapped[str] = mapped_column(String(20))
    size_tier: Mapped[str] = mapped_column(String(10))
    pence: Mapped[int] = mapped_column(Pence())
