"""Appending to the ledger and to the record of decisions. Nothing else writes to either.

Who appends holds the chain's end until the transaction is over, so that entries come one after
another on every database, and each carries the hash of the one before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from portal.db import current_session
from portal.db.audit import Action
from portal.kernel.clock import utc_now
from portal.kernel.people import Author
from portal.payments.models import ChainHead, Decision, LedgerEntry
from portal.payments.queries import ledger as reading
from portal.payments.rules.chain import GENESIS, Layout, entry_hash, text_hash
from portal.payments.rules.ledger import ROUTES, Entry

LEDGER = "ledger"
DECISIONS = "decisions"

# What of an entry is hashed: everything but its key and the hash itself.
HASHED_ENTRY = (
    "sequence",
    "at",
    "contract_id",
    "kind",
    "source",
    "target",
    "pence",
    "claim_id",
    "line_id",
    "output_id",
    "about_id",
    "reason",
    "by",
    "by_name",
)
ENTRY_LAYOUT = Layout(HASHED_ENTRY)
HASHED_DECISION = ("sequence", "at", "action", "subject", "detail", "by", "by_name")


@dataclass(frozen=True, slots=True)
class Movement:
    """A transfer to be appended; ``about_id`` is the entry a recovery or its return speaks of."""

    kind: Entry
    contract_id: int
    pence: int
    claim_id: int | None = None
    line_id: int | None = None
    output_id: int | None = None
    about_id: int | None = None
    reason: str = ""


def hashable(values: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """What is hashed of a row; an instant as its text in UTC, the same from every database."""
    found = {}
    for name in names:
        value = values[name]
        found[name] = value.isoformat() if isinstance(value, datetime) else value
    return found


def append(movements: Sequence[Movement], *, by: Author) -> None:
    """Append transfers in order, in the unit of work of the action that causes them.

    Raises:
        IntegrityError: when one of them was made before: the transaction must not go on.
    """
    if not movements:
        return
    head = _head(LEDGER)
    now, sequence, previous = utc_now(), head.sequence, head.hash
    rows: list[dict[str, Any]] = []
    for movement in movements:
        source, target = ROUTES[movement.kind]
        sequence += 1
        said = (
            *(sequence, now, movement.contract_id, movement.kind.value, source.value),
            *(target.value, movement.pence, movement.claim_id, movement.line_id),
            *(movement.output_id, movement.about_id, movement.reason, by.user_id, by.shown),
        )
        row: dict[str, Any] = dict(zip(HASHED_ENTRY, said, strict=True))
        row["previous"] = previous
        row["hash"] = previous = text_hash(previous, ENTRY_LAYOUT.text(said))
        rows.append(row)
    head.sequence, head.hash = sequence, previous
    session = current_session()
    session.flush()
    # Straight to the table: nobody holds an entry as an object.
    table: Any = LedgerEntry.__table__
    session.execute(insert(table), rows)


def decide(
    *, action: str, subject: str, by: Author, detail: Mapping[str, Any] | None = None
) -> None:
    """Append a decision about money, or its refusal, in the unit of work in which it is made."""
    decide_all([Action(action, subject, detail or {})], by=by)


def decide_all(decisions: Sequence[Action], *, by: Author) -> None:
    """Append decisions that one person makes at once, in order."""
    if not decisions:
        return
    head = _head(DECISIONS)
    now = utc_now()
    rows: list[dict[str, Any]] = []
    for one in decisions:
        head.sequence += 1
        row: dict[str, Any] = {
            "sequence": head.sequence,
            "at": now,
            "action": one.action,
            "subject": one.subject,
            "detail": dict(one.detail),
            "by": by.user_id,
            "by_name": by.shown,
        }
        row["previous"] = head.hash
        row["hash"] = entry_hash(head.hash, hashable(row, HASHED_DECISION))
        head.hash = row["hash"]
        rows.append(row)
    session = current_session()
    session.flush()
    session.execute(insert(Decision), rows)


def _head(chain: str) -> ChainHead:
    head = reading.head_to_change(chain)
    if head is not None:
        return head
    session = current_session()
    try:
        with session.begin_nested():
            session.add(ChainHead(chain=chain, sequence=0, hash=GENESIS))
    except IntegrityError:
        # Somebody began the chain at the same moment: theirs is the one.
        session.expire_all()
    head = reading.head_to_change(chain)
    if head is None:
        raise LookupError(f"The chain {chain} has no beginning")
    return head
