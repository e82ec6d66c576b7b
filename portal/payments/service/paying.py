"""Paying: a schedule for the bank, each claim in it once; then what was really paid, and back.

Called inside a unit of work. A claim is paid once, whoever presses, however often: it stands in one
run by a unique constraint, its lines are paid by entries that exist once each.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy.exc import IntegrityError

from portal.db import audit, current_session
from portal.kernel.clock import today
from portal.kernel.money import Money
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import Payment, PaymentRun
from portal.payments.queries import claims as claiming
from portal.payments.queries import paying as found
from portal.payments.rules.duties import conflicts
from portal.payments.rules.ledger import Entry
from portal.payments.rules.states import ClaimState, check_claim_move
from portal.payments.service import ledger
from portal.payments.service.ledger import Movement

NOTHING_OWED = Problem("nothing_owed", "Nothing waits to be paid")
NO_PAYMENT = Problem("no_payment", "There is no such payment")
IN_A_RUN = Problem("in_a_run", "One of these claims is in a payment run already")
REFERENCE_LENGTH = 40


def make_run(
    *, programme: str, references: Collection[str] | None, by: Author
) -> Ok[PaymentRun] | Err:
    """Put decided claims into one payment run: all that wait, or those named.

    Refused when one of them is in a run already, when a payee's bank details are missing, and for
    somebody who had a hand in one of them.
    """
    owed = found.owed(programme, references=references)
    # Contracts first, as everywhere, and in one order: nobody waits for somebody who waits.
    for contract_id in sorted({one.contract_id for one in owed}):
        claiming.contract_to_change(contract_id)
    held = found.claims_to_pay([one.claim_id for one in owed])
    # Read again under the lock: another may have put them into a run a moment ago.
    owed = found.owed(programme, references=references)
    if references is not None and len(owed) != len(set(references)):
        return Err(IN_A_RUN)
    owed = [one for one in owed if one.pence > 0]
    if not owed:
        return Err(NOTHING_OWED)
    for one in owed:
        if not (one.payee_name and one.payee_sort_code and one.payee_account):
            name = one.organisation_name
            return Err(Problem("no_bank_details", f"{name}: the contract has no bank details"))
    for claim in held:
        refusal = _involved(claim.reference, by)
        if refusal is not None:
            return Err(refusal)
    session = current_session()
    run = PaymentRun(
        programme=programme,
        count=len(owed),
        total_pence=sum(one.pence for one in owed),
        made_by=by.user_id,
    )
    try:
        with session.begin_nested():
            session.add(run)
            session.flush()
            session.add_all(
                Payment(
                    claim_id=one.claim_id,
                    run_id=run.id,
                    pence=one.pence,
                    payee_name=one.payee_name,
                    payee_sort_code=one.payee_sort_code,
                    payee_account=one.payee_account,
                )
                for one in owed
            )
            session.flush()
    except IntegrityError:
        return Err(IN_A_RUN)
    _note(
        "payment.run_made",
        f"run:{run.reference}",
        by,
        count=run.count,
        pence=run.total_pence,
        claims=[one.reference for one in owed],
    )
    return Ok(run)


def _involved(claim_reference: str, by: Author) -> Problem | None:
    claim = claiming.claim_to_change(claim_reference)
    if claim is None or by.user_id is None:
        return NO_PAYMENT
    outputs = [line.output_id for line in found.approved_lines(claim.id)]
    for involved in claiming.involvement(claim, outputs).values():
        reasons = conflicts(by.user_id, involved)
        if reasons:
            ledger.decide(
                action="payment.refused",
                subject=f"claim:{claim_reference}",
                by=by,
                detail={"why": list(reasons)},
            )
            return Problem(
                "separation_of_duties", f"You cannot pay this: {'; '.join(reasons).lower()}"
            )
    return None


def mark_paid(
    *, reference: str, paid_on: date, bank_reference: str, by: Author
) -> Ok[Payment] | Err:
    """Record that the bank paid a claim. A second time changes nothing and says so."""
    payment = found.payment_to_change(reference)
    if payment is None:
        return Err(NO_PAYMENT)
    if payment.paid_on is not None:
        return Err(
            Problem(
                "paid_already",
                f"This was marked as paid on {payment.paid_on.day} {payment.paid_on:%B %Y}, bank "
                f"reference {payment.bank_reference}",
            )
        )
    words = " ".join(bank_reference.split())
    if not words or len(words) > REFERENCE_LENGTH:
        return Err(
            Problem("bank_reference", "Enter the bank's reference, up to 40 letters", "reference")
        )
    if not payment.created_at.date() <= paid_on <= today():
        return Err(
            Problem("paid_on", "The day must lie between the payment run and today", "paid_on")
        )
    return _pay(payment, paid_on, words, by)


def _pay(payment: Payment, paid_on: date, bank_reference: str, by: Author) -> Ok[Payment] | Err:
    claim_reference = found.claim_reference(payment.claim_id)
    claim = claiming.claim_to_change(claim_reference)
    if claim is None:
        raise LookupError(f"Payment {payment.reference} has no claim")
    problem = check_claim_move(ClaimState(claim.state), ClaimState.PAID)
    if problem is not None:
        return Err(problem)
    lines = found.approved_lines(claim.id)
    if sum(line.pence for line in lines) != payment.pence:
        raise RuntimeError(f"Payment {payment.reference} is not the sum of its lines")
    payment.paid_on, payment.bank_reference, payment.paid_by = paid_on, bank_reference, by.user_id
    claim.state = ClaimState.PAID.value
    claim.revision += 1
    current_session().flush()
    ledger.append(
        [
            Movement(
                Entry.PAY,
                claim.contract_id,
                line.pence,
                claim_id=claim.id,
                line_id=line.id,
                output_id=line.output_id,
            )
            for line in lines
        ],
        by=by,
    )
    _note(
        "payment.paid",
        f"payment:{payment.reference}",
        by,
        pence=payment.pence,
        paid_on=paid_on.isoformat(),
        bank_reference=bank_reference,
    )
    return Ok(payment)


def recover(*, line_id: int, pence: int, reason: str, by: Author) -> Ok[int] | Err:
    """Take money back for a line that was paid; returns what the output still stands at, in pence.

    Never more than is still out: an output never falls below nothing.
    """
    return _correct(Entry.RECOVER, line_id, pence, reason, by)


def give_back(*, line_id: int, pence: int, reason: str, by: Author) -> Ok[int] | Err:
    """Return what was recovered wrongly; never more than was recovered, nor above the price."""
    return _correct(Entry.ADJUST, line_id, pence, reason, by)


def _correct(kind: Entry, line_id: int, pence: int, reason: str, by: Author) -> Ok[int] | Err:
    pair = found.line_with_claim(line_id)
    if pair is None:
        return Err(Problem("no_line", "There is no such line"))
    line, claim = pair
    # Held like every other change of the contract's money, then read again.
    claiming.claim_to_change(claim.reference)
    paid, recovered, out = found.money_of_line(line_id)
    most = out if kind is Entry.RECOVER else recovered
    if paid is None:
        return Err(Problem("not_paid", "This line was not paid"))
    if not reason.strip():
        return Err(Problem("reason_needed", "Say why", "reason"))
    if not 0 < pence <= most:
        return Err(
            Problem("too_much", f"Enter an amount from £0.01 to {Money(most)}", "pence")
            if most
            else Problem("nothing_left", "There is nothing left to correct", "pence")
        )
    refusal = _involved(claim.reference, by)
    if refusal is not None:
        return Err(refusal)
    ledger.append(
        [
            Movement(
                kind,
                claim.contract_id,
                pence,
                claim_id=claim.id,
                line_id=line.id,
                output_id=line.output_id,
                about_id=paid.id,
                reason=reason.strip(),
            )
        ],
        by=by,
    )
    _note(
        f"payment.{'recovered' if kind is Entry.RECOVER else 'given_back'}",
        f"claim:{claim.reference}",
        by,
        line=line.id,
        pence=pence,
    )
    return Ok(out - pence if kind is Entry.RECOVER else out + pence)


def _note(action: str, subject: str, by: Author, **detail: object) -> None:
    ledger.decide(action=action, subject=subject, by=by, detail=detail)
    audit.record(action=action, subject=subject, detail=detail, actor_id=by.user_id)
