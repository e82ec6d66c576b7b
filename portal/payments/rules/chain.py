"""Hash chains: each entry carries the hash of the one before, so that none can change unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from json.encoder import encode_basestring
from typing import Any, Final

GENESIS: Final = "0" * 64
_encode: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(values: Mapping[str, Any]) -> str:
    """An entry as one text: equal entries are equal letter by letter, whatever made them."""
    return _encode(values)


def entry_hash(previous: str, values: Mapping[str, Any]) -> str:
    """SHA-256 of the hash before and what the entry says."""
    return text_hash(previous, canonical(values))


def text_hash(previous: str, text: str) -> str:
    """The same of an entry that is one text already."""
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


# The values that entries are made of, each exactly as ``canonical`` writes it. An instant is its
# text in UTC.
_WRITE: Final[Mapping[type, Callable[[Any], str]]] = {
    int: int.__repr__,
    str: encode_basestring,
    type(None): lambda _nothing: "null",
    datetime: lambda at: f'"{at.isoformat()}"',
}


class Layout:
    """The canonical text of entries that all have the same names: laid out once, filled in often.

    Says letter by letter what ``canonical`` says, in a fraction of the time.
    """

    def __init__(self, names: Sequence[str]) -> None:
        order = sorted(range(len(names)), key=names.__getitem__)
        self._slots = [(f"{_encode(names[place])}:", place) for place in order]

    def text(self, values: Sequence[Any]) -> str:
        """One entry, its values in the order of the names."""
        write = _WRITE
        parts = [
            slot + write.get(type(values[place]), _encode)(values[place])
            for slot, place in self._slots
        ]
        return f"{{{','.join(parts)}}}"
