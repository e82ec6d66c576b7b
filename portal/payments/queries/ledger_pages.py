"""The ledger as people read it: entries of a contract with the balances after each."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select

from portal.db import current_session
from portal.kernel.clock import LONDON, london
from portal.payments.models import ChainHead, Claim, Contract, LedgerEntry, Output
from portal.payments.rules.balances import Moved
from portal.payments.rules.ledger import Account, Entry
from portal.payments.rules.periods import months_between, next_month
from portal.programme.models import Organisation

PAGE = 50
_entry = LedgerEntry.__table__.c


@dataclass(frozen=True, slots=True)
class Filters:
    """Which entries of a contract are shown; ``month`` is the first day of a London month."""

    contract_id: int
    kind: Entry | None = None
    month: date | None = None
    claim: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether every entry is shown."""
        return self.kind is None and self.month is None and not self.claim


@dataclass(frozen=True, slots=True)
class ContractLine:
    """A contract in the list of ledgers, with its balances in pence."""

    reference: str
    title: str
    organisation_name: str
    balances: Mapping[Account, int]


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry, what it is about, and the balance of every account after it, in pence."""

    sequence: int
    at: datetime
    kind: Entry
    pence: int
    claim_reference: str | None
    output_reference: str | None
    employer_name: str | None
    about: int | None
    reason: str
    by_name: str
    hash: str
    balances: Mapping[Account, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Entries, the newest first, and the sequences from which the neighbouring pages go on."""

    lines: list[EntryLine]
    older: int | None
    newer: bool


@dataclass(frozen=True, slots=True)
class End:
    """Where a chain ends: the number of its last entry, and its hash."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """Whose ledger it is, and where both chains end; an end is None while a chain is empty."""

    contract_id: int
    reference: str
    title: str
    organisation_name: str
    head: End | None
    decisions: End | None


def ledger_of(reference: str) -> Ledger | None:
    """The ledger of a contract."""
    head, decisions = ChainHead.__table__.alias("head"), ChainHead.__table__.alias("decided")
    row = (
        current_session()
        .execute(
            select(
                Contract.id,
                Contract.reference,
                Contract.title,
                Organisation.name,
                head.c.sequence,
                head.c.hash,
                decisions.c.sequence,
                decisions.c.hash,
            )
            .join(Organisation, Organisation.id == Contract.organisation_id)
            .outerjoin(head, head.c.chain == "ledger")
            .outerjoin(decisions, decisions.c.chain == "decisions")
            .where(Contract.reference == reference)
        )
        .one_or_none()
    )
    if row is None:
        return None
    ends = [None if row[at] is None else End(row[at], row[at + 1]) for at in (4, 6)]
    return Ledger(row[0], row[1], row[2], row[3], *ends)


def contracts(programme: str, *, page: int) -> list[ContractLine]:
    """The contracts of a programme that are not drafts, with balances; one more than a page."""
    found = (
        current_session()
        .execute(
            select(Contract.id, Contract.reference, Contract.title, Organisation.name)
            .join(Organisation, Organisation.id == Contract.organisation_id)
            .where(Contract.programme == programme, Contract.state != "draft")
            .order_by(Organisation.name, Contract.starts_on, Contract.id)
            .limit(PAGE + 1)
            .offset((page - 1) * PAGE)
        )
        .all()
    )
    totals: dict[int, dict[Account, int]] = {row[0]: dict.fromkeys(Account, 0) for row in found}
    moved = current_session().execute(
        select(_entry.contract_id, _entry.source, _entry.target, func.sum(_entry.pence))
        .where(_entry.contract_id.in_(totals))
        .group_by(_entry.contract_id, _entry.source, _entry.target)
    )
    for contract_id, source, target, pence in moved:
        totals[contract_id][Account(source)] -= int(pence)
        totals[contract_id][Account(target)] += int(pence)
    return [ContractLine(row[1], row[2], row[3], totals[row[0]]) for row in found]


@dataclass(frozen=True, slots=True)
class Summary:
    """A contract's entries by kind, and the London months they lie in."""

    moved: list[Moved]
    months: list[date]


def summary(contract_id: int) -> Summary:
    """How many entries of each kind there are, how many pence they moved, and when."""
    rows = (
        current_session()
        .execute(
            select(
                _entry.kind,
                func.count(),
                func.sum(_entry.pence),
                func.min(_entry.at),
                func.max(_entry.at),
            )
            .where(_entry.contract_id == contract_id)
            .group_by(_entry.kind)
        )
        .all()
    )
    found = {Entry(row[0]): Moved(Entry(row[0]), row[1], int(row[2])) for row in rows}
    months: list[date] = []
    if rows:
        first, last = min(row[3] for row in rows), max(row[4] for row in rows)
        months = list(months_between(london(first).date(), london(last).date()))
    return Summary([found[kind] for kind in Entry if kind in found], months)


def heads() -> dict[str, ChainHead]:
    """Where the ledger and the record of decisions end."""
    return {head.chain: head for head in current_session().scalars(select(ChainHead))}


