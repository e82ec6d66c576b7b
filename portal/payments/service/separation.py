"""Separation of duties where a whole claim is paid or corrected; a refusal is kept."""

from __future__ import annotations

from portal.kernel.people import Author
from portal.kernel.result import Problem
from portal.payments.queries import claims as claiming
from portal.payments.queries import paying as found
from portal.payments.rules.duties import conflicts
from portal.payments.service import ledger

NOT_YOURS = Problem("no_payment", "There is no such payment")


def refused(claim_reference: str, by: Author, *, doing: str = "pay") -> Problem | None:
    """Why somebody may not pay or correct a claim; the refusal is kept with the decisions."""
    claim = claiming.claim_to_change(claim_reference)
    if claim is None or by.user_id is None:
        return NOT_YOURS
    outputs = [line.output_id for line in found.approved_lines(claim.id)]
    for involved in claiming.involvement(claim, outputs).values():
        reasons = conflicts(by.user_id, involved)
        if reasons:
            ledger.decide(
                action="payment.refused",
                subject=f"claim:{claim_reference}",
                by=by,
                detail={"wanted": doing, "why": list(reasons)},
            )
            why = "; ".join(reason[0].lower() + reason[1:] for reason in reasons)
            return Problem("separation_of_duties", f"You cannot {doing} this: {why}")
    return None
