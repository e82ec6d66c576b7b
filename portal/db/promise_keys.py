"""Keys of promised work that hold nobody's address.

A key outlives the rest of a promise by years, so that nothing is sent twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256


def key_for(stem: str, email: str) -> str:
    """A unique key for somebody's mail; ``stem`` says what the mail is about.

    Its mark is that of address and stem together: a person's keys cannot be told to be theirs by
    laying them side by side. Whoever guesses the address can still find it.
    """
    mark = sha256(f"{stem}:{email.strip().lower()}".encode()).hexdigest()[:32]
    return f"{stem}:{mark}"


def refuse_addresses(keys: Iterable[str]) -> None:
    """Notice a key that holds an address.

    Raises:
        ValueError: when one does.
    """
    if any("@" in key for key in keys):
        raise ValueError("A unique key holds an address: use key_for")
