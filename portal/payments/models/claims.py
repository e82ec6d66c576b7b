"""Claims, their lines, the checks that were run on them, and what was asked and answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, JsonDocument, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import NAME_LENGTH
from portal.payments.models.shared import Pence, amount
from portal.payments.rules.states import ClaimState, LineState

_HOLDS = "state NOT IN ('rejected', 'removed')"


class Claim(Timestamped, Base):
    """Outputs of one contract claimed in one month; ``period`` is its first day.

    A month can have a further claim once every earlier one has been submitted, so ``number`` counts
    them. ``revision`` rises with each change.
    """

    __tablename__ = "claims"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("contract_id", "period", "number"),
        one_of("state", ClaimState, name="state_known"),
        CheckConstraint("number >= 1", name="number_from_one"),
        CheckConstraint("revision >= 1", name="revision_from_one"),
        CheckConstraint(
            "state IN ('draft', 'withdrawn') OR submitted_at IS NOT NULL", name="submitted_dated"
        ),
        Index(
            "uq_claims_draft",
            "contract_id",
            "period",
            unique=True,
            sqlite_where=sql("state = 'draft'"),
            postgresql_where=sql("state = 'draft'"),
        ),
        Index("ix_claims_state", "state", "submitted_at"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    contract_id: Mapped[int] = mapped_column(ForeignKey("contracts.id"))
    period: Mapped[date] = mapped_column(Date())
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(14), default=ClaimState.DRAFT.value)
    drafted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    submitted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    submitted_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    revision: Mapped[int] = mapped_column(default=1)


class ClaimLine(Timestamped, Base):
    """One output on a claim, its amount in pence and why it is that amount.

    An output stands on one line at a time: a new line is possible only after the earlier one was
    rejected or taken out.
    """

    __tablename__ = "claim_lines"
    __table_args__ = (
        one_of("state", LineState, name="state_known"),
        amount("pence", name="pence_range"),
        Index(
            "uq_claim_lines_output",
            "output_id",
            unique=True,
            sqlite_where=sql(_HOLDS),
            postgresql_where=sql(_HOLDS),
        ),
        UniqueConstraint("claim_id", "output_id"),
        Index("ix_claim_lines_claim_id", "claim_id", "state"),
        Index("ix_claim_lines_output_id", "output_id"),
    )

    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"))
    output_id: Mapped[int] = mapped_column(ForeignKey("outputs.id"))
    state: Mapped[str] = mapped_column(String(10), default=LineState.DRAFT.value)
    pence: Mapped[int] = mapped_column(Pence())
    explanation: Mapped[str] = mapped_column(String(600))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_name: Mapped[str] = mapped_column(String(NAME_LENGTH), default="")
    reason: Mapped[str] = mapped_column(Text(), default="")


class LineQuery(Base):
    """A question about a line, and its answer; only ever added to."""

    __tablename__ = "claim_line_queries"
    __table_args__ = (
        CheckConstraint("side IN ('lep', 'provider')", name="side_known"),
        CheckConstraint("length(words) >= 1", name="words_given"),
        Index("ix_claim_line_queries_line_id", "line_id", "at"),
    )

    line_id: Mapped[int] = mapped_column(ForeignKey("claim_lines.id"))
    side: Mapped[str] = mapped_column(String(8))
    words: Mapped[str] = mapped_column(Text())
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))


class CheckResult(Base):
    """What one check said about a line, or about the claim where ``line_id`` is empty.

    ``run`` counts the times that the checks of a claim were run; earlier runs are kept.
    """

    __tablename__ = "claim_checks"
    __table_args__ = (
        CheckConstraint("result IN ('pass', 'warn', 'fail')", name="result_known"),
        CheckConstraint("run >= 1", name="run_from_one"),
        # A long claim's page looks for the few that did not pass: in the index alone.
        Index("ix_claim_checks_found", "claim_id", "run", "line_id", "result"),
        Index("ix_claim_checks_line_id", "line_id"),
    )

    claim_id: Mapped[int] = mapped_column(ForeignKey("claims.id"))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("claim_lines.id"))
    run: Mapped[int]
    kind: Mapped[str] = mapped_column(String(30))
    result: Mapped[str] = mapped_column(String(4))
    words: Mapped[str] = mapped_column(String(500))
    detail: Mapped[dict[str, Any]] = mapped_column(JsonDocument(), default=dict)
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)


class CheckOverride(Base):
    """A failed check let through: asked for by one person, granted by another, until a day.

    One that is not granted is declined with an ``answer``, or lapses after its last day.
    """

    __tablename__ = "check_overrides"
    __table_args__ = (
        CheckConstraint("length(reason) >= 1", name="reason_given"),
        CheckConstraint("granted_by IS NULL OR granted_by <> asked_by", name="granted_by_another"),
        CheckConstraint("(granted_by IS NULL) = (granted_at IS NULL)", name="granted_dated"),
        CheckConstraint("(declined_by IS NULL) = (declined_at IS NULL)", name="declined_dated"),
        CheckConstraint("granted_at IS NULL OR declined_at IS NULL", name="one_answer"),
        Index("ix_check_overrides_output_id", "output_id", "kind"),
    )

    output_id: Mapped[int] = mapped_column(ForeignKey("outputs.id"))
    kind: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str] = mapped_column(Text())
    until_on: Mapped[date] = mapped_column(Date())
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    granted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    declined_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    declined_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    answer: Mapped[str] = mapped_column(Text(), default="")
