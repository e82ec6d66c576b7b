"""Budgets as the ledger tells them: what each contract spent by month, on what, and late outputs.

Money counts in the month its claim is for. Three statements, however long the ledger is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import Boolean, Date, Select, String, and_, case, func, literal, select, union_all

from portal.db import current_session
from portal.payments.models import (
    Claim,
    ClaimLine,
    Contract,
    ContractCap,
    ContractProfile,
    LedgerEntry,
    Output,
)
from portal.payments.queries.ledger import Standing
from portal.payments.rules.ledger import ROUTES, Account, Entry
from portal.payments.rules.states import LineState
from portal.payments.rules.words import ENGAGEMENT
from portal.programme.models import Organisation

# How each kind of entry changes what is spent: promised or gone, and not come back.
_SPENDS: Final[Mapping[str, int]] = {
    Entry.COMMIT: 1,
    Entry.RELEASE: -1,
    Entry.RECOVER: -1,
    Entry.ADJUST: 1,
}
_GONE: Final = (LineState.REJECTED.value, LineState.REMOVED.value)


@dataclass(slots=True)
class Cost:
    """Engagements that were paid and stay paid: how many, and pence net of what came back."""

    count: int = 0
    pence: int = 0


@dataclass(slots=True)
class Late:
    """Outputs of a month that was closed before they were claimed; pence, and the oldest day."""

    waiting: int = 0
    waiting_pence: int = 0
    claimed: int = 0
    claimed_pence: int = 0
    oldest: date | None = None


@dataclass(slots=True)
class Book:
    """One contract with its budget, and what the ledger says of it; pence throughout.

    ``profile`` maps quarters to what was expected, ``caps`` types of output to caps. ``spent``
    maps a type and a month to what is promised or gone; ``claimed`` holds the months with a claim.
    """

    id: int
    reference: str
    title: str
    organisation: str
    programme: str
    state: str
    starts_on: date
    ends_on: date
    open_from: date
    cap: int
    caps: dict[str, int] = field(default_factory=dict)
    profile: dict[date, int] = field(default_factory=dict)
    totals: dict[Account, int] = field(default_factory=lambda: dict.fromkeys(Account, 0))
    spent: dict[tuple[str, date], int] = field(default_factory=dict)
    claimed: set[date] = field(default_factory=set)
    costs: dict[tuple[str, bool], Cost] = field(default_factory=dict)
    late: Late = field(default_factory=Late)

    @property
    def standing(self) -> Standing:
        """The balances."""
        return Standing(
            budget=self.totals[Account.BUDGET],
            committed=self.totals[Account.COMMITTED],
            payable=self.totals[Account.PAYABLE],
            paid=self.totals[Account.PAID],
            recovered=self.totals[Account.RECOVERED],
        )

    def by_month(self, output_type: str | None = None) -> dict[date, int]:
        """Pence spent by month: of one type, or of all."""
        found: dict[date, int] = {}
        for (kind, month), pence in self.spent.items():
            if output_type in (None, kind):
                found[month] = found.get(month, 0) + pence
        return found


def books(programme: str | None = None) -> list[Book]:
    """Every contract that was ever in force, by provider and start."""
    plan = union_all(_caps(), _profiles()).subquery()
    query = (
        select(
            Contract.id,
            Contract.reference,
            Contract.title,
            Organisation.name,
            Contract.programme,
            Contract.state,
            Contract.starts_on,
            Contract.ends_on,
            Contract.open_from,
            Contract.total_cap_pence,
            plan.c.output_type,
            plan.c.quarter,
            plan.c.pence,
        )
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .outerjoin(plan, plan.c.contract_id == Contract.id)
        .where(Contract.state != "draft")
        .order_by(Organisation.name, Contract.starts_on, Contract.id, plan.c.quarter)
    )
    if programme is not None:
        query = query.where(Contract.programme == programme)
    found: dict[int, Book] = {}
    for *contract, kind, quarter, pence in current_session().execute(query):
        book = found.get(contract[0])
        if book is None:
            book = found[contract[0]] = Book(*contract)
        if kind is not None:
            book.caps[kind] = pence
        elif quarter is not None:
            book.profile[quarter] = pence
    if found:
        _entries(found)
        _outputs(found)
    return list(found.values())


def _caps() -> Select[*tuple[Any, ...]]:
    return select(
        ContractCap.contract_id,
        ContractCap.output_type,
        literal(None, Date()).label("quarter"),
        ContractCap.cap_pence.label("pence"),
    )


def _profiles() -> Select[*tuple[Any, ...]]:
    return select(
        ContractProfile.contract_id,
        literal(None, String()),
        ContractProfile.quarter,
        ContractProfile.pence,
    )


def _entries(found: Mapping[int, Book]) -> None:
    """The whole ledger, added up by contract, month, type and kind."""
    query = (
        select(
            LedgerEntry.contract_id,
            Claim.period,
            Output.output_type,
            LedgerEntry.kind,
            func.sum(LedgerEntry.pence),
        )
        .outerjoin(Claim, Claim.id == LedgerEntry.claim_id)
        .outerjoin(Output, Output.id == LedgerEntry.output_id)
        .group_by(LedgerEntry.contract_id, Claim.period, Output.output_type, LedgerEntry.kind)
    )
    rows: list[Any] = list(current_session().execute(query))
    for contract, month, kind, entry, total in rows:
        book, pence = found.get(contract), int(total)
        if book is None:
            continue
        source, target = ROUTES[Entry(entry)]
        book.totals[source] -= pence
        book.totals[target] += pence
        if month is None or kind is None:
            continue
        if entry == Entry.COMMIT:
            book.claimed.add(month)
        key = (kind, month)
        book.spent[key] = book.spent.get(key, 0) + _SPENDS.get(entry, 0) * pence


def _outputs(found: Mapping[int, Book]) -> None:
    """What engagements cost that were paid, and outputs that came late."""
    sign = case((LedgerEntry.kind == Entry.RECOVER, -LedgerEntry.pence), else_=LedgerEntry.pence)
    net = (
        select(LedgerEntry.output_id, func.sum(sign).label("pence"))
        .where(LedgerEntry.kind.in_((Entry.PAY, Entry.RECOVER, Entry.ADJUST)))
        .group_by(LedgerEntry.output_id)
        .subquery()
    )
    costs = (
        select(
            Output.contract_id,
            Output.size_tier.label("tier"),
            Output.hard_to_reach,
            func.count(),
            func.sum(net.c.pence),
            literal(None, Date()),
        )
        .join(net, net.c.output_id == Output.id)
        .where(Output.output_type == ENGAGEMENT, net.c.pence > 0)
        .group_by(Output.contract_id, Output.size_tier, Output.hard_to_reach)
    )
    sent = and_(ClaimLine.id.is_not(None), ClaimLine.state != LineState.DRAFT.value)
    is_sent = case(
        (sent, literal(value=True, type_=Boolean())), else_=literal(value=False, type_=Boolean())
    )
    late = (
        select(
            Output.contract_id,
            literal(None, String()),
            is_sent,
            func.count(),
            func.sum(Output.base_pence + Output.bonus_pence),
            func.min(Output.occurred_on),
        )
        .join(Contract, Contract.id == Output.contract_id)
        .outerjoin(ClaimLine, and_(ClaimLine.output_id == Output.id, ClaimLine.state.not_in(_GONE)))
        .outerjoin(Claim, Claim.id == ClaimLine.claim_id)
        .where(
            Output.withdrawn_at.is_(None),
            Output.occurred_on < func.coalesce(Claim.period, Contract.open_from),
        )
        .group_by(Output.contract_id, is_sent)
    )
    for row in current_session().execute(union_all(costs, late)):
        book = found.get(row[0])
        if book is not None:
            _note_output(book, *row[1:])


def _note_output(
    book: Book, tier: str | None, flag: Any, count: int, pence: Any, oldest: date | None
) -> None:
    if tier is not None:
        book.costs[(tier, bool(flag))] = Cost(count, int(pence))
    elif flag:
        book.late.claimed, book.late.claimed_pence = count, int(pence)
    else:
        book.late.waiting, book.late.waiting_pence = count, int(pence)
        book.late.oldest = oldest
