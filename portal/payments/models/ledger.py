"""The ledger and the decisions behind it: appended, chained, never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, JsonDocument, UtcDateTime
from portal.db.constraints import one_of
from portal.kernel.clock import utc_now
from portal.kernel.people import NAME_LENGTH
from portal.payments.models.shared import Pence, amount
from portal.payments.rules.ledger import Account, Entry


class ChainHead(Base):
    """The end of a chain: who appends holds this row, so that entries come one after another."""

    __tablename__ = "chain_heads"
    __table_args__ = (UniqueConstraint("chain"),)

    chain: Mapped[str] = mapped_column(String(20))
    sequence: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str] = mapped_column(String(64))


class LedgerEntry(Base):
    """One transfer between two accounts of a contract, in pence.

    ``sequence`` counts through the whole ledger without a gap, and ``hash`` is made of the entry
    and the hash before it. A line is committed, released, approved and paid once each; a
    recovery names the entry it is about.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("sequence"),
        UniqueConstraint("hash"),
        one_of("kind", Entry, name="kind_known"),
        one_of("source", Account, name="source_known"),
        one_of("target", Account, name="target_known"),
        CheckConstraint("source <> target", name="two_accounts"),
        amount("pence", name="pence_range", least=1, most=100_000_000_000),
        CheckConstraint(
            "(kind IN ('allocate', 'reduce')) = (line_id IS NULL)", name="line_where_due"
        ),
        CheckConstraint(
            "(kind IN ('recover', 'adjust')) = (about_id IS NOT NULL)", name="linked_where_due"
        ),
        Index(
            "uq_ledger_entries_line_kind",
            "line_id",
            "kind",
            unique=True,
            sqlite_where=sql("kind IN ('commit', 'release', 'approve', 'pay')"),
            postgresql_where=sql("kind IN ('commit', 'release', 'approve', 'pay')"),
        ),
        Index(
            "uq_ledger_entries_output_pay",
            "output_id",
            unique=True,
            sqlite_where=sql("kind = 'pay'"),
            postgresql_where=sql("kind = 'pay'"),
        ),
        Index("ix_ledger_entries_contract_id", "contract_id", "sequence"),
        Index("ix_ledger_entries_line_id", "line_id"),
    )

    sequence: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    kind: Mapped[str] = mapped_column(String(10))
    source: Mapped[str] = mapped_column(String(10))
    target: Mapped[str] = mapped_column(String(10))
    pence: Mapped[int] = mapped_column(Pence())
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("claims.id"), index=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("claim_lines.id"))
    output_id: Mapped[int | None] = mapped_column(ForeignKey("outputs.id"))
    about_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entries.id"))
    reason: Mapped[str] = mapped_column(Text(), default="")
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class Decision(Base):
    """A decision about money: who decided what about which record, chained like the ledger."""

    __tablename__ = "payment_decisions"
    __table_args__ = (
        UniqueConstraint("sequence"),
        UniqueConstraint("hash"),
        Index("ix_payment_decisions_subject", "subject", "sequence"),
    )

    sequence: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80))
    detail: Mapped[dict[str, Any]] = mapped_column(JsonDocument(), default=dict)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
