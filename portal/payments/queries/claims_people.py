"""Whom to write to about claims, and what is still unclaimed in months that will soon close."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import exists, func, select

from portal.accounts.models import Role, User
from portal.db import current_session
from portal.payments.models import Claim, ClaimLine, Contract, Output
from portal.payments.rules.periods import claim_month
from portal.payments.rules.states import LineState
from portal.programme.models import Organisation, StaffPost

_GONE: Final = (LineState.REJECTED.value, LineState.REMOVED.value)


class Reader(NamedTuple):
    """Somebody to write to."""

    user_id: int
    name: str
    email: str


class LineTotal(NamedTuple):
    """How many lines of a claim are in a state, and their pence."""

    lines: int
    pence: int


def _readers(kind: str, role: str, organisation_id: int | None) -> list[Reader]:
    query = (
        select(User.id, User.name, User.email)
        .join(StaffPost, StaffPost.user_id == User.id)
        .join(Organisation, Organisation.id == StaffPost.organisation_id)
        .join(User.roles)
        .where(Organisation.kind == kind, Role.name == role, User.active.is_(True))
        .order_by(User.id)
        .distinct()
    )
    if organisation_id is not None:
        query = query.where(Organisation.id == organisation_id)
    return [Reader(*row) for row in current_session().execute(query)]


def officers() -> list[Reader]:
    """Who decides on claims at the LEP: its officers, or its managers where it has none."""
    return _readers("lep", "lep_officer", None) or _readers("lep", "lep_manager", None)


def lep_managers() -> list[Reader]:
    """The LEP's managers."""
    return _readers("lep", "lep_manager", None)


def managers_of(organisation_id: int) -> list[Reader]:
    """A provider's managers."""
    return _readers("provider", "provider_manager", organisation_id)


def submitter_of(claim: Claim) -> Reader | None:
    """Who submitted a claim, while they have an account and still work for the provider."""
    row = (
        current_session()
        .execute(
            select(User.id, User.name, User.email)
            .join(StaffPost, StaffPost.user_id == User.id)
            .join(Contract, Contract.organisation_id == StaffPost.organisation_id)
            .where(
                User.id == claim.submitted_by,
                Contract.id == claim.contract_id,
                User.active.is_(True),
            )
        )
        .first()
    )
    return None if row is None else Reader(*row)


def line_totals(claim_id: int) -> dict[LineState, LineTotal]:
    """Lines and pence of a claim by state."""
    rows = current_session().execute(
        select(ClaimLine.state, func.count(), func.sum(ClaimLine.pence))
        .where(ClaimLine.claim_id == claim_id)
        .group_by(ClaimLine.state)
    )
    return {LineState(row[0]): LineTotal(row[1], int(row[2])) for row in rows}


def provider_of(contract_id: int) -> tuple[int, str, str]:
    """Key and name of a contract's provider, and the contract's title."""
    row = (
        current_session()
        .execute(
            select(Organisation.id, Organisation.name, Contract.title)
            .join(Contract, Contract.organisation_id == Organisation.id)
            .where(Contract.id == contract_id)
        )
        .one()
    )
    return row[0], row[1], row[2]


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """Outputs of a contract that can be claimed in a month and are not submitted; in pence."""

    contract_id: int
    organisation_id: int
    title: str
    month: date
    outputs: int
    pence: int


def unclaimed() -> list[Unclaimed]:
    """What no submitted claim holds, by contract and the month in which it would be claimed."""
    held = (
        exists()
        .where(ClaimLine.output_id == Output.id, ClaimLine.state.not_in((*_GONE, "draft")))
        .correlate(Output)
    )
    rows = current_session().execute(
        select(
            Contract.id,
            Contract.organisation_id,
            Contract.title,
            Contract.open_from,
            Output.occurred_on,
            func.count(),
            func.sum(Output.base_pence + Output.bonus_pence),
        )
        .join(Contract, Contract.id == Output.contract_id)
        .where(Output.withdrawn_at.is_(None), Contract.state != "draft", ~held)
        .group_by(
            Contract.id,
            Contract.organisation_id,
            Contract.title,
            Contract.open_from,
            Output.occurred_on,
        )
        .order_by(Contract.id, Output.occurred_on)
    )
    found: dict[tuple[int, date], Unclaimed] = {}
    for contract, organisation, title, open_from, day, count, pence in rows:
        month = claim_month(occurred_on=day, open_from=open_from)
        earlier = found.get((contract, month))
        found[(contract, month)] = Unclaimed(
            contract,
            organisation,
            title,
            month,
            count + (earlier.outputs if earlier else 0),
            int(pence) + (earlier.pence if earlier else 0),
        )
    return list(found.values())
