"""Contracts as lists and pages show them, and what a change of one must not cut off."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Subquery, and_, case, func, literal, select, union_all
from sqlalchemy.orm import aliased

from portal.accounts.models import User
from portal.db import current_session
from portal.payments.models import (
    Claim,
    Contract,
    ContractCap,
    ContractProfile,
    ContractVariation,
    LedgerEntry,
    Output,
    Subcontractor,
)
from portal.payments.rules.contracts import Figures, Moved, Subcontract, Terms, Used, figures
from portal.payments.rules.ledger import Account
from portal.payments.rules.payees import Payee
from portal.programme.models import Organisation, StaffPost

PAGE = 50
_drafter, _activator = aliased(User), aliased(User)


@dataclass(frozen=True, slots=True)
class ContractRow:
    """A line of the list; ``remaining`` is what is left in its budget, in pence."""

    reference: str
    title: str
    organisation_name: str
    starts_on: date
    ends_on: date
    state: str
    total_cap_pence: int
    remaining: int
    open_from: date

    @property
    def spent(self) -> int:
        """What has left the budget, in pence: set aside, owed, paid, or paid and taken back."""
        return self.total_cap_pence - self.remaining if self.state != "draft" else 0


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """A contract with its provider, its bank details and who drafted and activated it."""

    id: int
    reference: str
    organisation_id: int
    organisation_name: str
    programme: str
    title: str
    starts_on: date
    ends_on: date
    total_cap_pence: int
    state: str
    open_from: date
    bonus_target_percent: int | None
    drafted_by: int | None
    drafted_name: str | None
    activated_name: str | None
    activated_at: datetime | None
    payee_name: str
    payee_sort_code: str
    payee_account: str
    remittance_email: str
    revision: int

    @property
    def payee(self) -> Payee:
        """Where the money goes."""
        return Payee(
            self.payee_name, self.payee_sort_code, self.payee_account, self.remittance_email
        )


def contract_rows(
    *, organisation_ids: Collection[int] | None, page: int = 1
) -> tuple[list[ContractRow], int]:
    """A page of contracts, newest start first, and how many there are.

    Of some providers only where given; those see no drafts.
    """
    left = _budgets()
    query = (
        select(
            Contract.reference,
            Contract.title,
            Organisation.name,
            Contract.starts_on,
            Contract.ends_on,
            Contract.state,
            Contract.total_cap_pence,
            func.coalesce(left.c.pence, 0).label("remaining"),
            Contract.open_from,
            func.count().over().label("everything"),
        )
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .outerjoin(left, left.c.contract_id == Contract.id)
        .order_by(Contract.starts_on.desc(), Organisation.name, Contract.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    if organisation_ids is not None:
        query = query.where(
            Contract.organisation_id.in_(organisation_ids), Contract.state != "draft"
        )
    rows = current_session().execute(query).all()
    found = [
        ContractRow(row[0], row[1], row[2], row[3], row[4], row[5], row[6], int(row[7]), row[8])
        for row in rows
    ]
    return found, int(rows[0][9]) if rows else 0


def _budgets() -> Subquery:
    """What is left in the budget of each contract, in pence."""
    entry = LedgerEntry.__table__.c
    return (
        select(
            entry.contract_id,
            func.sum(
                case(
                    (entry.target == Account.BUDGET.value, entry.pence),
                    (entry.source == Account.BUDGET.value, -entry.pence),
                    else_=0,
                )
            ).label("pence"),
        )
        .group_by(entry.contract_id)
        .subquery()
    )


def contract_facts(reference: str) -> ContractFacts | None:
    """The contract of this reference, whoever's it is."""
    row = (
        current_session()
        .execute(
            select(
                Contract.id,
                Contract.reference,
                Contract.organisation_id,
                Organisation.name.label("organisation_name"),
                Contract.programme,
                Contract.title,
                Contract.starts_on,
                Contract.ends_on,
                Contract.total_cap_pence,
                Contract.state,
                Contract.open_from,
                Contract.bonus_target_percent,
                Contract.drafted_by,
                _drafter.name.label("drafted_name"),
                _activator.name.label("activated_name"),
                Contract.activated_at,
                Contract.payee_name,
                Contract.payee_sort_code,
                Contract.payee_account,
                Contract.remittance_email,
                Contract.revision,
            )
            .join(Organisation, Organisation.id == Contract.organisation_id)
            .outerjoin(_drafter, _drafter.id == Contract.drafted_by)
            .outerjoin(_activator, _activator.id == Contract.activated_by)
            .where(Contract.reference == reference)
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else ContractFacts(**row)


def contract_id_of(reference: str) -> int | None:
    """The key of a contract."""
    return current_session().scalar(select(Contract.id).where(Contract.reference == reference))


def terms_of(contract: ContractFacts | Contract) -> Terms:
    """What a contract says now."""
    session = current_session()
    amounts = session.execute(
        union_all(
            select(
                ContractCap.output_type.label("kind"),
                literal(None, ContractProfile.quarter.type).label("quarter"),
                ContractCap.cap_pence.label("pence"),
            ).where(ContractCap.contract_id == contract.id),
            select(
                literal("").label("kind"),
                ContractProfile.quarter,
                ContractProfile.pence,
            ).where(ContractProfile.contract_id == contract.id),
        )
    ).all()
    rows = session.execute(
        select(Subcontractor.organisation_id, Subcontractor.from_on, Subcontractor.until_on)
        .where(Subcontractor.contract_id == contract.id)
        .order_by(Subcontractor.from_on, Subcontractor.id)
    ).all()
    return Terms(
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        total_cap=contract.total_cap_pence,
        caps={row.kind: row.pence for row in amounts if row.kind},
        profile={row.quarter: row.pence for row in amounts if not row.kind},
        subcontractors=tuple(
            Subcontract(row.organisation_id, row.from_on, row.until_on, number)
            for number, row in enumerate(rows)
        ),
    )


def moved(contract_id: int) -> list[Moved]:
    """What the ledger says of a contract, summed by kind, type of output and claim month."""
    rows = current_session().execute(
        select(LedgerEntry.kind, func.sum(LedgerEntry.pence), Output.output_type, Claim.period)
        .outerjoin(Output, Output.id == LedgerEntry.output_id)
        .outerjoin(Claim, Claim.id == LedgerEntry.claim_id)
        .where(LedgerEntry.contract_id == contract_id)
        .group_by(LedgerEntry.kind, Output.output_type, Claim.period)
    )
    return [Moved(row[0], int(row[1]), row[2], row[3]) for row in rows]


def used(contract: Contract) -> Used:
    """What a variation of this contract must leave standing."""
    total: Figures
    total, by_type = figures(moved(contract.id), total_cap=contract.total_cap_pence, caps={})
    rows = current_session().execute(
        select(Output.organisation_id, func.min(Output.occurred_on), func.max(Output.occurred_on))
        .where(Output.contract_id == contract.id, Output.withdrawn_at.is_(None))
        .group_by(Output.organisation_id)
    )
    return Used(
        total=total.spent + total.recovered,
        by_type={kind: stands.spent for kind, stands in by_type.items()},
        worked={row[0]: (row[1], row[2]) for row in rows},
    )


def last_variation(contract_id: int) -> int:
    """The number of the last variation, 0 before the first."""
    found = current_session().scalar(
        select(func.max(ContractVariation.number)).where(
            ContractVariation.contract_id == contract_id
        )
    )
    return found or 0


def title_taken(programme: str, title: str, *, but: int | None = None) -> bool:
    """Whether another contract of the programme is called so."""
    found = current_session().scalar(
        select(Contract.id).where(Contract.programme == programme, Contract.title == title)
    )
    return found is not None and found != but


def drafts_until(contract_id: int, before: date) -> list[str]:
    """References of draft claims for months before a day."""
    return list(
        current_session().scalars(
            select(Claim.reference)
            .where(Claim.contract_id == contract_id, Claim.state == "draft", Claim.period < before)
            .order_by(Claim.period)
        )
    )


def active_contracts(*, open_before: date) -> list[int]:
    """Keys of active contracts with an open month before this one."""
    return list(
        current_session().scalars(
            select(Contract.id)
            .where(and_(Contract.state == "active", Contract.open_from < open_before))
            .order_by(Contract.id)
        )
    )


def staff_of_contract(contract: Contract) -> frozenset[int]:
    """Everybody who works for the provider or one of its subcontractors."""
    parts = select(Subcontractor.organisation_id).where(Subcontractor.contract_id == contract.id)
    return frozenset(
        current_session().scalars(
            select(StaffPost.user_id).where(
                (StaffPost.organisation_id == contract.organisation_id)
                | StaffPost.organisation_id.in_(parts)
            )
        )
    )
