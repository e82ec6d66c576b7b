"""Payment runs, the payment of each claim, and samples drawn to audit what was paid."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.kernel.ids import new_reference
from portal.kernel.people import NAME_LENGTH
from portal.payments.models.shared import Pence, amount


class PaymentRun(Timestamped, Base):
    """A schedule of payments handed to the bank; its file is the same however often it is taken.

    ``process_on`` is the day on which Bacs works on it, ``made_on`` the London day it was made.
    """

    __tablename__ = "payment_runs"
    __table_args__ = (
        UniqueConstraint("reference"),
        CheckConstraint("count >= 1", name="count_positive"),
        amount("total_pence", name="total_range", least=1, most=100_000_000_000),
        CheckConstraint("made_on <= process_on", name="made_before_processed"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    programme: Mapped[str] = mapped_column(String(40))
    count: Mapped[int]
    total_pence: Mapped[int] = mapped_column(Pence())
    made_on: Mapped[date] = mapped_column(Date())
    process_on: Mapped[date] = mapped_column(Date())
    made_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    made_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")


class Payment(Timestamped, Base):
    """The one payment of a claim: put in a run, then paid on a day with the bank's reference."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("claim_id"),
        CheckConstraint("(paid_on IS NULL) = (bank_reference IS NULL)", name="paid_referenced"),
        amount("pence", name="pence_range", least=1, most=100_000_000_000),
        Index("ix_payments_run_id", "run_id"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"))
    run_id: Mapped[int] = mapped_column(ForeignKey("payment_runs.id"))
    pence: Mapped[int] = mapped_column(Pence())
    payee_name: Mapped[str] = mapped_column(String(18))
    payee_sort_code: Mapped[str] = mapped_column(String(6))
    payee_account: Mapped[str] = mapped_column(String(8))
    remittance_email: Mapped[str | None] = mapped_column(String(254))
    paid_on: Mapped[date | None] = mapped_column(Date())
    bank_reference: Mapped[str | None] = mapped_column(String(40))
    paid_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    paid_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    remittance_key: Mapped[str | None] = mapped_column(String(200))
    remittance_sha256: Mapped[str | None] = mapped_column(String(64))


class AuditSample(Timestamped, Base):
    """Lines drawn at random, riskier ones more often; the seed draws the same ones again.

    ``settings`` keeps the strata, their sizes and shares, so that the error found can be carried
    to everything they were drawn from.
    """

    __tablename__ = "audit_samples"
    __table_args__ = (
        UniqueConstraint("reference"),
        # The same draw asked for twice is one sample.
        UniqueConstraint("programme", "seed", "from_on", "until_on", "size"),
        CheckConstraint("from_on <= until_on", name="from_before_until"),
        CheckConstraint("size >= 1", name="size_positive"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    programme: Mapped[str] = mapped_column(String(40))
    seed: Mapped[str] = mapped_column(String(64))
    from_on: Mapped[date] = mapped_column(Date())
    until_on: Mapped[date] = mapped_column(Date())
    size: Mapped[int]
    settings: Mapped[dict[str, Any]] = mapped_column(JsonDocument())
    drawn_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class AuditSampleItem(Base):
    """One line of a sample and what the auditor found: how many pence should not have been paid."""

    __tablename__ = "audit_sample_items"
    __table_args__ = (
        UniqueConstraint("sample_id", "line_id"),
        amount("pence", name="pence_range"),
        CheckConstraint(
            "found_pence IS NULL OR found_pence BETWEEN 0 AND pence", name="found_range"
        ),
        CheckConstraint("(found_pence IS NULL) = (found_at IS NULL)", name="found_dated"),
    )

    sample_id: Mapped[int] = mapped_column(ForeignKey("audit_samples.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("claim_lines.id"))
    stratum: Mapped[str] = mapped_column(String(20))
    pence: Mapped[int] = mapped_column(Pence())
    found_pence: Mapped[int | None] = mapped_column(Pence())
    found_words: Mapped[str] = mapped_column(Text(), default="")
    found_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    found_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
