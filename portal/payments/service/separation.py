"""Separation of duties where whole claims are paid or corrected; a refusal is kept."""

from __future__ import annotations

from collections.abc import Sequence

from portal.kernel.people import Author
from portal.kernel.result import Problem
from portal.payments.models import Claim
from portal.payments.queries import claims as claiming
from portal.payments.queries import hands
from portal.payments.rules.duties import conflicts
from portal.payments.service import ledger

NOT_YOURS = Problem("no_payment", "There is no such payment")


def refused(claim_reference: str, by: Author, *, doing: str = "pay") -> Problem | None:
    """Why somebody may not pay or correct a claim; the refusal is kept with the decisions."""
    claim = claiming.claim_to_change(claim_reference)
    return NOT_YOURS if claim is None else first_refused([claim], by, doing=doing)


def first_refused(claims: Sequence[Claim], by: Author, *, doing: str = "pay") -> Problem | None:
    """Why somebody may not pay or correct the first of these claims that is not theirs to decide.

    The claims are held already.
    """
    if by.user_id is None:
        return NOT_YOURS
    involved = hands.involvement_in_paid(claims)
    for claim in claims:
        for one in involved[claim.id].values():
            reasons = conflicts(by.user_id, one)
            if reasons:
                ledger.decide(
                    action="payment.refused",
                    subject=f"claim:{claim.reference}",
                    by=by,
                    detail={"wanted": doing, "why": list(reasons)},
                )
                why = "; ".join(reason[0].lower() + reason[1:] for reason in reasons)
                return Problem("separation_of_duties", f"You cannot {doing} this: {why}")
    return None
