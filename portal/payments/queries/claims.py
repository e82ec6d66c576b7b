"""Claims and their lines, the outputs that are ready, and what is left under the caps."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import and_, case, exists, func, or_, select
from sqlalchemy.orm import defer

from portal.db import current_session
from portal.payments.models import (
    Claim,
    ClaimLine,
    Contract,
    ContractCap,
    LedgerEntry,
    Output,
)
from portal.payments.queries import ledger
from portal.payments.rules.caps import Room
from portal.payments.rules.ledger import Entry
from portal.payments.rules.states import ClaimState, LineState
from portal.programme.models import Organisation

_GONE = (LineState.REJECTED.value, LineState.REMOVED.value)


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """A claim with its contract and provider, as plain data."""

    id: int
    reference: str
    contract_id: int
    contract_reference: str
    contract_title: str
    organisation_id: int
    organisation_name: str
    period: date
    number: int
    state: ClaimState
    submitted_at: datetime | None
    submitted_by: int | None
    submitted_name: str
    decided_at: datetime | None
    revision: int

    @property
    def title(self) -> str:
        """What the claim is called."""
        more = f", {self.number}" if self.number > 1 else ""
        return f"{self.period:%B %Y}{more}"


def claim_facts(reference: str) -> ClaimFacts | None:
    """The claim of this reference, whoever's it is."""
    row = (
        current_session()
        .execute(
            select(
                Claim.id,
                Claim.reference,
                Claim.contract_id,
                Contract.reference.label("contract_reference"),
                Contract.title.label("contract_title"),
                Contract.organisation_id,
                Organisation.name.label("organisation_name"),
                Claim.period,
                Claim.number,
                Claim.state,
                Claim.submitted_at,
                Claim.submitted_by,
                Claim.submitted_name,
                Claim.decided_at,
                Claim.revision,
            )
            .join(Contract, Contract.id == Claim.contract_id)
            .join(Organisation, Organisation.id == Contract.organisation_id)
            .where(Claim.reference == reference)
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else ClaimFacts(**{**row, "state": ClaimState(row["state"])})


def contract_to_change(contract_id: int) -> Contract:
    """The contract, held until the unit of work ends: whoever spends from it waits here."""
    return (
        current_session()
        .scalars(
            select(Contract)
            .where(Contract.id == contract_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .one()
    )


def contracts_to_change(contract_ids: Collection[int]) -> None:
    """Hold contracts until the unit of work ends, one after the other in one order everywhere."""
    current_session().scalars(
        select(Contract)
        .where(Contract.id.in_(contract_ids))
        .order_by(Contract.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def claim_to_change(reference: str) -> Claim | None:
    """The claim, its contract held first, then itself, in that order everywhere."""
    session = current_session()
    contract_id = session.scalar(select(Claim.contract_id).where(Claim.reference == reference))
    if contract_id is None:
        return None
    contract_to_change(contract_id)
    return session.scalar(
        select(Claim)
        .where(Claim.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def lines_to_change(claim_id: int) -> list[ClaimLine]:
    """Every line of a claim, held."""
    return list(
        current_session().scalars(
            select(ClaimLine)
            .where(ClaimLine.claim_id == claim_id)
            .order_by(ClaimLine.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


class HeldLine(NamedTuple):
    """A line as plain values, and who decided it where somebody has."""

    id: int
    state: str
    output_id: int
    pence: int
    decided_at: datetime | None
    decided_name: str


def held_lines(claim_id: int) -> list[HeldLine]:
    """Every line of a claim, held as by ``lines_to_change``: read to be changed all at once."""
    rows = current_session().execute(
        select(
            ClaimLine.id,
            ClaimLine.state,
            ClaimLine.output_id,
            ClaimLine.pence,
            ClaimLine.decided_at,
            ClaimLine.decided_name,
        )
        .where(ClaimLine.claim_id == claim_id)
        .order_by(ClaimLine.id)
        .with_for_update()
    )
    return [HeldLine(*row) for row in rows.all()]


def line_states(claim_id: int) -> list[LineState]:
    """The state of every line of a claim; whoever asks holds the claim."""
    rows = current_session().scalars(select(ClaimLine.state).where(ClaimLine.claim_id == claim_id))
    return [LineState(state) for state in rows]


def draft_of(contract_id: int, period: date) -> Claim | None:
    """The draft of a contract for a month."""
    return current_session().scalar(
        select(Claim).where(
            Claim.contract_id == contract_id, Claim.period == period, Claim.state == "draft"
        )
    )


def last_number(contract_id: int, period: date) -> int:
    """How many claims a contract has had for a month."""
    return (
        current_session().scalar(
            select(func.max(Claim.number)).where(
                Claim.contract_id == contract_id, Claim.period == period
            )
        )
        or 0
    )


def outputs_by_id(ids: Collection[int]) -> dict[int, Output]:
    """Outputs by key; their facts are read only where somebody asks for them."""
    rows = current_session().scalars(
        select(Output).where(Output.id.in_(ids)).options(defer(Output.facts))
    )
    return {output.id: output for output in rows}


class ReadyOutput(NamedTuple):
    """An output that no line holds, its amount in pence and why it is that amount."""

    id: int
    output_type: str
    pence: int
    occurred_on: date
    explanation: str


def free_outputs(contract_id: int, *, until: date) -> list[ReadyOutput]:
    """Outputs of a contract up to a day that no line holds, in the order in which they are paid."""
    held = exists().where(ClaimLine.output_id == Output.id, ClaimLine.state.not_in(_GONE))
    rows = current_session().execute(
        select(
            Output.id,
            Output.output_type,
            Output.base_pence + Output.bonus_pence,
            Output.occurred_on,
            Output.explanation,
        )
        .where(
            Output.contract_id == contract_id,
            Output.withdrawn_at.is_(None),
            Output.occurred_on <= until,
            ~held,
        )
        .order_by(Output.occurred_on, Output.reference)
    )
    return [ReadyOutput(*row) for row in rows.all()]


class DraftedOutput(NamedTuple):
    """What stands on a line of a draft, and whether its work was withdrawn meanwhile."""

    id: int
    output_type: str
    pence: int
    employer_name: str
    withdrawn: bool


def drafted_outputs(claim_id: int) -> list[DraftedOutput]:
    """The outputs on the draft lines of a claim, in the lines' order; the claim is held."""
    rows = current_session().execute(
        select(
            Output.id,
            Output.output_type,
            Output.base_pence + Output.bonus_pence,
            Output.employer_name,
            Output.withdrawn_at.is_not(None),
        )
        .join(ClaimLine, ClaimLine.output_id == Output.id)
        .where(ClaimLine.claim_id == claim_id, ClaimLine.state == LineState.DRAFT.value)
        .order_by(ClaimLine.id)
    )
    return [DraftedOutput(*row) for row in rows.all()]


def room(contract_id: int) -> Room:
    """What is left in a contract and under its caps, in pence, by the ledger."""
    session = current_session()
    rows = session.execute(
        select(ContractCap.output_type, ContractCap.cap_pence).where(
            ContractCap.contract_id == contract_id
        )
    )
    caps = {row[0]: row[1] for row in rows}
    spent: dict[str, int] = {}
    if caps:
        sign = case(
            (LedgerEntry.kind.in_((Entry.COMMIT, Entry.ADJUST)), LedgerEntry.pence),
            (LedgerEntry.kind.in_((Entry.RELEASE, Entry.RECOVER)), -LedgerEntry.pence),
            else_=0,
        )
        used = session.execute(
            select(Output.output_type, func.sum(sign))
            .join(LedgerEntry, LedgerEntry.output_id == Output.id)
            .where(LedgerEntry.contract_id == contract_id)
            .group_by(Output.output_type)
        )
        spent = {row[0]: int(row[1]) for row in used}
    return Room(
        ledger.standing(contract_id).budget,
        {kind: cap - spent.get(kind, 0) for kind, cap in caps.items()},
    )


def claims_of(
    *, organisation_ids: Collection[int] | None = None, states: Collection[ClaimState] = ()
) -> list[Claim]:
    """Claims, newest month first; of some providers only, where given."""
    query = select(Claim).join(Contract, Contract.id == Claim.contract_id)
    if organisation_ids is not None:
        query = query.where(Contract.organisation_id.in_(organisation_ids))
    if states:
        query = query.where(or_(*(Claim.state == state.value for state in states)))
    return list(current_session().scalars(query.order_by(Claim.period.desc(), Claim.number.desc())))


def live_lines(claim_id: int) -> list[tuple[ClaimLine, Output]]:
    """Lines of a claim that were not taken out, each with its output."""
    rows = current_session().execute(
        select(ClaimLine, Output)
        .join(Output, and_(Output.id == ClaimLine.output_id))
        .where(ClaimLine.claim_id == claim_id, ClaimLine.state != LineState.REMOVED.value)
        .order_by(Output.occurred_on, Output.reference)
    )
    return [(row[0], row[1]) for row in rows]
