"""When the ledger was last proved, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from portal.db import current_session
from portal.payments.models import LedgerProof


@dataclass(frozen=True, slots=True)
class ProofFacts:
    """One kept proof; ``fault`` is empty when everything held."""

    at: datetime
    source: str
    entries: int
    decisions: int
    lines: int
    milliseconds: int
    fault: str


def last_proofs() -> tuple[ProofFacts | None, ProofFacts | None]:
    """The newest proof that held, and the newest of all."""
    newest = select(func.max(LedgerProof.id)).scalar_subquery()
    held = select(func.max(LedgerProof.id)).where(LedgerProof.fault == "").scalar_subquery()
    rows = current_session().execute(
        select(
            LedgerProof.at,
            LedgerProof.source,
            LedgerProof.entries,
            LedgerProof.decisions,
            LedgerProof.lines,
            LedgerProof.milliseconds,
            LedgerProof.fault,
        )
        .where((LedgerProof.id == newest) | (LedgerProof.id == held))
        .order_by(LedgerProof.id)
    )
    found = [ProofFacts(*row) for row in rows]
    return next((one for one in found if not one.fault), None), found[-1] if found else None
