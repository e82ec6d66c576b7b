"""What a payment was for, whom it is told to, and what became of it afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, case, func, select

from portal.accounts.models import Role, User
from portal.db import current_session
from portal.payments.models import Claim, ClaimLine, Contract, LedgerEntry, Output, Payment
from portal.payments.models import PaymentRun as Run
from portal.payments.rules.ledger import Entry
from portal.payments.rules.states import LineState
from portal.programme.models import Organisation, StaffPost

PAGE = 50


@dataclass(frozen=True, slots=True)
class Remittance:
    """A payment with its claim, contract, run and payee. Amounts in pence."""

    id: int
    reference: str
    run_reference: str
    claim_id: int
    claim_reference: str
    claim_number: int
    contract_id: int
    contract_reference: str
    contract_title: str
    organisation_id: int
    organisation_name: str
    period: date
    pence: int
    payee_name: str
    payee_sort_code: str
    payee_account: str
    paid_on: date | None
    bank_reference: str | None
    paid_name: str
    remittance_key: str | None
    remittance_sha256: str | None
    email: str

    @property
    def month(self) -> str:
        """The month that was claimed."""
        more = f", {self.claim_number}" if self.claim_number > 1 else ""
        return f"{self.period:%B %Y}{more}"


@dataclass(frozen=True, slots=True)
class PaidLine:
    """One line of a payment: its output, its amount and what came back of it, in pence."""

    line_id: int
    output_reference: str
    output_type: str
    employer_name: str
    occurred_on: date
    pence: int
    explanation: str
    recovered: int

    @property
    def stands_at(self) -> int:
        """What is still paid for it."""
        return self.pence - self.recovered


@dataclass(frozen=True, slots=True)
class Correction:
    """Money that came back, or was given back, and the entry it is about."""

    sequence: int
    about: int
    kind: Entry
    at: datetime
    pence: int
    reason: str
    by_name: str
    line_id: int
    output_reference: str
    employer_name: str


@dataclass(frozen=True, slots=True)
class ListedRemittance:
    """A payment in a list; ``recovered`` is what came back of it, in pence."""

    id: int
    reference: str
    organisation_name: str
    period: date
    pence: int
    paid_on: date
    bank_reference: str
    recovered: int


_RECOVERED = func.coalesce(
    func.sum(
        case(
            (LedgerEntry.kind == Entry.RECOVER.value, LedgerEntry.pence),
            (LedgerEntry.kind == Entry.ADJUST.value, -LedgerEntry.pence),
            else_=0,
        )
    ),
    0,
)


def remittance(reference: str) -> Remittance | None:
    """The payment of this reference, whoever's it is."""
    row = (
        current_session()
        .execute(
            select(
                Payment.id,
                Payment.reference,
                Run.reference,
                Claim.id,
                Claim.reference,
                Claim.number,
                Contract.id,
                Contract.reference,
                Contract.title,
                Contract.organisation_id,
                Organisation.name,
                Claim.period,
                Payment.pence,
                Payment.payee_name,
                Payment.payee_sort_code,
                Payment.payee_account,
                Payment.paid_on,
                Payment.bank_reference,
                Payment.paid_name,
                Payment.remittance_key,
                Payment.remittance_sha256,
                func.coalesce(Payment.remittance_email, Contract.remittance_email),
            )
            .join(Run, Run.id == Payment.run_id)
            .join(Claim, Claim.id == Payment.claim_id)
            .join(Contract, Contract.id == Claim.contract_id)
            .join(Organisation, Organisation.id == Contract.organisation_id)
            .where(Payment.reference == reference)
        )
        .one_or_none()
    )
    return None if row is None else Remittance(*tuple(row))


def payment_of_claim(claim_id: int) -> str | None:
    """The reference of a claim's payment."""
    return current_session().scalar(select(Payment.reference).where(Payment.claim_id == claim_id))


