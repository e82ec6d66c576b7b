"""Money taken back for what was paid, and given back again: linked entries, never a change.

Called inside a unit of work. A correction names the entry that paid the line, and the provider is
told of it in the same transaction.
"""

from __future__ import annotations

from portal.db import audit
from portal.db.promise_keys import key_for
from portal.integrations.mail import public_link, send_later
from portal.kernel.money import Money
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import Claim, ClaimLine, LedgerEntry
from portal.payments.queries import claims as claiming
from portal.payments.queries import ledger as reading
from portal.payments.queries import paying as found
from portal.payments.queries import remittance as told
from portal.payments.rules.ledger import Entry
from portal.payments.rules.words import OUTPUT_TYPES
from portal.payments.service import ledger
from portal.payments.service.ledger import Movement
from portal.payments.service.separation import refused

CHANGED = Problem(
    "changed",
    "Something was recovered or given back meanwhile. Look at the line again: nothing was done now",
)
WITHDRAWN = Problem(
    "withdrawn", "The work behind this line was withdrawn: nothing can be given back for it"
)
_ACTIONS = {Entry.RECOVER: "payment.recovered", Entry.ADJUST: "payment.given_back"}


def recover(
    *, line_id: int, pence: int, reason: str, by: Author, seen: int | None = None
) -> Ok[int] | Err:
    """Take money back for a line that was paid; returns what the output still stands at, in pence.

    Never more than is still out: an output never falls below nothing. ``seen`` is the number of
    the last entry that was shown about the line: pressing twice recovers once.
    """
    return _correct(Entry.RECOVER, line_id, pence, reason, by, seen)


def give_back(
    *, line_id: int, pence: int, reason: str, by: Author, seen: int | None = None
) -> Ok[int] | Err:
    """Return what was recovered wrongly; never more than was recovered, nor above the price.

    Refused when the room under a cap was used for other work since, and once the work itself was
    withdrawn: the business may have been engaged anew, and would be paid for twice.
    """
    return _correct(Entry.ADJUST, line_id, pence, reason, by, seen)


def _correct(
    kind: Entry, line_id: int, pence: int, reason: str, by: Author, seen: int | None
) -> Ok[int] | Err:
    pair = found.line_with_claim(line_id)
    if pair is None:
        return Err(Problem("no_line", "There is no such line"))
    line, claim = pair
    # Held like every other change of the contract's money, then read again.
    claiming.claim_to_change(claim.reference)
    paid, recovered, out = found.money_of_line(line_id)
    if paid is None:
        return Err(Problem("not_paid", "This line was not paid"))
    if seen is not None and reading.entries_of_line(line_id)[-1].sequence != seen:
        return Err(CHANGED)
    if not reason.strip():
        return Err(Problem("reason_needed", "Say why", "reason"))
    problem = _amount_problem(pence, out if kind is Entry.RECOVER else recovered)
    if problem is None and kind is Entry.ADJUST:
        problem = _gone_or_over_cap(claim, line, pence)
    problem = problem or refused(claim.reference, by, doing="change")
    if problem is not None:
        return Err(problem)
    _append(kind, claim, line, paid, pence, reason.strip(), by)
    return Ok(out - pence if kind is Entry.RECOVER else out + pence)


def _amount_problem(pence: int, most: int) -> Problem | None:
    if 0 < pence <= most:
        return None
    if not most:
        return Problem("nothing_left", "There is nothing left to correct", "pence")
    return Problem("too_much", f"Enter an amount from £0.01 to {Money(most)}", "pence")


def _gone_or_over_cap(claim: Claim, line: ClaimLine, pence: int) -> Problem | None:
    """Recovering let the work be withdrawn, and made room under a cap that other work may use."""
    output = claiming.outputs_by_id([line.output_id])[line.output_id]
    if output.withdrawn_at is not None:
        return WITHDRAWN
    left = claiming.room(claim.contract_id).by_type.get(output.output_type)
    if left is None or pence <= left:
        return None
    title = OUTPUT_TYPES[output.output_type].lower()
    return Problem(
        "over_cap", f"The cap for {title} has {Money(left)} left, this is {Money(pence)}", "pence"
    )


def _append(
    kind: Entry,
    claim: Claim,
    line: ClaimLine,
    paid: LedgerEntry,
    pence: int,
    reason: str,
    by: Author,
) -> None:
    movement = Movement(
        kind,
        claim.contract_id,
        pence,
        claim_id=claim.id,
        line_id=line.id,
        output_id=line.output_id,
        about_id=paid.id,
        reason=reason,
    )
    ledger.append([movement], by=by)
    subject, detail = f"claim:{claim.reference}", {"line": line.id, "pence": pence}
    ledger.decide(action=_ACTIONS[kind], subject=subject, by=by, detail=detail)
    audit.record(action=_ACTIONS[kind], subject=subject, detail=detail, actor_id=by.user_id)
    _tell(kind, claim, line, pence, reason)


def _tell(kind: Entry, claim: Claim, line: ClaimLine, pence: int, reason: str) -> None:
    payment = told.payment_of_claim(claim.id)
    facts = None if payment is None else told.remittance(payment)
    entry = reading.entries_of_line(line.id)[-1]
    output = claiming.outputs_by_id([line.output_id])[line.output_id]
    if facts is None:
        return
    _paid, recovered, out = found.money_of_line(line.id)
    back = kind is Entry.RECOVER
    words = "is taken back" if back else "is given back to you"
    people = dict.fromkeys([facts.email, *told.people_to_tell(facts.organisation_id)])
    for email in filter(None, people):
        send_later(
            to=email,
            subject=f"{Money(pence)} {words}, claim {facts.month}",
            template="payments_correction",
            context={
                "back": back,
                "amount": Money(pence).format(),
                "organisation_name": facts.organisation_name,
                "contract_title": facts.contract_title,
                "month": facts.month,
                "employer_name": output.employer_name,
                "what": OUTPUT_TYPES[output.output_type],
                "output_reference": output.reference,
                "reason": reason,
                "entry": entry.sequence,
                "recovered": Money(recovered).format(),
                "stands_at": Money(out).format(),
                "link": public_link("payments.remittance", payment=facts.reference),
            },
            unique_key=key_for(f"payments.correction:{entry.sequence}", email),
        )
