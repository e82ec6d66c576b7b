"""Outputs: what can be paid for, as it stood on its day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.caseload import models as caseload_models
from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.payments.models.shared import Pence, amount
from portal.payments.rules.words import OUTPUT_TYPES

assert caseload_models  # noqa: S101 - imported so that cases and sessions are known


class Output(Timestamped, Base):
    """One piece of work that can be paid for once.

    Everything that decides its price is copied here, with the evidence for each, when it arises,
    and never looked up again. ``facts`` says of each fact its value, since when it was true and
    how it is known. An engagement arises once for a business, a delivery once for the delivery.
    """

    __tablename__ = "outputs"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("session_id"),
        UniqueConstraint("delivery_id"),
        one_of("output_type", OUTPUT_TYPES, name="output_type_known"),
        CheckConstraint("(session_id IS NULL) <> (delivery_id IS NULL)", name="one_origin"),
        CheckConstraint(
            "(output_type = 'engagement') = (session_id IS NOT NULL)", name="engagement_session"
        ),
        CheckConstraint("sector <> 'other'", name="target_sector"),
        amount("base_pence", name="base_range"),
        amount("bonus_pence", name="bonus_range"),
        CheckConstraint("bonus_pence = 0 OR hard_to_reach", name="bonus_hard_to_reach"),
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)", name="withdrawn_has_reason"
        ),
        Index(
            "uq_outputs_engagement",
            "employer_id",
            "programme",
            unique=True,
            sqlite_where=sql("output_type = 'engagement' AND withdrawn_at IS NULL"),
            postgresql_where=sql("output_type = 'engagement' AND withdrawn_at IS NULL"),
        ),
        Index("ix_outputs_contract_id_occurred_on", "contract_id", "occurred_on"),
        Index("ix_outputs_employer_id", "employer_id"),
        Index("ix_outputs_case_id", "case_id"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    programme: Mapped[str] = mapped_column(String(40))
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    # Who delivered it: the contract's provider or a subcontractor.
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    output_type: Mapped[str] = mapped_column(String(20))
    employer_id: Mapped[int] = mapped_column(ForeignKey("employers.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    session_id: Mapped[int | None] = mapped_column(ForeignKey("diagnostic_sessions.id"))
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("support_deliveries.id"))
    adviser_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    occurred_on: Mapped[date] = mapped_column(Date())
    arose_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    employer_name: Mapped[str] = mapped_column(String(160))
    sector: Mapped[str] = mapped_column(String(30))
    district: Mapped[str] = mapped_column(String(40))
    size_tier: Mapped[str] = mapped_column(String(10))
    hard_to_reach: Mapped[bool]
    facts: Mapped[dict[str, Any]] = mapped_column(JsonDocument())
    card_id: Mapped[int] = mapped_column(ForeignKey("rate_cards.id"))
    base_pence: Mapped[int] = mapped_column(Pence())
    bonus_pence: Mapped[int] = mapped_column(Pence())
    explanation: Mapped[str] = mapped_column(String(600))
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    withdrawn_reason: Mapped[str | None] = mapped_column(String(500))
