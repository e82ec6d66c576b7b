"""A provider with a contract, people who decide, and claims as far along as a proof needs them.

People and records are named by key, so that any thread or process can take up where another left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from flask import Flask
from sqlalchemy import func, select

from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from portal.payments.models import Claim, ClaimLine, LedgerEntry, Output, RateCardVersion
from portal.payments.queries import claims as claiming
from portal.payments.queries import paying as schedules
from portal.payments.service import claims, paying, reviewing
from portal.payments.service.proving import verify
from portal.programme.models import Organisation
from tests.factories.caseload import (
    Provider,
    author_of,
    make_lep_officer,
    make_provider,
)
from tests.factories.payments import (
    PROGRAMME,
    make_card,
    make_confirmed_session,
    make_contract,
    make_output,
)

T = TypeVar("T")
OCTOBER = date(2026, 10, 1)
PRICE = 60_000


@dataclass(frozen=True, slots=True)
class Desk:
    """Who and what a story of claims is about, by key."""

    contract: int
    organisation: int
    adviser: Author
    manager: Author
    officers: tuple[Author, Author]
    payers: tuple[Author, Author]


def make_desk(
    *,
    total_cap_pence: int = 10_000_000,
    caps: Mapping[str, int] | None = None,
    **changes: Any,
) -> Desk:
    """A provider with an active contract; two LEP officers and two LEP managers. In a write."""
    provider = make_provider()
    contract = make_contract(
        provider.organisation, total_cap_pence=total_cap_pence, caps=caps, **changes
    )
    if current_session().scalar(select(func.count()).select_from(RateCardVersion)) == 0:
        make_card()
    return Desk(
        contract.id,
        provider.organisation.id,
        author_of(provider.adviser),
        author_of(provider.manager),
        (author_of(make_lep_officer()), author_of(make_lep_officer())),
        (author_of(make_lep_officer("lep_manager")), author_of(make_lep_officer("lep_manager"))),
    )


def provider_of(desk: Desk) -> Provider:
    """The provider as the factories take it."""
    session = current_session()
    return Provider(
        session.get_one(Organisation, desk.organisation),
        session.get_one(User, desk.adviser.user_id),
        session.get_one(User, desk.manager.user_id),
    )


def add_work(desk: Desk, *days: date, employer: Employer | None = None) -> list[int]:
    """Engagements that arose on these days. In a write."""
    provider = provider_of(desk)
    return [make_output(provider, employer, held_on=day).id for day in days]


def add_session(desk: Desk, day: date, employer: Employer | None = None) -> int:
    """A confirmed session whose output has yet to arise. In a write."""
    return make_confirmed_session(provider_of(desk), employer, held_on=day).id


def october(count: int) -> list[date]:
    """So many days of October 2026."""
    return [date(2026, 10, 1 + number % 31) for number in range(count)]


def draft(desk: Desk, period: date = OCTOBER) -> str:
    """The reference of a month's draft. In a write."""
    built = claims.build(contract_id=desk.contract, period=period, by=desk.manager)
    assert isinstance(built, Ok), built
    return built.value.claim.reference


def submit(desk: Desk, period: date = OCTOBER) -> str:
    """The reference of a submitted claim of everything that is ready. In a write."""
    reference = draft(desk, period)
    done = claims.submit(reference=reference, revision=revision_of(reference), by=desk.manager)
    assert isinstance(done, Ok), done
    return reference


def approve(desk: Desk, period: date = OCTOBER) -> str:
    """The reference of a claim approved whole. In a write."""
    reference = submit(desk, period)
    done = reviewing.approve(reference=reference, line_ids=lines_of(reference), by=desk.officers[0])
    assert isinstance(done, Ok), done
    return reference


def pay(desk: Desk, period: date = OCTOBER) -> str:
    """The reference of a claim that was paid. In a write."""
    reference = approve(desk, period)
    mark_paid(desk, schedule(desk, reference))
    return reference


def schedule(desk: Desk, reference: str) -> str:
    """The payment of a claim, put into a run of its own. In a write."""
    run = paying.make_run(programme=PROGRAMME, references=[reference], by=desk.payers[0])
    assert isinstance(run, Ok), run
    return schedules.payments_of(run.value.id)[0].reference


def mark_paid(desk: Desk, payment: str) -> None:
    """The bank paid it today. In a write."""
    done = paying.mark_paid(
        reference=payment, paid_on=today(), bank_reference="BACS 1", by=desk.payers[0]
    )
    assert isinstance(done, Ok), done


def claim_of(reference: str) -> Claim:
    """The claim as it stands."""
    return current_session().scalars(select(Claim).where(Claim.reference == reference)).one()


def revision_of(reference: str) -> int:
    """How often the claim was changed."""
    return claim_of(reference).revision


def lines_of(reference: str) -> list[int]:
    """The lines that were not taken out, by key."""
    return [line.id for line, _output in claiming.live_lines(claim_of(reference).id)]


def entries(kind: str | None = None) -> int:
    """How many entries the ledger has, of one kind where given."""
    query = select(func.count()).select_from(LedgerEntry)
    if kind is not None:
        query = query.where(LedgerEntry.kind == kind)
    return current_session().scalar(query) or 0


def doubled() -> list[str]:
    """Every entry that is there more than once for its line or output: what a sum cannot find."""
    session = current_session()
    once = ("commit", "release", "approve", "pay")
    by_line = session.execute(
        select(LedgerEntry.line_id, LedgerEntry.kind, func.count())
        .where(LedgerEntry.kind.in_(once))
        .group_by(LedgerEntry.line_id, LedgerEntry.kind)
        .having(func.count() > 1)
    )
    by_output = session.execute(
        select(LedgerEntry.output_id, func.count())
        .where(LedgerEntry.kind == "pay")
        .group_by(LedgerEntry.output_id)
        .having(func.count() > 1)
    )
    live = session.execute(
        select(ClaimLine.output_id, func.count())
        .where(ClaimLine.state.not_in(("rejected", "removed")))
        .group_by(ClaimLine.output_id)
        .having(func.count() > 1)
    )
    sessions = session.execute(
        select(Output.session_id, func.count())
        .where(Output.session_id.is_not(None))
        .group_by(Output.session_id)
        .having(func.count() > 1)
    )
    return [
        *(f"line {row[0]}: {row[1]} x {row[2]}" for row in by_line),
        *(f"output {row[0]} paid x {row[1]}" for row in by_output),
        *(f"output {row[0]} on {row[1]} lines" for row in live),
        *(f"session {row[0]} made {row[1]} outputs" for row in sessions),
    ]


def assert_true() -> None:
    """The ledger is proved, and nothing is there twice."""
    proof = verify()
    assert proof.fault is None, proof
    assert doubled() == []


def set_up(app: Flask, make: Callable[[], T]) -> T:
    """Run one write in a context of its own."""
    with app.app_context(), unit_of_work():
        return make()


def said(results: Sequence[object]) -> list[str]:
    """What became of each, in short: ok, the code of a refusal, or an exception's name."""
    found = []
    for result in results:
        if isinstance(result, Ok):
            found.append("ok")
        elif isinstance(result, Err):
            found.append(result.problem.code)
        else:
            found.append(type(result).__name__)
    return sorted(found)
