"""Proving that the ledger and the record of decisions are whole: ``flask payments verify``.

What the command and the daily job found is kept, so that the page of decisions can say when the
proof last held.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from portal.db import unit_of_work
from portal.db.session import steady_reading
from portal.integrations.mail import public_link
from portal.kernel.clock import today, utc_now
from portal.kernel.memory import uninterrupted
from portal.payments.models import LedgerProof as KeptProof
from portal.payments.queries import claims_people as people
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
from portal.payments.service.telling import send

Source = Literal["command", "daily"]


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proved, or the first fault."""

    entries: int
    decisions: int
    lines: int
    fault: str | None = None
    sequence: int | None = None


def prove(source: Source) -> Proof:
    """Prove everything, and keep what was found. Opens its own unit of work."""
    started = time.monotonic()
    proof = verify()
    took = round((time.monotonic() - started) * 1000)
    with unit_of_work() as session:
        session.add(
            KeptProof(
                at=utc_now(),
                source=source,
                entries=proof.entries,
                decisions=proof.decisions,
                lines=proof.lines,
                milliseconds=took,
                fault=proof.fault or "",
                sequence=proof.sequence,
            )
        )
        if proof.fault is not None and source == "daily":
            _tell(proof.fault)
    return proof


def _tell(fault: str) -> None:
    """Tell the LEP's managers, once a day, that the proof does not hold."""
    send(
        people.lep_managers(),
        subject="The proof of the payments ledger does not hold",
        paragraphs=[
            f"The daily proof found a fault: {fault}.",
            "Make no payment run until whoever runs the portal has looked into it.",
        ],
        href=public_link("payments.decisions"),
        key=f"ledger-fault:{today().isoformat()}",
    )


@uninterrupted()
def verify() -> Proof:
    """Prove chain, balances, caps, one payment for each output, and lines that agree.

    Everything is read as of one moment, so that work going on meanwhile is not half seen.
    """
    with steady_reading():
        return _verified()


def _verified() -> Proof:
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
