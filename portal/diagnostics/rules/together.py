"""Who took part in answering: an adviser beside the employer's own people."""

from __future__ import annotations

from collections.abc import Collection

from portal.diagnostics.rules.merge import Document
from portal.kernel.result import Problem

NOT_THEIRS = Problem(
    "not_together",
    "No adviser answered anything in this diagnostic. Go through the answers together instead",
)


def people_in(document: Document) -> tuple[int, ...]:
    """The people whose answers stand in a document, in the order of the questions stored."""
    found: dict[int, None] = {}
    for entry in document.values():
        kind, _, number = str(entry.get("by", "")).partition(":")
        if entry.get("v") is not None and kind == "user" and number.isdigit():
            found.setdefault(int(number))
    return tuple(found)


def may_say_together(document: Document, *, advisers: Collection[int]) -> Problem | None:
    """Whether a finished diagnostic was answered with an adviser: one of them gave an answer."""
    return None if set(people_in(document)) & set(advisers) else NOT_THEIRS
