"""Files as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

# What stands in place of a key whose file was deleted because its time was over.
REMOVED_KEY: Final = "removed/"
REMOVED_WORDS: Final = (
    "This file was deleted when its time was over. Its name is gone; its hash and day are kept"
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was judged and is in storage, before anything points at it.

    ``size`` is in bytes, ``sha256`` in hexadecimal; ``key`` is where it is stored.
    """

    name: str
    media_type: str
    size: int
    sha256: str
    key: str
