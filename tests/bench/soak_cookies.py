"""Browsers' cookies in a soak: what an answer sets is sent from then on.

A session of staff ends an hour after the last thing asked for, and when that was stands in the
cookie: people who kept their first one would all be signed out when the hour is over.
"""

from __future__ import annotations

import re

_SENT = re.compile(rb"\r\nCookie: (session=[^;\r]+)")
_SET = re.compile(rb"\r\nSet-Cookie: (session=[^;\r]+)", re.IGNORECASE)


class Jar:
    """The newest cookie of each person, by the one they began with."""

    def __init__(self) -> None:
        self._newest: dict[bytes, bytes] = {}

    def dressed(self, request: bytes) -> bytes:
        """The request with the newest cookie in place of the first."""
        sent = _SENT.search(request)
        newest = self._newest.get(sent[1]) if sent else None
        if sent is None or newest is None:
            return request
        return request[: sent.start(1)] + newest + request[sent.end(1) :]

    def take(self, request: bytes, head: bytes) -> None:
        """Note what the answer to a request, as it was before it was dressed, sets."""
        sent, found = _SENT.search(request), _SET.search(head)
        if sent and found:
            self._newest[sent[1]] = found[1]
