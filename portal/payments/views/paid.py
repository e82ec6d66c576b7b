"""What became of a paid claim: its payment, and what was recovered and given back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.kernel.money import Money
from portal.payments.queries import remittance as queries
from portal.payments.queries.remittance import Correction, Remittance
from portal.payments.rules.balances import ENTRY_WORDS
from portal.payments.rules.ledger import Entry


@dataclass(frozen=True, slots=True)
class Paid:
    """For a page about a claim: the payment's reference, corrections, and pence that came back."""

    payment: str | None
    corrections: list[dict[str, Any]]
    recovered: int


def paid_part(claim_id: int) -> Paid:
    """What is shown of a paid claim."""
    return _paid(queries.payment_of_claim(claim_id), claim_id)


def payment_part(facts: Remittance) -> Paid:
    """The same for the page of the payment itself."""
    return _paid(facts.reference, facts.claim_id)


def _paid(payment: str | None, claim_id: int) -> Paid:
    found = queries.corrections(claim_id)
    recovered = sum(one.pence if one.kind is Entry.RECOVER else -one.pence for one in found)
    return Paid(payment, [_row(one) for one in found], recovered)


def _row(one: Correction) -> dict[str, Any]:
    return {
        "sequence": one.sequence,
        "about": one.about,
        "words": ENTRY_WORDS[one.kind],
        "at": one.at,
        "amount": Money(one.pence).format(),
        "employer": one.employer_name,
        "reference": one.output_reference,
        "reason": one.reason,
        "by": one.by_name,
    }
