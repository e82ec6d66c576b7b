"""Files as values."""

from __future__ import annotations

from dataclasses import dataclass


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
