"""Contracts with providers: how long, how much at most, by when, and what was varied."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import NAME_LENGTH
from portal.payments.models.shared import Pence, amount
from portal.payments.rules.contracts import MOST_CONTRACT
from portal.payments.rules.words import OUTPUT_TYPES
from portal.programme import models as programme_models

assert programme_models  # noqa: S101 - imported so that organisations is known


class Contract(Timestamped, Base):
    """What a provider may be paid for between two days, and at most how much, in pence.

    ``open_from`` is the first month that can still be claimed in: closing a period moves it on.
    """

    __tablename__ = "contracts"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("programme", "title"),
        CheckConstraint("state IN ('draft', 'active', 'ended')", name="state_known"),
        CheckConstraint("starts_on <= ends_on", name="starts_before_ends"),
        amount("total_cap_pence", name="total_cap_range", least=1, most=MOST_CONTRACT),
        CheckConstraint("length(title) >= 2", name="title_given"),
        CheckConstraint("revision >= 1", name="revision_from_one"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    programme: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(160))
    starts_on: Mapped[date] = mapped_column(Date())
    ends_on: Mapped[date] = mapped_column(Date())
    total_cap_pence: Mapped[int] = mapped_column(Pence())
    state: Mapped[str] = mapped_column(String(8), default="draft")
    open_from: Mapped[date] = mapped_column(Date())
    bonus_target_percent: Mapped[int | None]
    drafted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    activated_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    activated_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    payee_name: Mapped[str] = mapped_column(String(18), default="")
    payee_sort_code: Mapped[str] = mapped_column(String(6), default="")
    payee_account: Mapped[str] = mapped_column(String(8), default="")
    remittance_email: Mapped[str] = mapped_column(String(254), default="")
    revision: Mapped[int] = mapped_column(default=1)


class ContractCap(Base):
    """At most so many pence for one type of output; a type without a row has no cap of its own."""

    __tablename__ = "contract_caps"
    __table_args__ = (
        UniqueConstraint("contract_id", "output_type"),
        one_of("output_type", OUTPUT_TYPES, name="output_type_known"),
        amount("cap_pence", name="cap_range", most=MOST_CONTRACT),
    )

    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    output_type: Mapped[str] = mapped_column(String(20))
    cap_pence: Mapped[int] = mapped_column(Pence())


class ContractProfile(Base):
    """What is expected to be spent in a quarter, in pence; ``quarter`` is its first day."""

    __tablename__ = "contract_profiles"
    __table_args__ = (
        UniqueConstraint("contract_id", "quarter"),
        amount("pence", name="pence_range", most=MOST_CONTRACT),
    )

    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    quarter: Mapped[date] = mapped_column(Date())
    pence: Mapped[int] = mapped_column(Pence())


class ContractVariation(Base):
    """A change of a contract from a day on; ``changes`` maps a field to [before, after]."""

    __tablename__ = "contract_variations"
    __table_args__ = (
        UniqueConstraint("contract_id", "number"),
        CheckConstraint("number >= 1", name="number_from_one"),
        CheckConstraint("length(reason) >= 1", name="reason_given"),
    )

    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    number: Mapped[int]
    effective_on: Mapped[date] = mapped_column(Date())
    reason: Mapped[str] = mapped_column(Text())
    changes: Mapped[dict[str, Any]] = mapped_column(JsonDocument())
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))


class Subcontractor(Base):
    """A provider that delivers under another's contract from a day until a day."""

    __tablename__ = "contract_subcontractors"
    __table_args__ = (
        UniqueConstraint("contract_id", "organisation_id", "from_on"),
        CheckConstraint("until_on IS NULL OR from_on <= until_on", name="from_before_until"),
    )

    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    from_on: Mapped[date] = mapped_column(Date())
    until_on: Mapped[date | None] = mapped_column(Date())
