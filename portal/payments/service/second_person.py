"""What needs two people on a contract in force, and who may not be the second of them."""

from __future__ import annotations

from typing import Any, TypeVar

from portal.db import audit
from portal.kernel.clock import london, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import Contract, ContractProposal, PayeeChange
from portal.payments.queries import claims as claiming
from portal.payments.queries import contract_changes as found
from portal.payments.queries import contracts
from portal.payments.rules.changes import PROPOSED, STATES
from portal.payments.rules.duties import Involvement, conflicts
from portal.payments.service import ledger

SEPARATION = "separation"
NO_CHANGE = Problem("no_change", "There is no such change")
NOT_YOURS = Problem("not_yours", "Only who proposed it can withdraw it: refuse it instead")
WORDS_NEEDED = Problem("words_needed", "Say why not", "words")
Change = PayeeChange | ContractProposal
Kind = TypeVar("Kind", PayeeChange, ContractProposal)


def held(kind: type[Kind], reference: str) -> tuple[Contract, Kind] | Err:
    """A change and its contract, both held: the contract first, as by whoever spends or pays."""
    contract_id = found.contract_of(kind, reference)
    if contract_id is None:
        return Err(NO_CHANGE)
    contract = claiming.contract_to_change(contract_id)
    change = found.change_to_decide(kind, reference)
    return Err(NO_CHANGE) if change is None else (contract, change)


def settled(change: Change) -> Problem | None:
    """What became of a change before, or None while it waits."""
    if change.state == PROPOSED or change.decided_at is None:
        return None
    at = london(change.decided_at)
    words = f"{change.decided_name} on {at.day} {at:%B %Y at %H:%M}"
    return Problem(f"{change.state}_already", f"{STATES[change.state][0]} already, by {words}")


def refusal(contract: Contract, change: Change, by: Author, *, action: str) -> Problem | None:
    """Why somebody may not decide on a change; such an attempt is kept with the decisions."""
    if by.user_id is None:
        return Problem(SEPARATION, "Nobody is signed in")
    reasons = ["You proposed it"] if by.user_id == change.proposed_by else []
    involved = Involvement((), (), None, contracts.staff_of_contract(contract))
    reasons += conflicts(by.user_id, involved)
    if not reasons:
        return None
    note(action, contract, by, change=change.reference, why=reasons)
    return Problem(SEPARATION, f"Somebody else must decide on this. {'. '.join(reasons)}")


def settle(change: Change, state: str, by: Author, words: str = "") -> None:
    """Write down what became of a change."""
    change.state, change.answer = state, words.strip()
    change.decided_at, change.decided_by = utc_now(), by.user_id
    change.decided_name = by.shown


def withdraw(change: Change, by: Author) -> Ok[None] | Err:
    """Take a proposal back: only who made it."""
    problem = settled(change)
    if problem is None and by.user_id != change.proposed_by:
        problem = NOT_YOURS
    if problem is not None:
        return Err(problem)
    settle(change, "withdrawn", by)
    return Ok(None)


def note(action: str, contract: Contract, by: Author, **detail: Any) -> None:
    """Put a decision about a contract on record."""
    subject = f"contract:{contract.reference}"
    ledger.decide(action=action, subject=subject, by=by, detail=detail)
    audit.record(action=action, subject=subject, detail=detail, actor_id=by.user_id)