def _lines(claim_id: int) -> Select[Any]:
    recovered = (
        select(_RECOVERED)
        .where(LedgerEntry.line_id == ClaimLine.id)
        .correlate(ClaimLine)
        .scalar_subquery()
    )
    return (
        select(
            ClaimLine.id,
            Output.reference,
            Output.output_type,
            Output.employer_name,
            Output.occurred_on,
            ClaimLine.pence,
            ClaimLine.explanation,
            recovered,
        )
        .join(Output, Output.id == ClaimLine.output_id)
        .where(ClaimLine.claim_id == claim_id, ClaimLine.state == LineState.APPROVED.value)
        .order_by(ClaimLine.id)
    )


def _paid(row: Any) -> PaidLine:
    return PaidLine(*(*row[:7], int(row[7])))


def paid_lines(claim_id: int, *, after: int = 0, limit: int | None = None) -> list[PaidLine]:
    """What a claim was paid for, in the order of the claim, from a key on."""
    query = _lines(claim_id).where(ClaimLine.id > after).limit(limit)
    return [_paid(row) for row in current_session().execute(query)]


def paid_line(claim_id: int, line_id: int) -> PaidLine | None:
    """One line of a claim that is paid for."""
    row = current_session().execute(_lines(claim_id).where(ClaimLine.id == line_id)).one_or_none()
    return None if row is None else _paid(row)


def line_count(claim_id: int) -> int:
    """How many lines of a claim are paid for."""
    query = select(func.count()).where(
        ClaimLine.claim_id == claim_id, ClaimLine.state == LineState.APPROVED.value
    )
    return current_session().scalar(query) or 0


def corrections(claim_id: int, *, line_id: int | None = None) -> list[Correction]:
    """Recoveries and what was given back, of a claim or one of its lines, in order."""
    entry, about = LedgerEntry.__table__.c, LedgerEntry.__table__.alias("about").c
    query = (
        select(
            entry.sequence,
            about.sequence,
            entry.kind,
            entry.at,
            entry.pence,
            entry.reason,
            entry.by_name,
            entry.line_id,
            Output.reference,
            Output.employer_name,
        )
        .join(about.id.table, about.id == entry.about_id)
        .join(Output, Output.id == entry.output_id)
        .where(entry.claim_id == claim_id)
        .order_by(entry.sequence)
    )
    if line_id is not None:
        query = query.where(entry.line_id == line_id)
    rows = current_session().execute(query)
    return [Correction(row[0], row[1], Entry(row[2]), *row[3:]) for row in rows]


def people_to_tell(organisation_id: int) -> list[str]:
    """The addresses of a provider's managers, who answer for its claims."""
    return list(
        current_session().scalars(
            select(User.email)
            .join(StaffPost, StaffPost.user_id == User.id)
            .where(
                StaffPost.organisation_id == organisation_id,
                User.active.is_(True),
                User.roles.any(Role.name == "provider_manager"),
            )
            .order_by(User.id)
        )
    )


def remittances(
    *, organisation_ids: Collection[int] | None = None, before: int | None = None
) -> list[ListedRemittance]:
    """Payments that were made, the newest first; one more than a page. None: every provider's."""
    recovered = (
        select(_RECOVERED)
        .where(LedgerEntry.claim_id == Payment.claim_id)
        .correlate(Payment)
        .scalar_subquery()
    )
    query = (
        select(
            Payment.id,
            Payment.reference,
            Organisation.name,
            Claim.period,
            Payment.pence,
            Payment.paid_on,
            Payment.bank_reference,
            recovered,
        )
        .join(Claim, Claim.id == Payment.claim_id)
        .join(Contract, Contract.id == Claim.contract_id)
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .where(Payment.paid_on.is_not(None))
    )
    if organisation_ids is not None:
        query = query.where(Contract.organisation_id.in_(organisation_ids))
    if before is not None:
        query = query.where(Payment.id < before)
    rows: Iterable[Any] = current_session().execute(
        query.order_by(Payment.id.desc()).limit(PAGE + 1)
    )
    return [ListedRemittance(*(*row[:7], int(row[7]))) for row in rows]
