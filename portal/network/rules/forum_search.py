"""What the forum's search keeps of a post, and what it shows of one it has found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from portal.toolkit.rules.search import Sought
from portal.toolkit.rules.search_words import indexed, stem, words

# What stands before the words of a thread's title, and before those of a post.
TITLE: Final = "a"
BODY: Final = "b"
_SHOWN: Final = 240
_MORE: Final = "\u2026"


def entry(title: str, body: str) -> str:
    """What the index holds of a post: its words and their stems. ``body`` is plain text."""
    return indexed({TITLE: title, BODY: body})


def excerpt(body: str, sought: Sequence[Sought]) -> str:
    """The part of a plain text where the first word of a question stands, or its beginning."""
    if len(body) <= _SHOWN:
        return body
    wanted = {one for part in sought for one in part.phrase}
    begun = tuple(part.beginning for part in sought if part.beginning)
    at = 0
    for found in re.finditer(r"[^\W_]+(?:['\u2019][^\W_]+)?", body):
        said = words(found[0])
        if any(stem(word) in wanted or (begun and word.startswith(begun)) for word in said):
            at = found.start()
            break
    start = max(0, at - _SHOWN // 3)
    if start:
        start = body.find(" ", start) + 1 or start
    part = body[start : start + _SHOWN]
    if start + _SHOWN < len(body):
        part = part.rpartition(" ")[0] or part
    before, after = start > 0, start + _SHOWN < len(body)
    return f"{_MORE + ' ' if before else ''}{part}{' ' + _MORE if after else ''}"
