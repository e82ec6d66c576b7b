"""Links of a hash chain: each has the hash of the one before, so that none changes unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

GENESIS: Final = "0" * 64
_encode: Final = json.JSONEncoder(
    ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False
).encode


class AuditFacts(NamedTuple):
    """An entry of the audit trail as it is hashed."""

    entry_id: int
    at: datetime
    actor_id: int | None
    action: str
    subject: str
    detail: Mapping[str, Any]


def link_hash(previous: str, position: int, facts: AuditFacts) -> str:
    """SHA-256 over the hash before, the place in the chain and all that the entry says.

    The same entry gives the same text letter by letter, whichever database kept it.
    """
    said = _encode(
        [
            *(
                position,
                facts.entry_id,
                facts.at.astimezone(UTC).isoformat(timespec="microseconds"),
            ),
            *(facts.actor_id, facts.action, facts.subject, facts.detail),
        ]
    )
    return hashlib.sha256(f"{previous}\n{said}".encode("ascii")).hexdigest()
