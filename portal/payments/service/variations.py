"""Variations of a contract in force: proposed by one manager of the LEP, confirmed by another.

What was agreed, and the budget, follow only when it is confirmed. Called inside a unit of work.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy.exc import IntegrityError

from portal.db import current_session
from portal.integrations.mail import public_link
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import Contract, ContractProposal, ContractVariation
from portal.payments.queries import claims as claiming
from portal.payments.queries import claims_people as people
from portal.payments.queries import contract_changes as found
from portal.payments.queries import contracts as reading
from portal.payments.rules.changes import CONFIRMED, REFUSED, plain_terms, read_terms
from portal.payments.rules.contracts import Terms, check_terms, check_variation, differences
from portal.payments.rules.ledger import Entry
from portal.payments.service import contracts, ledger, second_person, telling

NOT_ACTIVE = Problem("not_active", "This contract is not in force: change its draft")
OPEN_ALREADY = Problem(
    "open_already", "A variation waits for a second person already: see to it first"
)
MOVED_ON = Problem(
    "moved_on", "The contract's terms changed since this was proposed: propose it again"
)


def propose(
    *,
    reference: str,
    revision: int,
    terms: Terms,
    effective_on: date,
    reason: str,
    by: Author,
) -> Ok[ContractProposal] | list[Problem]:
    """Propose other terms for a contract in force; what they are, and why, is kept."""
    contract_id = reading.contract_id_of(reference)
    if contract_id is None or by.user_id is None:
        return [contracts.NO_CONTRACT]
    contract = claiming.contract_to_change(contract_id)
    if contract.state != "active":
        return [NOT_ACTIVE]
    if contract.revision != revision:
        return [contracts.CHANGED]
    before = reading.terms_of(contract)
    problems = _problems(contract, before, terms, effective_on)
    if not reason.strip():
        problems.append(Problem("reason", "Say why the contract is varied", "reason"))
    if not problems and found.open_proposal(contract.id) is not None:
        problems.append(OPEN_ALREADY)
    if problems:
        return problems
    proposal = ContractProposal(
        contract_id=contract.id,
        effective_on=effective_on,
        terms=plain_terms(terms),
        changes=differences(before, terms),
        reason=reason.strip(),
        proposed_by=by.user_id,
        proposed_name=by.shown,
    )
    session = current_session()
    try:
        with session.begin_nested():
            session.add(proposal)
            session.flush()
    except IntegrityError:
        return [OPEN_ALREADY]
    said = {"change": proposal.reference, "reason": proposal.reason}
    second_person.note("contract.variation_proposed", contract, by, **said)
    _tell(contract, proposal)
    return Ok(proposal)


def confirm(*, proposal: str, by: Author) -> Ok[ContractVariation] | list[Problem]:
    """Put proposed terms in force, by another person than who proposed them.

    The budget follows the total cap at once. Nothing that was spent or done, since then too, is
    cut off.
    """
    loaded = _decidable(proposal, by, "contract.variation_confirm_refused")
    if isinstance(loaded, Err):
        return [loaded.problem]
    contract, held = loaded
    before, terms = reading.terms_of(contract), read_terms(held.terms)
    if differences(before, terms) != held.changes:
        return [MOVED_ON]
    problems = _problems(contract, before, terms, held.effective_on)
    if problems:
        return problems
    variation = ContractVariation(
        contract_id=contract.id,
        number=reading.last_variation(contract.id) + 1,
        effective_on=held.effective_on,
        reason=held.reason,
        changes=held.changes,
        by=by.user_id,
        by_name=by.shown,
    )
    current_session().add(variation)
    contracts.write_terms(contract, terms)
    contract.revision += 1
    second_person.settle(held, CONFIRMED, by)
    held.number = variation.number
    current_session().flush()
    _allocate(contract, terms.total_cap - before.total_cap, by)
    second_person.note(
        "contract.varied", contract, by, number=variation.number, change=held.reference
    )
    return Ok(variation)


def refuse(*, proposal: str, words: str, by: Author) -> Ok[ContractProposal] | Err:
    """Leave the terms as they are, and say why."""
    if not words.strip():
        return Err(second_person.WORDS_NEEDED)
    loaded = _decidable(proposal, by, "contract.variation_decline_refused")
    if isinstance(loaded, Err):
        return loaded
    contract, held = loaded
    second_person.settle(held, REFUSED, by, words)
    current_session().flush()
    second_person.note(
        "contract.variation_declined", contract, by, change=held.reference, reason=held.answer
    )
    return Ok(held)


def withdraw(*, proposal: str, by: Author) -> Ok[ContractProposal] | Err:
    """Take a proposal back."""
    loaded = second_person.held(ContractProposal, proposal)
    if isinstance(loaded, Err):
        return loaded
    contract, held = loaded
    done = second_person.withdraw(held, by)
    if isinstance(done, Err):
        return done
    current_session().flush()
    second_person.note("contract.variation_withdrawn", contract, by, change=held.reference)
    return Ok(held)


def _decidable(proposal: str, by: Author, action: str) -> tuple[Contract, ContractProposal] | Err:
    loaded = second_person.held(ContractProposal, proposal)
    if isinstance(loaded, Err):
        return loaded
    contract, held = loaded
    problem = second_person.settled(held)
    if problem is None:
        problem = second_person.refusal(contract, held, by, action=action)
    if problem is None and contract.state != "active":
        problem = NOT_ACTIVE
    return loaded if problem is None else Err(problem)


def _problems(contract: Contract, before: Terms, terms: Terms, effective_on: date) -> list[Problem]:
    return [
        *check_terms(terms, organisation_id=contract.organisation_id),
        *check_variation(
            before, terms, reading.used(contract), effective_on=effective_on, today=today()
        ),
    ]


def _allocate(contract: Contract, more: int, by: Author) -> None:
    if more:
        kind = Entry.ALLOCATE if more > 0 else Entry.REDUCE
        ledger.append([ledger.Movement(kind, contract.id, abs(more))], by=by)


def _tell(contract: Contract, proposal: ContractProposal) -> None:
    """Tell the other managers of the LEP that somebody has to look."""
    _organisation, provider, title = people.provider_of(contract.id)
    telling.send(
        [one for one in people.lep_managers() if one.user_id != proposal.proposed_by],
        subject=f"A variation to confirm: {title}",
        paragraphs=[
            f"{proposal.proposed_name} proposed a variation of {title} ({provider}).",
            proposal.reason,
            "Nothing changes until another manager of the LEP has confirmed it.",
        ],
        href=public_link("payments.contract", contract=contract.reference),
        key=f"variation-proposed:{proposal.reference}",
    )
