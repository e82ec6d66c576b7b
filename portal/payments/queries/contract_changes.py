"""Changes of contracts that need two people: the open ones, and what became of the others."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Select, Text, and_, cast, literal, null, select, union_all

from portal.db import JsonDocument, UtcDateTime, current_session
from portal.payments.models import ContractProposal, ContractVariation, PayeeChange
from portal.payments.rules.payees import Payee

_OPEN: Final = "proposed"
MOST: Final = 100
Change = TypeVar("Change", PayeeChange, ContractProposal)


def contract_of(kind: type[PayeeChange | ContractProposal], reference: str) -> int | None:
    """The key of the contract that a change is of."""
    return current_session().scalar(select(kind.contract_id).where(kind.reference == reference))


def contract_of_payee_change(reference: str) -> int | None:
    """The key of the contract whose bank details a change is of."""
    return contract_of(PayeeChange, reference)


def contract_of_proposal(reference: str) -> int | None:
    """The key of the contract that a variation is proposed for."""
    return contract_of(ContractProposal, reference)


def change_to_decide(kind: type[Change], reference: str) -> Change | None:
    """A change, held until the unit of work ends."""
    return current_session().scalar(
        select(kind)
        .where(kind.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def open_payee_change(contract_id: int) -> PayeeChange | None:
    """The change of bank details that waits, if one does."""
    return current_session().scalar(
        select(PayeeChange).where(
            PayeeChange.contract_id == contract_id, PayeeChange.state == _OPEN
        )
    )


def open_proposal(contract_id: int) -> ContractProposal | None:
    """The variation that waits, if one does."""
    return current_session().scalar(
        select(ContractProposal).where(
            ContractProposal.contract_id == contract_id, ContractProposal.state == _OPEN
        )
    )


def waiting_payees(contract_ids: Collection[int]) -> dict[int, str]:
    """Who proposed other bank details for these contracts, where that waits for somebody."""
    rows = current_session().execute(
        select(PayeeChange.contract_id, PayeeChange.proposed_name).where(
            PayeeChange.contract_id.in_(set(contract_ids)), PayeeChange.state == _OPEN
        )
    )
    return {row[0]: row[1] for row in rows}


@dataclass(frozen=True, slots=True)
class PayeeChangeFacts:
    """One change of bank details as a page shows it."""

    reference: str
    state: str
    before: Payee
    after: Payee
    reason: str
    proposed_at: datetime
    proposed_by: int
    proposed_name: str
    decided_at: datetime | None
    decided_name: str
    answer: str


def payee_changes(contract_id: int) -> list[PayeeChangeFacts]:
    """Every change of a contract's bank details, newest first."""
    rows = current_session().scalars(
        select(PayeeChange)
        .where(PayeeChange.contract_id == contract_id)
        .order_by(PayeeChange.id.desc())
        .limit(MOST)
    )
    return [
        PayeeChangeFacts(
            row.reference,
            row.state,
            Payee(row.old_name, row.old_sort_code, row.old_account, row.old_email),
            Payee(row.payee_name, row.payee_sort_code, row.payee_account, row.remittance_email),
            row.reason,
            row.proposed_at,
            row.proposed_by,
            row.proposed_name,
            row.decided_at,
            row.decided_name,
            row.answer,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """A variation or a proposal of one, or (``kind`` payee) bank details that wait.

    ``at`` and ``by_name`` say who put it in force or decided it; ``proposed_at`` is None for a
    variation from before a second person was needed.
    """

    kind: str
    reference: str
    number: int | None
    state: str
    effective_on: date | None
    reason: str
    changes: dict[str, Any]
    at: datetime | None
    by_name: str
    proposed_at: datetime | None
    proposed_by: int | None
    proposed_name: str
    answer: str
    payee: Payee


def history(contract_id: int) -> list[ChangeFacts]:
    """What was varied, was proposed, or waits, newest first, in one statement."""
    rows = (
        current_session()
        .execute(union_all(_variations(contract_id), _proposals(contract_id), _payees(contract_id)))
        .all()
    )
    found = [
        ChangeFacts(
            row[0],
            row[1] or "",
            row[2],
            row[3],
            row[4],
            row[5],
            row[6] or {},
            row[7],
            row[8] or "",
            row[9],
            row[10],
            row[11] or "",
            row[12],
            Payee(*row[13:17]),
        )
        for row in rows
    ]
    return sorted(found, key=_order, reverse=True)


def _variations(contract_id: int) -> Select[Any]:
    said, kept = ContractProposal, ContractVariation
    return (
        select(
            literal("variation").label("kind"),
            said.reference,
            kept.number,
            literal("confirmed").label("state"),
            kept.effective_on,
            kept.reason,
            kept.changes,
            kept.at,
            kept.by_name,
            said.proposed_at,
            said.proposed_by,
            said.proposed_name,
            literal("").label("answer"),
            *_nobody(),
        )
        .outerjoin(said, and_(said.contract_id == kept.contract_id, said.number == kept.number))
        .where(kept.contract_id == contract_id)
    )


def _proposals(contract_id: int) -> Select[Any]:
    said = ContractProposal
    return select(
        literal("proposal"),
        said.reference,
        said.number,
        said.state,
        said.effective_on,
        said.reason,
        said.changes,
        said.decided_at,
        said.decided_name,
        said.proposed_at,
        said.proposed_by,
        said.proposed_name,
        said.answer,
        *_nobody(),
    ).where(said.contract_id == contract_id, said.number.is_(None))


def _payees(contract_id: int) -> Select[Any]:
    said = ContractProposal
    return select(
        literal("payee"),
        PayeeChange.reference,
        cast(null(), said.number.type),
        PayeeChange.state,
        cast(null(), said.effective_on.type),
        PayeeChange.reason,
        cast(null(), JsonDocument()),
        cast(null(), UtcDateTime()),
        cast(literal(""), Text()),
        PayeeChange.proposed_at,
        PayeeChange.proposed_by,
        PayeeChange.proposed_name,
        literal(""),
        PayeeChange.payee_name,
        PayeeChange.payee_sort_code,
        PayeeChange.payee_account,
        PayeeChange.remittance_email,
    ).where(PayeeChange.contract_id == contract_id, PayeeChange.state == _OPEN)


def _nobody() -> list[Any]:
    return [literal("").label(name) for name in ("name", "sort_code", "account", "email")]


def _order(one: ChangeFacts) -> tuple[datetime, int]:
    when = one.proposed_at or one.at
    if when is None:
        raise ValueError(f"Change {one.reference} has no time")
    return when, one.number or 0
