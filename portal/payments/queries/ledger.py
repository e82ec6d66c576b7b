"""Balances and entries of the ledger."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from portal.db import current_session
from portal.payments.models import ChainHead, Decision, LedgerEntry
from portal.payments.rules.ledger import Account


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a contract's money stands, in pence: what is left, under way, owed, paid, came back."""

    budget: int
    committed: int
    payable: int
    paid: int
    recovered: int

    @property
    def allocated(self) -> int:
        """All that was ever put into the contract."""
        return self.budget + self.committed + self.payable + self.paid + self.recovered

    @property
    def spent(self) -> int:
        """What is promised or gone: committed, payable and paid."""
        return self.committed + self.payable + self.paid


def head_to_change(chain: str) -> ChainHead | None:
    """The end of a chain, held until the unit of work ends."""
    return current_session().scalar(
        select(ChainHead)
        .where(ChainHead.chain == chain)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def standing(contract_id: int) -> Standing:
    """A contract's balances, added up from its entries."""
    entry = LedgerEntry.__table__.c
    rows = (
        current_session()
        .execute(
            select(entry.source, entry.target, func.sum(entry.pence))
            .where(entry.contract_id == contract_id)
            .group_by(entry.source, entry.target)
        )
        .all()
    )
    totals: dict[str, int] = dict.fromkeys(Account, 0)
    for source, target, pence in rows:
        totals[source] -= int(pence)
        totals[target] += int(pence)
    return Standing(
        budget=totals[Account.BUDGET],
        committed=totals[Account.COMMITTED],
        payable=totals[Account.PAYABLE],
        paid=totals[Account.PAID],
        recovered=totals[Account.RECOVERED],
    )


def entries_of_line(line_id: int) -> list[LedgerEntry]:
    """Every entry about a line, in order."""
    return list(
        current_session().scalars(
            select(LedgerEntry).where(LedgerEntry.line_id == line_id).order_by(LedgerEntry.sequence)
        )
    )


def entry(entry_id: int) -> LedgerEntry | None:
    """One entry."""
    return current_session().get(LedgerEntry, entry_id)


def walk_ledger() -> Generator[Mapping[Any, Any]]:
    """Every entry in order, without keeping them all."""
    table = LedgerEntry.__table__
    result = current_session().execute(
        select(table).order_by(table.c.sequence), execution_options={"yield_per": 5000}
    )
    try:
        yield from result.mappings()
    finally:
        result.close()


def walk_entries(names: Sequence[str]) -> Generator[Sequence[Any]]:
    """Every entry in order as plain values: the names asked for, its key, the two hashes."""
    table = LedgerEntry.__table__.c
    columns = [table[name] for name in (*names, "id", "previous", "hash")]
    result = current_session().execute(
        select(*columns).order_by(table.sequence), execution_options={"yield_per": 5000}
    )
    try:
        yield from result
    finally:
        result.close()


def walk_decisions() -> Generator[Mapping[Any, Any]]:
    """Every decision in order, without keeping them all."""
    table = Decision.__table__
    result = current_session().execute(
        select(table).order_by(table.c.sequence), execution_options={"yield_per": 5000}
    )
    try:
        yield from result.mappings()
    finally:
        result.close()


def head(chain: str) -> ChainHead | None:
    """The end of a chain as it stands."""
    return current_session().scalar(select(ChainHead).where(ChainHead.chain == chain))
