"""Erasure: what is said of what goes and of what must stay."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from portal.governance.rules.holdings import TableHolding
from portal.governance.rules.retention import classes

# UK GDPR article 12(3): without undue delay and in any event within one month.
MONTHS_TO_ANSWER: Final = 1
KIND_WORDS: Final = {
    "person": "A person with an account",
    "contact": "A person without an account",
    "employer": "A business",
}


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of one kind; ``why`` says why they stay, and until when."""

    table: str
    about: str
    count: int
    why: str = ""


@dataclass(slots=True)
class Preview:
    """What would go, what must stay and why, what stands in the way, what to look at by hand."""

    going: list[Part] = field(default_factory=list)
    staying: list[Part] = field(default_factory=list)
    blocked: list[str] = field(default_factory=list)
    mentions: list[Part] = field(default_factory=list)

    @property
    def went(self) -> dict[str, int]:
        """Counts of what goes, by table."""
        return _summed(self.going)

    @property
    def stayed(self) -> dict[str, int]:
        """Counts of what stays, by table."""
        return _summed(self.staying)


def _summed(parts: Iterable[Part]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for part in parts:
        counts[part.table] = counts.get(part.table, 0) + part.count
    return counts


def in_words(seen: Preview) -> str:
    """What an erasure took and left, for the person who asked: a line each."""
    gone = "; ".join(f"{part.about} ({_records(part.count)})" for part in seen.going)
    lines = [f"Erased: {gone}." if gone else "Nothing was held that could be erased."]
    if seen.staying:
        lines.append("This has to stay for now:")
        lines += [f"{part.about} ({_records(part.count)}). {part.why}" for part in seen.staying]
    return "\n".join(lines)


def _records(count: int) -> str:
    return "1 record" if count == 1 else f"{count:,} records"


def stays_until(holding: TableHolding, months: int | None) -> str:
    """Why proof of public money stays although somebody asks, and until when."""
    one = classes()[holding.retention]
    if months is None:
        return f"{one.why} (UK GDPR article 17(3)(b) and (e).)"
    return f"It goes {months} months after {one.counts_from}. {one.why} (Article 17(3)(b) and (e).)"


def due_on(asked_on: date) -> date:
    """The last day for an answer: the same day of the next month, or that month's last day."""
    year, month = divmod(asked_on.year * 12 + asked_on.month - 1 + MONTHS_TO_ANSWER, 12)
    return date(year, month + 1, min(asked_on.day, monthrange(year, month + 1)[1]))
