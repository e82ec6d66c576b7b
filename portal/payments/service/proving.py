"""Proving that the ledger and the record of decisions are whole: ``flask payments verify``."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

from portal.kernel.memory import uninterrupted
from portal.payments.queries import ledger as reading
from portal.payments.queries import proof as compared
from portal.payments.rules.proof import Chain, EntryFacts, LedgerProof, ProofError
from portal.payments.service.ledger import (
    DECISIONS,
    ENTRY_LAYOUT,
    HASHED_DECISION,
    HASHED_ENTRY,
    LEDGER,
    hashable,
)


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved, or the first fault."""

    entries: int
    decisions: int
    lines: int
    fault: str | None = None
    sequence: int | None = None


@uninterrupted()
def verify() -> Proof:
    """Prove chain, balances, caps, one payment for each output, and lines that agree.

    Everything is read in one transaction, so that work going on meanwhile is not half seen.
    """
    ledger = LedgerProof(compared.line_facts(), compared.caps())
    chain, decisions = Chain("The ledger"), Chain("The decisions")
    lines = 0
    try:
        with closing(reading.walk_entries(HASHED_ENTRY)) as entries:
            for entry in entries:
                chain.follow(entry[0], entry[-2], entry[-1], ENTRY_LAYOUT.text(entry))
                ledger.follow(EntryFacts._make((entry[-3], entry[0], *entry[2:11])))
        chain.check_end(_end(LEDGER))
        ledger.check_caps()
        with closing(compared.line_states()) as states:
            for line, state, claim_paid in states:
                ledger.check_line(line, state, claim_paid=claim_paid)
                lines += 1
        with closing(reading.walk_decisions()) as rows:
            for row in rows:
                decisions.check(row, hashable(row, HASHED_DECISION))
        decisions.check_end(_end(DECISIONS))
    except ProofError as fault:
        return Proof(ledger.entries, decisions.sequence, lines, str(fault), fault.sequence)
    return Proof(ledger.entries, decisions.sequence, lines)


def _end(chain: str) -> tuple[int, str] | None:
    head = reading.head(chain)
    return None if head is None else (head.sequence, head.hash)
