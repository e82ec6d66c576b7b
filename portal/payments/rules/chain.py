"""Hash chains: each entry carries the hash of the one before, so that none can change unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

GENESIS: Final = "0" * 64


def canonical(values: Mapping[str, Any]) -> str:
    """An entry as one text: equal entries are equal letter by letter, whatever made them."""
    return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def entry_hash(previous: str, values: Mapping[str, Any]) -> str:
    """SHA-256 of the hash before and what the entry says."""
    return hashlib.sha256(f"{previous}\n{canonical(values)}".encode()).hexdigest()
