"""What the LEP does with contracts: draft, change, activate, and close their months.

Called inside a unit of work, except for ``close_due``. Whoever changes a contract holds its row,
the same one that claims hold, so that nothing is spent while a cap is lowered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from portal.db import audit, current_session, unit_of_work
from portal.kernel.clock import today, utc_now
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import (
    Contract,
    ContractCap,
    ContractProfile,
    Subcontractor,
)
from portal.payments.queries import claims as claim_queries
from portal.payments.queries import contracts as found
from portal.payments.queries import decisions
from portal.payments.rules.contracts import (
    Terms,
    check_terms,
    open_from_on,
)
from portal.payments.rules.duties import Involvement, conflicts
from portal.payments.rules.ledger import Entry
from portal.payments.rules.payees import NO_PAYEE, Payee, check_payee
from portal.payments.rules.periods import has_ended, month_of, next_month
from portal.payments.service import claims, ledger
from portal.programme import queries as programme

NO_CONTRACT = Problem("no_contract", "There is no such contract")
CHANGED = Problem(
    "changed",
    "Somebody changed this contract while you had it open. What you typed is still here: see below "
    "what differs, then save again to keep yours",
)
CHANGED_SINCE = Problem(
    "changed", "This contract changed while you had it open. Look at it again first"
)
TITLE_TAKEN = Problem("title_taken", "Another contract is called that already", "title")
HANDS = ("contract.drafted", "contract.edited")
SEPARATION = "separation"


@dataclass(frozen=True, slots=True)
class ContractDetails:
    """What a draft says."""

    organisation_id: int
    title: str
    terms: Terms
    bonus_target_percent: int | None = None
    payee: Payee = NO_PAYEE


@dataclass(frozen=True, slots=True)
class Closed:
    """What closing a month did."""

    contract: Contract
    open_from: date
    withdrawn: int


def draft(*, details: ContractDetails, by: Author) -> Ok[Contract] | list[Problem]:
    """Write a new contract down; nothing can be claimed on it until it is activated."""
    problems = _detail_problems(details)
    key = programme.settings().programme_key
    if found.title_taken(key, details.title):
        problems.append(TITLE_TAKEN)
    if problems:
        return problems
    contract = Contract(
        organisation_id=details.organisation_id,
        programme=key,
        title=details.title,
        starts_on=details.terms.starts_on,
        ends_on=details.terms.ends_on,
        total_cap_pence=details.terms.total_cap,
        open_from=month_of(details.terms.starts_on),
        bonus_target_percent=details.bonus_target_percent,
        drafted_by=by.user_id,
        **_payee_values(details.payee),
    )
    session = current_session()
    try:
        with session.begin_nested():
            session.add(contract)
            session.flush()
    except IntegrityError:
        return [TITLE_TAKEN]
    write_terms(contract, details.terms)
    _note("contract.drafted", contract, by)
    return Ok(contract)


def edit(
    *, reference: str, revision: int, details: ContractDetails, by: Author
) -> Ok[Contract] | list[Problem]:
    """Change a draft. One in force is varied instead."""
    contract = _to_change(reference)
    if contract is None:
        return [NO_CONTRACT]
    if contract.state != "draft":
        return [Problem("not_a_draft", "This contract is in force: vary it instead")]
    if contract.revision != revision:
        return [CHANGED]
    problems = _detail_problems(details)
    if found.title_taken(contract.programme, details.title, but=contract.id):
        problems.append(TITLE_TAKEN)
    if problems:
        return problems
    try:
        with current_session().begin_nested():
            _write_details(contract, details)
    except IntegrityError:
        return [TITLE_TAKEN]
    _note("contract.edited", contract, by)
    return Ok(contract)


def activate(*, reference: str, revision: int, by: Author) -> Ok[Contract] | Err:
    """Put a draft in force, by somebody who had no hand in it: its budget is allocated.

    A refusal for that reason is kept among the decisions.
    """
    contract = _to_change(reference)
    if contract is None:
        return Err(NO_CONTRACT)
    if contract.state != "draft":
        return Err(Problem("active", "This contract is in force already"))
    said = found_conflicts(contract, by)
    if said:
        words = f"Somebody else must activate this contract. {'. '.join(said)}"
        _note("contract.activate_refused", contract, by, why=list(said))
        return Err(Problem(SEPARATION, words))
    if contract.revision != revision:
        return Err(CHANGED_SINCE)
    problem = _activation_problem(contract)
    if problem is not None:
        return Err(problem)
    contract.state = "active"
    contract.activated_by, contract.activated_at = by.user_id, utc_now()
    contract.revision += 1
    current_session().flush()
    movement = ledger.Movement(Entry.ALLOCATE, contract.id, contract.total_cap_pence)
    ledger.append([movement], by=by)
    _note("contract.activated", contract, by, pence=contract.total_cap_pence)
    return Ok(contract)


def found_conflicts(contract: Contract, by: Author) -> tuple[str, ...]:
    """Why a person may not activate a contract, in words."""
    person = by.user_id
    if person is None:
        return ("Nobody is signed in",)
    hands = decisions.hands(_subject(contract), HANDS) | {contract.drafted_by}
    involved = Involvement(
        recorded_by=(),
        evidenced_by=(),
        submitted_by=None,
        claimant_staff=found.staff_of_contract(contract),
        drafted_by=person if person in hands else None,
    )
    return conflicts(person, involved)


def close_period(*, reference: str, month: date, by: Author) -> Ok[Closed] | Err:
    """Close the first open month by hand; only one that is over.

    A draft claim for it that was never submitted is put away: its outputs are claimed in the next
    month. ``month`` is the one that was looked at, so that pressing twice closes one.
    """
    contract = _to_change(reference)
    if contract is None:
        return Err(NO_CONTRACT)
    if contract.state != "active":
        return Err(Problem("not_active", "This contract is not active yet"))
    if month < contract.open_from:
        return Err(Problem("closed", f"{month:%B %Y} is closed already"))
    if month != contract.open_from:
        return Err(Problem("out_of_order", f"{contract.open_from:%B %Y} comes first"))
    if not has_ended(month, today=today()):
        return Err(Problem("not_over", f"{month:%B %Y} can be closed once it is over"))
    return Ok(_close_until(contract, next_month(month), by))


def close_due(by: Author = PORTAL) -> int:
    """Close every month whose time has come; how many were closed."""
    count = 0
    for contract_id in found.active_contracts(open_before=month_of(today())):
        with unit_of_work():
            contract = claim_queries.contract_to_change(contract_id)
            until = open_from_on(
                today(),
                open_from=contract.open_from,
                ends_on=contract.ends_on,
                working_days=programme.settings().claim_close_working_days,
            )
            while contract.open_from < until:
                _close_until(contract, next_month(contract.open_from), by)
                count += 1
    return count


def _close_until(contract: Contract, until: date, by: Author) -> Closed:
    closed = contract.open_from
    drafts = found.drafts_until(contract.id, until)
    for reference in drafts:
        claims.withdraw_draft(reference=reference, by=by)
    contract.open_from = until
    contract.revision += 1
    current_session().flush()
    _note("contract.period_closed", contract, by, month=closed.isoformat(), drafts=len(drafts))
    return Closed(contract, until, len(drafts))


def _to_change(reference: str) -> Contract | None:
    contract_id = found.contract_id_of(reference)
    return None if contract_id is None else claim_queries.contract_to_change(contract_id)


def _detail_problems(details: ContractDetails) -> list[Problem]:
    known = {one.id for one in programme.organisations(kind="provider")}
    named = {
        details.organisation_id,
        *(one.organisation_id for one in details.terms.subcontractors),
    }
    problems = [
        *check_terms(details.terms, organisation_id=details.organisation_id),
        *check_payee(details.payee),
    ]
    if not named <= known:
        problems.append(Problem("provider", "Choose a provider", "organisation"))
    return problems


def _activation_problem(contract: Contract) -> Problem | None:
    if contract.ends_on < today():
        return Problem("over", "This contract has ended: it cannot be activated any more")
    payee = Payee(
        contract.payee_name,
        contract.payee_sort_code,
        contract.payee_account,
        contract.remittance_email,
    )
    if not payee.is_complete:
        return Problem("payee", "Enter the provider's bank details first")
    problems = [
        *check_terms(found.terms_of(contract), organisation_id=contract.organisation_id),
        *check_payee(payee),
    ]
    return problems[0] if problems else None


def _payee_values(payee: Payee) -> dict[str, str]:
    return {
        "payee_name": payee.name,
        "payee_sort_code": payee.sort_code,
        "payee_account": payee.account,
        "remittance_email": payee.email,
    }


def _write_details(contract: Contract, details: ContractDetails) -> None:
    contract.organisation_id, contract.title = details.organisation_id, details.title
    contract.starts_on = details.terms.starts_on
    contract.open_from = month_of(details.terms.starts_on)
    contract.bonus_target_percent = details.bonus_target_percent
    for name, value in _payee_values(details.payee).items():
        setattr(contract, name, value)
    contract.revision += 1
    write_terms(contract, details.terms)


def write_terms(contract: Contract, terms: Terms) -> None:
    """Put the terms on a contract, those there were replaced."""
    session = current_session()
    contract.ends_on, contract.total_cap_pence = terms.ends_on, terms.total_cap
    for table in (ContractCap, ContractProfile, Subcontractor):
        session.execute(delete(table).where(table.contract_id == contract.id))
    rows: list[Any] = [
        ContractCap(contract_id=contract.id, output_type=kind, cap_pence=pence)
        for kind, pence in terms.caps.items()
    ]
    rows += [
        ContractProfile(contract_id=contract.id, quarter=quarter, pence=pence)
        for quarter, pence in terms.profile.items()
        if pence
    ]
    rows += [
        Subcontractor(
            contract_id=contract.id,
            organisation_id=one.organisation_id,
            from_on=one.from_on,
            until_on=one.until_on,
        )
        for one in terms.subcontractors
    ]
    session.add_all(rows)
    session.flush()


def _subject(contract: Contract) -> str:
    return f"contract:{contract.reference}"


def _note(action: str, contract: Contract, by: Author, **detail: Any) -> None:
    subject = _subject(contract)
    ledger.decide(action=action, subject=subject, by=by, detail=detail)
    audit.record(action=action, subject=subject, detail=detail, actor_id=by.user_id)
