"""Every cap before and after a claim, and the outputs that could still stand on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import and_, exists, func, select

from portal.db import current_session
from portal.payments.models import ClaimLine, ContractCap, LedgerEntry, Output
from portal.payments.queries.claims_pages import ClaimPage
from portal.payments.rules.caps import Candidate, Room
from portal.payments.rules.claims import CapRow
from portal.payments.rules.contracts import Figures, Moved, figures
from portal.payments.rules.periods import claim_month, last_day
from portal.payments.rules.states import LineState
from portal.payments.rules.words import OUTPUT_TYPES

_GONE: Final = (LineState.REJECTED.value, LineState.REMOVED.value)


def cap_figures(claim: ClaimPage) -> tuple[Figures, dict[str, Figures]]:
    """How the contract and each type stand by the ledger."""
    session = current_session()
    moved = session.execute(
        select(LedgerEntry.kind, func.sum(LedgerEntry.pence), Output.output_type)
        .outerjoin(Output, Output.id == LedgerEntry.output_id)
        .where(LedgerEntry.contract_id == claim.contract_id)
        .group_by(LedgerEntry.kind, Output.output_type)
    )
    caps = session.execute(
        select(ContractCap.output_type, ContractCap.cap_pence).where(
            ContractCap.contract_id == claim.contract_id
        )
    )
    return figures(
        [Moved(row[0], int(row[1]), row[2]) for row in moved],
        total_cap=claim.total_cap,
        caps={row[0]: row[1] for row in caps},
    )


def cap_rows(
    claim: ClaimPage,
    standing: tuple[Figures, Mapping[str, Figures]],
    claimed: Mapping[str, int],
) -> list[CapRow]:
    """Every cap before and after this claim, the whole contract first.

    ``claimed`` are this claim's pence by type; a draft's are not in the ledger yet.
    """
    total, by_type = standing

    def row(title: str, figure: Figures, pence: int) -> CapRow:
        left = figure.remaining
        if left is not None and claim.is_draft:
            left -= pence
        spent = figure.payable + figure.paid
        return CapRow(title, figure.cap, spent, figure.committed, pence, left)

    rows = [row("The whole contract", total, sum(claimed.values()))]
    for kind, title in OUTPUT_TYPES.items():
        if by_type[kind].cap is not None or claimed.get(kind):
            rows.append(row(title, by_type[kind], claimed.get(kind, 0)))
    return rows


class FreeOutput(NamedTuple):
    """An output that no line holds and that could stand on this claim."""

    id: int
    reference: str
    output_type: str
    employer_name: str
    occurred_on: date
    pence: int
    taken_out: bool

    @property
    def candidate(self) -> Candidate[int]:
        """As the caps see it."""
        return Candidate(self.id, self.output_type, self.pence)


def free_for(claim: ClaimPage) -> list[FreeOutput]:
    """Ready outputs of the claim's month that do not stand on it, in the order of payment."""
    held = exists().where(ClaimLine.output_id == Output.id, ClaimLine.state.not_in(_GONE))
    own = ClaimLine.__table__.alias("own")
    rows = current_session().execute(
        select(
            Output.id,
            Output.reference,
            Output.output_type,
            Output.employer_name,
            Output.occurred_on,
            Output.base_pence + Output.bonus_pence,
            own.c.id.is_not(None),
        )
        .outerjoin(own, and_(own.c.output_id == Output.id, own.c.claim_id == claim.id))
        .where(
            Output.contract_id == claim.contract_id,
            Output.withdrawn_at.is_(None),
            Output.occurred_on <= last_day(claim.period),
            ~held,
        )
        .order_by(Output.occurred_on, Output.reference)
    )
    return [
        FreeOutput(*row)
        for row in rows
        if claim_month(occurred_on=row[4], open_from=claim.open_from) == claim.period
    ]


def room_after(standing: tuple[Figures, Mapping[str, Figures]], claimed: Mapping[str, int]) -> Room:
    """What is left in the contract and under its caps once a draft's lines are paid, in pence."""
    total, by_type = standing
    return Room(
        (total.remaining or 0) - sum(claimed.values()),
        {
            kind: figure.remaining - claimed.get(kind, 0)
            for kind, figure in by_type.items()
            if figure.remaining is not None
        },
    )
