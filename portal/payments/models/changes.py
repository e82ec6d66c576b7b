"""Changes of a contract in force that a second person confirms, what was proved, what was missed.

A change is proposed by one person and confirmed or refused by another, or withdrawn by the first.
The database refuses a second open one of a contract, and a proposer who decides.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.caseload import models as caseload_models
from portal.db import Base, JsonDocument, UtcDateTime
from portal.db.constraints import one_of
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import NAME_LENGTH

assert caseload_models  # noqa: S101 - imported so that sessions and deliveries are known

CHANGE_STATES: Final = ("proposed", "confirmed", "refused", "withdrawn")
PROOF_SOURCES: Final = ("command", "daily")


def _rules(table: str) -> tuple[Any, ...]:
    """What holds for every change that needs two people."""
    return (
        UniqueConstraint("reference"),
        one_of("state", CHANGE_STATES, name="state_known"),
        CheckConstraint("length(reason) >= 1", name="reason_given"),
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided_dated"),
        CheckConstraint("decided_at IS NULL OR decided_by IS NOT NULL", name="decided_signed"),
        CheckConstraint(
            "state = 'withdrawn' OR decided_by IS NULL OR decided_by <> proposed_by",
            name="decided_by_another",
        ),
        CheckConstraint("state <> 'refused' OR length(answer) >= 1", name="refused_with_words"),
        Index(
            f"uq_{table}_open",
            "contract_id",
            unique=True,
            sqlite_where=sql("state = 'proposed'"),
            postgresql_where=sql("state = 'proposed'"),
        ),
        Index(f"ix_{table}_contract_id", "contract_id"),
    )


class PayeeChange(Base):
    """Other bank details, or another address for advice, of a contract in force.

    The contract's own columns hold what money is sent to now; ``old_*`` what they held when the
    change was proposed. ``answer`` says why it was refused.
    """

    __tablename__ = "payee_changes"
    __table_args__ = _rules("payee_changes")

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    state: Mapped[str] = mapped_column(String(10), default="proposed")
    payee_name: Mapped[str] = mapped_column(String(18))
    payee_sort_code: Mapped[str] = mapped_column(String(6))
    payee_account: Mapped[str] = mapped_column(String(8))
    remittance_email: Mapped[str] = mapped_column(String(254))
    old_name: Mapped[str] = mapped_column(String(18))
    old_sort_code: Mapped[str] = mapped_column(String(6))
    old_account: Mapped[str] = mapped_column(String(8))
    old_email: Mapped[str] = mapped_column(String(254))
    reason: Mapped[str] = mapped_column(Text())
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    answer: Mapped[str] = mapped_column(Text(), default="")


class ContractProposal(Base):
    """A variation that waits for a second person; once confirmed it is ``number``.

    ``terms`` holds all of what the contract would say, ``changes`` what differs from what it said,
    each field as [before, after].
    """

    __tablename__ = "contract_proposals"
    __table_args__ = (
        *_rules("contract_proposals"),
        UniqueConstraint("contract_id", "number"),
        CheckConstraint("(state = 'confirmed') = (number IS NOT NULL)", name="confirmed_numbered"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    number: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(10), default="proposed")
    effective_on: Mapped[date] = mapped_column(Date())
    terms: Mapped[dict[str, Any]] = mapped_column(JsonDocument())
    changes: Mapped[dict[str, Any]] = mapped_column(JsonDocument())
    reason: Mapped[str] = mapped_column(Text())
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    proposed_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    answer: Mapped[str] = mapped_column(Text(), default="")


class LedgerProof(Base):
    """One proof of the ledger and the decisions; ``fault`` is empty when all of it held."""

    __tablename__ = "ledger_proofs"
    __table_args__ = (
        one_of("source", PROOF_SOURCES, name="source_known"),
        Index("ix_ledger_proofs_at", "at"),
    )

    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    source: Mapped[str] = mapped_column(String(8))
    entries: Mapped[int]
    decisions: Mapped[int]
    lines: Mapped[int]
    milliseconds: Mapped[int]
    fault: Mapped[str] = mapped_column(Text(), default="")
    sequence: Mapped[int | None]


class OutputMiss(Base):
    """Work from which no output can arise as things are, and the mark of how they were.

    The daily look leaves it out until the mark differs or a month is over.
    """

    __tablename__ = "output_misses"
    __table_args__ = (
        UniqueConstraint("session_id"),
        UniqueConstraint("delivery_id"),
        CheckConstraint("(session_id IS NULL) <> (delivery_id IS NULL)", name="one_subject"),
    )

    session_id: Mapped[int | None] = mapped_column(ForeignKey("diagnostic_sessions.id"))
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("support_deliveries.id"))
    mark: Mapped[str] = mapped_column(String(64))
    looked_at: Mapped[datetime] = mapped_column(UtcDateTime())
