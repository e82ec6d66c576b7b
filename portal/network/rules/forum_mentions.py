"""Who is mentioned in a post: ``@`` and a name, of people who write in the same place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

# Not inside an e-mail address or a link.
_AT: Final = re.compile(r"(?<![\w.@/+-])@(?=\w)")


def how_many(body: str) -> int:
    """How many mentions a text has, known names or not."""
    return len(_AT.findall(body))


def mentioned(body: str, people: Iterable[tuple[int, str]]) -> frozenset[int]:
    """Keys of the people whose names stand behind an ``@``, the longest name that fits.

    "@Olive Example", "@olive.example" and "@OliveExample" mean one person. Of two people with the
    same name the first is meant.
    """
    known: dict[str, int] = {}
    for key, name in people:
        known.setdefault(_pattern(name), key)
    found = set()
    for at in _AT.finditer(body):
        rest = body[at.end() : at.end() + 200]
        fits = [
            (len(match[0]), key)
            for pattern, key in known.items()
            if pattern and (match := re.match(pattern, rest, re.IGNORECASE))
        ]
        if fits:
            found.add(max(fits)[1])
    return frozenset(found)


def _pattern(name: str) -> str:
    words = re.findall(r"\w+", name)
    return r"[ \t._'\u2019-]{0,2}".join(map(re.escape, words)) + r"(?!\w)" if words else ""
