"""Payment runs, payments, and what can still be taken back."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, Select, exists, func, select

from portal.db import current_session
from portal.payments.models import (
    Claim,
    ClaimLine,
    Contract,
    LedgerEntry,
    PayeeChange,
    Payment,
    PaymentRun,
)
from portal.payments.rules.ledger import Entry
from portal.payments.rules.states import ClaimState, LineState
from portal.programme.models import Organisation

PAGE = 50
OWED = (ClaimState.APPROVED.value, ClaimState.PART_APPROVED.value)


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
    remittance_email: str
    change_waits: bool

    @property
    def has_bank(self) -> bool:
        """Whether the contract says where the money goes."""
        return bool(self.payee_name and self.payee_sort_code and self.payee_account)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A payment run, how much of it is paid, and by whom it was made."""

    id: int
    reference: str
    count: int
    total_pence: int
    made_on: date
    process_on: date
    made_name: str
    paid_count: int
    paid_pence: int

    @property
    def is_paid(self) -> bool:
        """Whether nothing of it waits."""
        return self.paid_count == self.count


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
    id: int
    made_on: date


def _approved_pence() -> ScalarSelect[Any]:
    return (
        select(func.coalesce(func.sum(ClaimLine.pence), 0))
        .where(ClaimLine.claim_id == Claim.id, ClaimLine.state == LineState.APPROVED.value)
        .correlate(Claim)
        .scalar_subquery()
    )


def _waiting(programme: str) -> tuple[ColumnElement[bool], ...]:
    return (
        Contract.programme == programme,
        Claim.state.in_(OWED),
        ~exists().where(Payment.claim_id == Claim.id),
        _approved_pence() > 0,
    )


def owed(
    programme: str, *, references: Collection[str] | None = None, page: int | None = None
) -> list[Owed]:
    """What waits to be paid, oldest decision first; only these claims, or one page, where given.

    ``change_waits``: other bank details were proposed, and nobody has confirmed them yet.
    """
    query = (
        select(
            Claim.id,
            Claim.reference,
            Claim.contract_id,
            Organisation.name,
            Claim.period,
            _approved_pence(),
            Contract.payee_name,
            Contract.payee_sort_code,
            Contract.payee_account,
            Contract.remittance_email,
            exists()
            .where(PayeeChange.contract_id == Contract.id, PayeeChange.state == "proposed")
            .correlate(Contract)
            .label("change_waits"),
        )
        .join(Contract, Contract.id == Claim.contract_id)
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .where(*_waiting(programme))
        .order_by(Claim.decided_at, Claim.id)
    )
    if references is not None:
        query = query.where(Claim.reference.in_(references))
    if page is not None:
        query = query.limit(PAGE).offset((page - 1) * PAGE)
    rows = current_session().execute(query)
    return [_owed(row) for row in rows]


def _owed(row: Any) -> Owed:
    claim, reference, contract, name, period, pence, payee, code, account, email, waits = row
    return Owed(
        *(claim, reference, contract, name, period, int(pence)),
        *(payee, code, account, email, bool(waits)),
    )


def owed_total(programme: str) -> tuple[int, int]:
    """How many claims wait to be paid, and how many pence they come to."""
    row = (
        current_session()
        .execute(
            select(func.count(), func.coalesce(func.sum(_approved_pence()), 0))
            .select_from(Claim)
            .join(Contract, Contract.id == Claim.contract_id)
            .where(*_waiting(programme))
        )
        .one()
    )
    return row[0], int(row[1])


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


def _runs() -> Select[*tuple[Any, ...]]:
    paid = Payment.paid_on.is_not(None)
    return (
        select(
            PaymentRun.id,
            PaymentRun.reference,
            PaymentRun.count,
            PaymentRun.total_pence,
            PaymentRun.made_on,
            PaymentRun.process_on,
            PaymentRun.made_name,
            func.count().filter(paid),
            func.coalesce(func.sum(Payment.pence).filter(paid), 0),
        )
        .join(Payment, Payment.run_id == PaymentRun.id)
        .group_by(PaymentRun.id)
    )


def _run(row: Any) -> RunFacts:
    return RunFacts(*(*row[:8], int(row[8])))


def run_facts(reference: str) -> RunFacts | None:
    """A payment run as it stands."""
    row = current_session().execute(_runs().where(PaymentRun.reference == reference)).one_or_none()
    return None if row is None else _run(row)


def runs(programme: str, *, before: int | None = None) -> list[RunFacts]:
    """Payment runs, the newest first: one more than a page, so that the next is known to be."""
    query = _runs().where(PaymentRun.programme == programme)
    if before is not None:
        query = query.where(PaymentRun.id < before)
    rows = current_session().execute(query.order_by(PaymentRun.id.desc()).limit(PAGE + 1))
    return [_run(row) for row in rows]


def payments_of(run_id: int, *, after: int = 0, limit: int | None = None) -> list[PaymentFacts]:
    """The payments of a run in the order of the schedule, from a key on."""
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
            Payment.id,
            PaymentRun.made_on,
        )
        .join(PaymentRun, PaymentRun.id == Payment.run_id)
        .join(Claim, Claim.id == Payment.claim_id)
        .join(Contract, Contract.id == Claim.contract_id)
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .where(Payment.run_id == run_id, Payment.id > after)
        .order_by(Payment.id)
        .limit(limit)
    )
    return [PaymentFacts(*tuple(row)) for row in rows]


def claim_reference(claim_id: int) -> str:
    """What a claim is called in addresses."""
    return current_session().scalars(select(Claim.reference).where(Claim.id == claim_id)).one()


def run_of_payment(payment: Payment) -> PaymentRun:
    """The run a payment stands in."""
    return current_session().get_one(PaymentRun, payment.run_id)


def payment_to_change(reference: str) -> Payment | None:
    """A payment, held."""
    return current_session().scalar(
        select(Payment)
        .where(Payment.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def unpaid_to_change(run_id: int) -> list[Payment]:
    """The payments of a run that are not marked as paid, held in one order everywhere."""
    held = current_session().scalars(
        select(Payment)
        .where(Payment.run_id == run_id)
        .order_by(Payment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return [payment for payment in held if payment.paid_on is None]


def contracts_of(claim_ids: Collection[int]) -> list[int]:
    """The contracts of claims, in the order in which they are held."""
    return sorted(
        set(current_session().scalars(select(Claim.contract_id).where(Claim.id.in_(claim_ids))))
    )


class PaidLine(NamedTuple):
    """A line that is paid for: its claim, its key, its output, its pence."""

    claim: int
    line: int
    output: int
    pence: int


def approved_lines(claim_ids: Collection[int]) -> list[PaidLine]:
    """The lines of claims that are paid, in order; whoever asks holds the claims."""
    rows = current_session().execute(
        select(ClaimLine.claim_id, ClaimLine.id, ClaimLine.output_id, ClaimLine.pence)
        .where(ClaimLine.claim_id.in_(claim_ids), ClaimLine.state == LineState.APPROVED.value)
        .order_by(ClaimLine.claim_id, ClaimLine.id)
    )
    return [PaidLine(*row) for row in rows]


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
