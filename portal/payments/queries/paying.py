"""Payment runs, payments, and what can still be taken back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import exists, func, select

from portal.db import current_session
from portal.payments.models import (
    Claim,
    ClaimLine,
    Contract,
    LedgerEntry,
    Payment,
    PaymentRun,
)
from portal.payments.rules.ledger import Entry
from portal.payments.rules.states import ClaimState, LineState
from portal.programme.models import Organisation

_OWED = (ClaimState.APPROVED.value, ClaimState.PART_APPROVED.value)


@dataclass(frozen=True, slots=True)
class Owed:
    """A decided claim that is in no payment run yet, and what is owed for it in pence."""

    claim_id: int
    reference: str
    contract_id: int
    organisation_name: str
    period: date
    pence: int
    payee_name: str
    payee_sort_code: str
    payee_account: str


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """One payment of a run with its claim and payee."""

    reference: str
    claim_reference: str
    organisation_name: str
    period: date
    pence: int
    payee_name: str
    payee_sort_code: str
    payee_account: str
    paid_on: date | None
    bank_reference: str | None


def owed(programme: str, *, references: Collection[str] | None = None) -> list[Owed]:
    """What waits to be paid, oldest decision first; only these claims where given."""
    approved = (
        select(func.sum(ClaimLine.pence))
        .where(ClaimLine.claim_id == Claim.id, ClaimLine.state == LineState.APPROVED.value)
        .correlate(Claim)
        .scalar_subquery()
    )
    query = (
        select(
            Claim.id,
            Claim.reference,
            Claim.contract_id,
            Organisation.name,
            Claim.period,
            approved,
            Contract.payee_name,
            Contract.payee_sort_code,
            Contract.payee_account,
        )
        .join(Contract, Contract.id == Claim.contract_id)
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .where(
            Contract.programme == programme,
            Claim.state.in_(_OWED),
            ~exists().where(Payment.claim_id == Claim.id),
        )
        .order_by(Claim.decided_at, Claim.id)
    )
    if references is not None:
        query = query.where(Claim.reference.in_(references))
    rows = current_session().execute(query)
    return [Owed(row[0], row[1], row[2], row[3], row[4], int(row[5]), *row[6:]) for row in rows]


def claims_to_pay(claim_ids: Collection[int]) -> list[Claim]:
    """Claims held until the unit of work ends, in one order everywhere."""
    return list(
        current_session().scalars(
            select(Claim)
            .where(Claim.id.in_(claim_ids))
            .order_by(Claim.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def run_by_reference(reference: str) -> PaymentRun | None:
    """A payment run."""
    return current_session().scalar(select(PaymentRun).where(PaymentRun.reference == reference))


def payments_of(run_id: int) -> list[PaymentFacts]:
    """The payments of a run in the order of the schedule."""
    rows = current_session().execute(
        select(
            Payment.reference,
            Claim.reference,
            Organisation.name,
            Claim.period,
            Payment.pence,
            Payment.payee_name,
            Payment.payee_sort_code,
            Payment.payee_account,
            Payment.paid_on,
            Payment.bank_reference,
        )
        .join(Claim, Claim.id == Payment.claim_id)
        .join(Contract, Contract.id == Claim.contract_id)
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .where(Payment.run_id == run_id)
        .order_by(Payment.id)
    )
    return [PaymentFacts(*tuple(row)) for row in rows]


def claim_reference(claim_id: int) -> str:
    """What a claim is called in addresses."""
    return current_session().scalars(select(Claim.reference).where(Claim.id == claim_id)).one()


def payment_to_change(reference: str) -> Payment | None:
    """A payment, held."""
    return current_session().scalar(
        select(Payment)
        .where(Payment.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def approved_lines(claim_id: int) -> list[ClaimLine]:
    """The lines of a claim that are paid."""
    return list(
        current_session().scalars(
            select(ClaimLine)
            .where(ClaimLine.claim_id == claim_id, ClaimLine.state == LineState.APPROVED.value)
            .order_by(ClaimLine.id)
        )
    )


def line_with_claim(line_id: int) -> tuple[ClaimLine, Claim] | None:
    """A line and its claim."""
    row = (
        current_session()
        .execute(
            select(ClaimLine, Claim)
            .join(Claim, Claim.id == ClaimLine.claim_id)
            .where(ClaimLine.id == line_id)
        )
        .one_or_none()
    )
    return None if row is None else (row[0], row[1])


def money_of_line(line_id: int) -> tuple[LedgerEntry | None, int, int]:
    """The entry that paid a line, and how many pence of it came back and are still out."""
    entries = current_session().scalars(
        select(LedgerEntry).where(LedgerEntry.line_id == line_id).order_by(LedgerEntry.sequence)
    )
    paid: LedgerEntry | None = None
    recovered = 0
    for entry in entries:
        if entry.kind == Entry.PAY:
            paid = entry
        elif entry.kind == Entry.RECOVER:
            recovered += entry.pence
        elif entry.kind == Entry.ADJUST:
            recovered -= entry.pence
    return paid, recovered, (paid.pence if paid else 0) - recovered
