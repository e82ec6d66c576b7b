"""Paying: a schedule for the bank, each claim in it once; then what was really paid, and back.

Called inside a unit of work. A claim is paid once, whoever presses, however often: it stands in one
run by a unique constraint, its lines are paid by entries that exist once each.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.attributes import set_committed_value

from portal.caseload.rules.working_days import (
    add_working_days,
    is_working_day,
    next_working_day,
)
from portal.db import audit, current_session
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import Claim, Payment, PaymentRun
from portal.payments.queries import claims as claiming
from portal.payments.queries import paying as found
from portal.payments.rules.ledger import Entry
from portal.payments.rules.states import ClaimState, check_claim_move
from portal.payments.service import ledger, remittance
from portal.payments.service.bulk import change_exactly
from portal.payments.service.corrections import give_back, recover
from portal.payments.service.ledger import Movement
from portal.payments.service.separation import first_refused

__all__ = [
    "default_process_on",
    "give_back",
    "make_run",
    "mark_paid",
    "mark_run_paid",
    "recover",
]

NOTHING_OWED = Problem("nothing_owed", "Nothing waits to be paid")
NO_RUN = Problem("no_run", "There is no such payment run")
NO_PAYMENT = Problem("no_payment", "There is no such payment")
IN_A_RUN = Problem("in_a_run", "One of these claims is in a payment run already")
CHANGED_TOTAL = Problem(
    "changed",
    "What is owed changed while you had this page open. Look at it again: nothing was done",
)
BAD_REFERENCE = Problem(
    "bank_reference", "Enter the bank's reference, up to 40 letters", "reference"
)
REFERENCE_LENGTH = 40
# Bacs takes files up to a month ahead.
MOST_DAYS_AHEAD = 30


def default_process_on(made_on: date) -> date:
    """The first day on which Bacs can work on a run: the working day after it can be sent."""
    return add_working_days(next_working_day(made_on), 1)


def make_run(
    *,
    programme: str,
    references: Collection[str] | None,
    by: Author,
    total_pence: int | None = None,
    process_on: date | None = None,
) -> Ok[PaymentRun] | Err:
    """Put decided claims into one payment run: all that wait, or those named.

    Refused when one of them is in a run already, when they do not come to the total that was
    shown, when a payee's bank details are missing, and for somebody who had a hand in one of them.
    """
    day = process_on or default_process_on(today())
    problem = _day_problem(day)
    if problem is not None:
        return Err(problem)
    owed = found.owed(programme, references=references)
    # Contracts first, as everywhere, and in one order: nobody waits for somebody who waits.
    claiming.contracts_to_change({one.contract_id for one in owed})
    held = found.claims_to_pay([one.claim_id for one in owed])
    # Read again under the lock: another may have put them into a run a moment ago. What was
    # approved since is not held: it waits for the next run.
    keys = {claim.id for claim in held}
    owed = [one for one in found.owed(programme, references=references) if one.claim_id in keys]
    problem = _run_problem(owed, references, total_pence)
    if problem is not None:
        return Err(problem)
    waiting = {one.claim_id for one in owed}
    refusal = first_refused([claim for claim in held if claim.id in waiting], by)
    if refusal is not None:
        return Err(refusal)
    run = _made(programme, owed, day, by)
    if run is None:
        return Err(IN_A_RUN)
    _note(
        "payment.run_made",
        f"run:{run.reference}",
        by,
        count=run.count,
        pence=run.total_pence,
        claims=[one.reference for one in owed],
        bank_details_waiting=sorted({one.organisation_name for one in owed if one.change_waits}),
    )
    return Ok(run)


def _day_problem(day: date) -> Problem | None:
    earliest = default_process_on(today())
    if not earliest <= day <= today() + timedelta(days=MOST_DAYS_AHEAD):
        words = (
            f"Choose {earliest.day} {earliest:%B} or later, up to {MOST_DAYS_AHEAD} days ahead: "
            "Bacs has the file a working day before"
        )
        return Problem("process_on", words, "process_on")
    if not is_working_day(day):
        return Problem("process_on", "Banks do not work on that day: choose another", "process_on")
    return None


def _run_problem(
    owed: Sequence[found.Owed], references: Collection[str] | None, total_pence: int | None
) -> Problem | None:
    if references is not None and len(owed) != len(set(references)):
        return IN_A_RUN
    if not owed:
        return NOTHING_OWED
    if total_pence is not None and sum(one.pence for one in owed) != total_pence:
        return CHANGED_TOTAL
    for one in owed:
        if not one.has_bank:
            return Problem(
                "no_bank_details", f"{one.organisation_name}: the contract has no bank details"
            )
    return None


def _made(
    programme: str, owed: Sequence[found.Owed], process_on: date, by: Author
) -> PaymentRun | None:
    session = current_session()
    run = PaymentRun(
        programme=programme,
        count=len(owed),
        total_pence=sum(one.pence for one in owed),
        made_on=today(),
        process_on=process_on,
        made_by=by.user_id,
        made_name=by.shown,
    )
    try:
        with session.begin_nested():
            session.add(run)
            session.flush()
            rows = [
                {
                    "claim_id": one.claim_id,
                    "run_id": run.id,
                    "pence": one.pence,
                    "payee_name": one.payee_name,
                    "payee_sort_code": one.payee_sort_code,
                    "payee_account": one.payee_account,
                    "remittance_email": one.remittance_email,
                }
                for one in owed
            ]
            # Straight to the table: as objects, SQLite would take them one by one.
            table: Any = Payment.__table__
            session.execute(insert(table), rows)
    except IntegrityError:
        return None
    return run


def mark_paid(
    *, reference: str, paid_on: date, bank_reference: str, by: Author
) -> Ok[Payment] | Err:
    """Record that the bank paid a claim. A second time changes nothing and says so."""
    payment = found.payment_to_change(reference)
    if payment is None:
        return Err(NO_PAYMENT)
    if payment.paid_on is not None:
        return Err(_paid_already(payment))
    done = _mark([payment], found.run_of_payment(payment), paid_on, bank_reference, by)
    return done if isinstance(done, Err) else Ok(payment)


def mark_run_paid(
    *, reference: str, paid_on: date, bank_reference: str, by: Author
) -> Ok[list[Payment]] | Err:
    """Record that the bank paid everything of a run that was not marked before: all, or nothing."""
    run = found.run_by_reference(reference)
    if run is None:
        return Err(NO_RUN)
    payments = found.unpaid_to_change(run.id)
    if not payments:
        return Err(Problem("paid_already", "Every payment of this run was marked as paid before"))
    return _mark(payments, run, paid_on, bank_reference, by)


def _paid_already(payment: Payment) -> Problem:
    day = payment.paid_on
    if day is None:
        raise ValueError(f"Payment {payment.reference} is not paid")
    return Problem(
        "paid_already",
        f"This was marked as paid on {day.day} {day:%B %Y}, bank reference "
        f"{payment.bank_reference}",
    )


def _mark(
    payments: Sequence[Payment], run: PaymentRun, paid_on: date, bank_reference: str, by: Author
) -> Ok[list[Payment]] | Err:
    words = " ".join(bank_reference.split())
    if not words or len(words) > REFERENCE_LENGTH:
        return Err(BAD_REFERENCE)
    if not run.made_on <= paid_on <= today():
        return Err(
            Problem("paid_on", "The day must lie between the payment run and today", "paid_on")
        )
    claim_ids = [payment.claim_id for payment in payments]
    # Held in the order in which everybody holds them, before anything is changed.
    claiming.contracts_to_change(found.contracts_of(claim_ids))
    claims = {claim.id: claim for claim in found.claims_to_pay(claim_ids)}
    refusal = first_refused([claims[one] for one in claim_ids], by)
    if refusal is not None:
        return Err(refusal)
    for claim in claims.values():
        problem = check_claim_move(ClaimState(claim.state), ClaimState.PAID)
        if problem is not None:
            return Err(problem)
    _pay(payments, claims, paid_on, words, by)
    return Ok(list(payments))


def _pay(
    payments: Sequence[Payment],
    claims: Mapping[int, Claim],
    paid_on: date,
    bank_reference: str,
    by: Author,
) -> None:
    """Mark payments whose claims are held, in as many statements for many as for one."""
    lines = _lines_of(payments)
    _settle(payments, claims, paid_on, bank_reference, by)
    ledger.append(
        [
            Movement(
                Entry.PAY,
                claims[line.claim].contract_id,
                line.pence,
                claim_id=line.claim,
                line_id=line.line,
                output_id=line.output,
            )
            for payment in payments
            for line in lines[payment.claim_id]
        ],
        by=by,
    )
    _note_all(
        "payment.paid",
        {
            f"payment:{payment.reference}": {
                "pence": payment.pence,
                "paid_on": paid_on.isoformat(),
                "bank_reference": bank_reference,
            }
            for payment in payments
        },
        by,
    )
    remittance.ask_all(payment.reference for payment in payments)


def _lines_of(payments: Sequence[Payment]) -> dict[int, list[found.PaidLine]]:
    """By claim, the lines that each payment is for: together they come to it, to the penny."""
    lines: dict[int, list[found.PaidLine]] = {payment.claim_id: [] for payment in payments}
    for line in found.approved_lines(list(lines)):
        lines[line.claim].append(line)
    for payment in payments:
        if sum(line.pence for line in lines[payment.claim_id]) != payment.pence:
            raise RuntimeError(f"Payment {payment.reference} is not the sum of its lines")
    return lines


def _settle(
    payments: Sequence[Payment],
    claims: Mapping[int, Claim],
    paid_on: date,
    bank_reference: str,
    by: Author,
) -> None:
    """Note on every payment and its claim that it is paid: each was open until now."""
    noted: dict[str, Any] = {
        "paid_on": paid_on,
        "bank_reference": bank_reference,
        "paid_by": by.user_id,
        "paid_name": by.shown,
    }
    keys = [payment.id for payment in payments]
    of_claims = [payment.claim_id for payment in payments]
    # They are held as objects, and are told of the change below, in a fraction of the time.
    quietly = {"synchronize_session": False}
    open_payments = update(Payment).where(Payment.id.in_(keys), Payment.paid_on.is_(None))
    owed = update(Claim).where(Claim.id.in_(of_claims), Claim.state.in_(found.OWED))
    paid = {"state": ClaimState.PAID.value, "revision": Claim.revision + 1}
    change_exactly(open_payments.values(noted).execution_options(**quietly), len(keys))
    change_exactly(owed.values(paid).execution_options(**quietly), len(of_claims))
    for payment in payments:
        for name, value in noted.items():
            set_committed_value(payment, name, value)
        claim = claims[payment.claim_id]
        set_committed_value(claim, "state", ClaimState.PAID.value)
        set_committed_value(claim, "revision", claim.revision + 1)


def _note(action: str, subject: str, by: Author, **detail: object) -> None:
    _note_all(action, {subject: detail}, by)


def _note_all(action: str, details: Mapping[str, Mapping[str, object]], by: Author) -> None:
    """Put on record the same action on many records."""
    actions = [audit.Action(action, key, detail) for key, detail in details.items()]
    ledger.decide_all(actions, by=by)
    audit.record_all(actions, actor_id=by.user_id)
