"""Slow hashes are worked out before the write transaction begins, and found again inside it.

A password hash takes a quarter of a second on purpose. Taken inside the transaction it would hold
the one writer of an embedded database for all that time, and fifty people could not save.
"""

from __future__ import annotations

from typing import Any

from flask import g, has_request_context

_STORE = "account_prepared_hashes"
# The sign-in library hashes this where there is nothing to hash; our own work before the
# transaction already takes as long whether or not an account exists.
_PRETEND = "not-a-password"
_LONGEST = 4096


def is_worth_hashing(secret: str) -> bool:
    """Whether this can be anybody's password: the library fails on a longer one."""
    return 0 < len(secret) <= _LONGEST


class PreparedContext:
    """A password context that works out each answer once a request."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def hash(self, secret: str, **options: Any) -> str:
        """The hash to store for a new password."""
        if secret == _PRETEND:
            return ""
        if not is_worth_hashing(secret):
            return ""
        store = _store()
        key = ("hash", secret)
        if key not in store:
            store[key] = self._context.hash(secret, **options)
        hashed: str = store[key]
        return hashed

    def verify(self, secret: str, hashed: str | None) -> bool:
        """Whether this is the password behind the stored hash."""
        if not is_worth_hashing(secret):
            return False
        store = _store()
        key = ("verify", secret, hashed)
        if key not in store:
            store[key] = bool(self._context.verify(secret, hashed))
        matches: bool = store[key]
        return matches

    def spare(self, secret: str) -> None:
        """Do no work for this one later in the request either."""
        _store()["hash", secret] = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)


def _store() -> dict[tuple[Any, ...], Any]:
    if not has_request_context():
        return {}
    if _STORE not in g:
        setattr(g, _STORE, {})
    store: dict[tuple[Any, ...], Any] = getattr(g, _STORE)
    return store
