"""Other bank details for a contract in force: proposed by one person, confirmed by another.

Until then money goes where it went. Whoever makes a payment run holds the same contract, so that a
run has the old details or the new ones, never some of each. Called inside a unit of work.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError

from portal.db import current_session
from portal.integrations.mail import public_link
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import Contract, PayeeChange
from portal.payments.queries import claims as claiming
from portal.payments.queries import claims_people as people
from portal.payments.queries import contract_changes as found
from portal.payments.queries import contracts
from portal.payments.rules.changes import CONFIRMED, REFUSED, ending, payee_differences
from portal.payments.rules.payees import Payee, check_payee
from portal.payments.service import second_person, telling

NO_CONTRACT = Problem("no_contract", "There is no such contract")
NOT_ACTIVE = Problem("not_active", "This contract is not in force: change its draft")
INCOMPLETE = Problem("payee", "Enter all four: name, sort code, account number and address")
SAME = Problem("same", "These are the details that the contract has already")
REASON = Problem("reason", "Say why they change, and how you made sure", "reason")
OPEN_ALREADY = Problem(
    "open_already", "A change of bank details waits for a second person already: see to it first"
)


def propose(
    *, reference: str, payee: Payee, reason: str, by: Author
) -> Ok[PayeeChange] | list[Problem]:
    """Propose other bank details; nothing changes until somebody else confirms them."""
    contract_id = contracts.contract_id_of(reference)
    if contract_id is None or by.user_id is None:
        return [NO_CONTRACT]
    contract = claiming.contract_to_change(contract_id)
    problems = _problems(contract, payee, reason)
    if problems:
        return problems
    if found.open_payee_change(contract.id) is not None:
        return [OPEN_ALREADY]
    change = PayeeChange(
        contract_id=contract.id,
        payee_name=payee.name,
        payee_sort_code=payee.sort_code,
        payee_account=payee.account,
        remittance_email=payee.email,
        old_name=contract.payee_name,
        old_sort_code=contract.payee_sort_code,
        old_account=contract.payee_account,
        old_email=contract.remittance_email,
        reason=reason.strip(),
        proposed_by=by.user_id,
        proposed_name=by.shown,
    )
    session = current_session()
    try:
        with session.begin_nested():
            session.add(change)
            session.flush()
    except IntegrityError:
        return [OPEN_ALREADY]
    _note("contract.payee_proposed", contract, change, by, reason=change.reason)
    _tell(contract, change, "proposed")
    return Ok(change)


def _problems(contract: Contract, payee: Payee, reason: str) -> list[Problem]:
    if contract.state != "active":
        return [NOT_ACTIVE]
    problems = check_payee(payee)
    if not problems and not payee.is_complete:
        problems.append(INCOMPLETE)
    if not problems and payee == _payee_of(contract):
        problems.append(SAME)
    if not reason.strip():
        problems.append(REASON)
    return problems


def confirm(*, change: str, by: Author) -> Ok[PayeeChange] | Err:
    """Put proposed details in force at once, by another person than who proposed them."""
    loaded = _decidable(change, by, "contract.payee_confirm_refused")
    if isinstance(loaded, Err):
        return loaded
    contract, held = loaded
    contract.payee_name, contract.payee_sort_code = held.payee_name, held.payee_sort_code
    contract.payee_account, contract.remittance_email = held.payee_account, held.remittance_email
    contract.revision += 1
    second_person.settle(held, CONFIRMED, by)
    current_session().flush()
    _note("contract.payee_confirmed", contract, held, by)
    _tell(contract, held, "confirmed")
    return Ok(held)


def refuse(*, change: str, words: str, by: Author) -> Ok[PayeeChange] | Err:
    """Leave the details as they are, and say why."""
    if not words.strip():
        return Err(second_person.WORDS_NEEDED)
    loaded = _decidable(change, by, "contract.payee_decline_refused")
    if isinstance(loaded, Err):
        return loaded
    contract, held = loaded
    second_person.settle(held, REFUSED, by, words)
    current_session().flush()
    _note("contract.payee_declined", contract, held, by, reason=held.answer)
    _tell(contract, held, "refused")
    return Ok(held)


def withdraw(*, change: str, by: Author) -> Ok[PayeeChange] | Err:
    """Take a proposal back."""
    loaded = second_person.held(PayeeChange, change)
    if isinstance(loaded, Err):
        return loaded
    contract, held = loaded
    done = second_person.withdraw(held, by)
    if isinstance(done, Err):
        return done
    current_session().flush()
    _note("contract.payee_withdrawn", contract, held, by)
    _tell(contract, held, "withdrawn")
    return Ok(held)


def _decidable(change: str, by: Author, action: str) -> tuple[Contract, PayeeChange] | Err:
    loaded = second_person.held(PayeeChange, change)
    if isinstance(loaded, Err):
        return loaded
    contract, held = loaded
    problem = second_person.settled(held)
    if problem is None:
        problem = second_person.refusal(contract, held, by, action=action)
    if problem is None and contract.state != "active":
        problem = NOT_ACTIVE
    return loaded if problem is None else Err(problem)


def _payee_of(contract: Contract) -> Payee:
    return Payee(
        contract.payee_name,
        contract.payee_sort_code,
        contract.payee_account,
        contract.remittance_email,
    )


def _note(
    action: str, contract: Contract, change: PayeeChange, by: Author, *, reason: str = ""
) -> None:
    # Whole account numbers stand in the change, not in a record that nothing is taken out of.
    second_person.note(
        action,
        contract,
        by,
        change=change.reference,
        account=f"{ending(change.old_account)} → {ending(change.payee_account)}",
        reason=reason,
    )


def _tell(contract: Contract, change: PayeeChange, what: str) -> None:
    """Tell the provider's managers and the LEP's: a change nobody asked for comes to light."""
    organisation, provider, title = people.provider_of(contract.id)
    stands = f"Payments go to the account {ending(contract.payee_account)}"
    if what == "proposed":
        said = f"{change.proposed_name} proposed other bank details for {title} ({provider})."
        follows = f"{stands} until another manager of the LEP has confirmed them."
    elif what == "confirmed":
        said = f"{change.decided_name} confirmed other bank details for {title} ({provider})."
        follows = f"{stands} from now on. Payment runs that were made before keep the old account."
    else:
        done = "refused" if what == "refused" else "withdrew"
        said = f"{change.decided_name} {done} other bank details for {title} ({provider})."
        follows = f"{stands}, as before."
    telling.send(
        _readers(organisation),
        subject=f"Bank details {what}: {title}",
        paragraphs=[said, _words(change), follows, "If you did not expect this, tell the LEP now."],
        href=public_link("payments.contract", contract=contract.reference),
        key=f"payee-{what}:{change.reference}",
    )


def _words(change: PayeeChange) -> str:
    before = Payee(change.old_name, change.old_sort_code, change.old_account, change.old_email)
    after = Payee(
        change.payee_name, change.payee_sort_code, change.payee_account, change.remittance_email
    )
    return "; ".join(
        f"{what}: {old or 'none'} → {new}" for what, old, new in payee_differences(before, after)
    )


def _readers(organisation_id: int) -> Sequence[people.Reader]:
    readers = [*people.managers_of(organisation_id), *people.lep_managers()]
    return list({reader.user_id: reader for reader in readers}.values())
