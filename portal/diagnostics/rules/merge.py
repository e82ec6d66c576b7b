"""Saving answers when two tabs or two people may be at work on the same diagnostic.

Each answer keeps the revision at which it last changed. A save says which revision its page was
drawn from; an answer that has changed since, to something else, is a clash and is not overwritten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Document = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Clash:
    """An answer somebody else changed meanwhile: the stored value, and by whom and when."""

    question: str
    theirs: Any
    yours: Any
    by: str
    at: str


@dataclass(frozen=True, slots=True)
class Merged:
    """The document after the save; ``changed`` names the answers that are different now."""

    document: dict[str, dict[str, Any]]
    revision: int
    changed: tuple[str, ...]
    clashes: tuple[Clash, ...]


def merge(
    document: Document,
    revision: int,
    given: Mapping[str, Any],
    *,
    seen: int,
    by: str,
    at: str,
) -> Merged:
    """Put the given answers into the document; ``None`` takes an answer back.

    ``seen`` is the revision the page was drawn from, ``at`` an ISO time in UTC. Answers that do
    not clash are saved even when others do, so nothing typed is lost.
    """
    merged = {key: dict(entry) for key, entry in document.items()}
    changed: list[str] = []
    clashes: list[Clash] = []
    for key, value in given.items():
        stored = merged.get(key)
        current = None if stored is None else stored["v"]
        if current == value:
            continue
        if stored is not None and stored["r"] > seen:
            clashes.append(Clash(key, current, value, str(stored["by"]), str(stored["at"])))
            continue
        # A withdrawn answer stays as an entry: its revision still guards against an old tab.
        merged[key] = {"v": value, "r": revision + 1, "at": at, "by": by}
        changed.append(key)
    return Merged(
        document=merged,
        revision=revision + 1 if changed else revision,
        changed=tuple(changed),
        clashes=tuple(clashes),
    )


def plain_values(document: Document) -> dict[str, Any]:
    """The values that are there, without who and when."""
    return {key: entry["v"] for key, entry in document.items() if entry["v"] is not None}
