"""Who is counted as a reader: people, once a day for each resource, and nobody by name.

A visitor's mark is made of a secret of that day; when the day is over the secret and the marks are
removed, and only sums are left. No cookie is set. Address and browser are never kept.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import date

# A link that is followed is not a resource that was read.
OF_RESOURCES = frozenset({"view", "download", "completion"})
_PREFETCHES = ("prefetch", "prerender", "preview")


def fingerprint(secret: str, day: date, *, address: str, agent: str) -> str:
    """A browser on a day, without its address: what travels to the worker."""
    said = f"{day.isoformat()}|{address}|{agent}"
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()


def mark(salt: str, fingerprint_: str) -> str:
    """The same, tied to the day's secret: what is kept until the day is over."""
    return hashlib.sha256(f"{salt}|{fingerprint_}".encode()).hexdigest()


def is_ahead_of_reading(*purposes: str) -> bool:
    """Whether a browser fetches a page that nobody has opened yet, by its purpose headers."""
    return any(word in purpose.lower() for purpose in purposes for word in _PREFETCHES)