def page(filters: Filters, *, before: int | None = None) -> LedgerPage:
    """A page of entries, the newest first, each with the balances after it."""
    query = _selected(filters)
    if before is not None:
        query = query.where(_entry.sequence < before)
    rows = (
        current_session()
        .execute(query.order_by(_entry.sequence.desc()).limit(PAGE + 1))
        .mappings()
        .all()
    )
    shown = rows[:PAGE]
    if not shown:
        return LedgerPage([], None, newer=before is not None)
    after = _balances_after(filters.contract_id, [row["sequence"] for row in reversed(shown)])
    lines = [_line(row, after[row["sequence"]]) for row in shown]
    older = shown[-1]["sequence"] if len(rows) > PAGE else None
    return LedgerPage(lines, older, newer=before is not None)


def every_line(filters: Filters) -> Generator[EntryLine]:
    """Every entry that the filters let through, the oldest first, each with its balances.

    All entries of the contract are walked, so that a balance counts those that are left out too.
    """
    wanted = _wanted(filters)
    chosen = case((wanted, 1), else_=0) if wanted is not None else None
    query = _all(filters.contract_id)
    if chosen is not None:
        query = query.add_columns(chosen.label("chosen"))
    result = current_session().execute(
        query.order_by(_entry.sequence), execution_options={"yield_per": 2000}
    )
    balances: dict[Account, int] = dict.fromkeys(Account, 0)
    try:
        for row in result.mappings():
            _move(balances, row)
            if chosen is None or row["chosen"]:
                yield _line(row, dict(balances))
    finally:
        result.close()


def _all(contract_id: int) -> Select[Any]:
    about = LedgerEntry.__table__.alias("about")
    return (
        select(
            _entry.sequence,
            _entry.at,
            _entry.kind,
            _entry.source,
            _entry.target,
            _entry.pence,
            Claim.reference.label("claim_reference"),
            Output.reference.label("output_reference"),
            Output.employer_name.label("employer_name"),
            about.c.sequence.label("about"),
            _entry.reason,
            _entry.by_name,
            _entry.hash,
        )
        .select_from(LedgerEntry.__table__)
        .outerjoin(Claim, Claim.id == _entry.claim_id)
        .outerjoin(Output, Output.id == _entry.output_id)
        .outerjoin(about, about.c.id == _entry.about_id)
        .where(_entry.contract_id == contract_id)
    )


def _selected(filters: Filters) -> Select[Any]:
    wanted = _wanted(filters)
    query = _all(filters.contract_id)
    return query if wanted is None else query.where(wanted)


def _wanted(filters: Filters) -> ColumnElement[bool] | None:
    found: list[ColumnElement[bool]] = []
    if filters.kind is not None:
        found.append(_entry.kind == filters.kind.value)
    if filters.month is not None:
        found += [
            _entry.at >= _begins(filters.month),
            _entry.at < _begins(next_month(filters.month)),
        ]
    if filters.claim:
        found.append(Claim.reference == filters.claim)
    if not found:
        return None
    every = found[0]
    for one in found[1:]:
        every &= one
    return every


def _begins(day: date) -> datetime:
    """The instant at which a London day begins."""
    return datetime.combine(day, time(), tzinfo=LONDON).astimezone(UTC)


def _balances_after(contract_id: int, shown: Sequence[int]) -> dict[int, dict[Account, int]]:
    """The balances after each of these entries, in order, as sums made by the database.

    Each entry counts for the first shown one that it does not lie after, so that what is left out
    by a filter still counts, and one statement answers whatever the page.
    """
    place = case(*((_entry.sequence <= number, number) for number in shown)).label("place")
    rows: Iterable[Mapping[Any, Any]] = (
        current_session()
        .execute(
            select(place, _entry.source, _entry.target, func.sum(_entry.pence).label("pence"))
            .where(_entry.contract_id == contract_id, _entry.sequence <= shown[-1])
            .group_by(place, _entry.source, _entry.target)
        )
        .mappings()
    )
    by_place: dict[int, list[Mapping[Any, Any]]] = {number: [] for number in shown}
    for row in rows:
        by_place[row["place"]].append(row)
    balances: dict[Account, int] = dict.fromkeys(Account, 0)
    found: dict[int, dict[Account, int]] = {}
    for number in shown:
        for moved in by_place[number]:
            _move(balances, moved)
        found[number] = dict(balances)
    return found


def _move(balances: dict[Account, int], row: Mapping[Any, Any]) -> None:
    balances[Account(row["source"])] -= int(row["pence"])
    balances[Account(row["target"])] += int(row["pence"])


def _line(row: Mapping[Any, Any], balances: Mapping[Account, int]) -> EntryLine:
    return EntryLine(
        sequence=row["sequence"],
        at=row["at"],
        kind=Entry(row["kind"]),
        pence=row["pence"],
        claim_reference=row["claim_reference"],
        output_reference=row["output_reference"],
        employer_name=row["employer_name"],
        about=row["about"],
        reason=row["reason"],
        by_name=row["by_name"],
        hash=row["hash"],
        balances=balances,
    )
