"""What businesses say about their practice, challenges and support needs, and its themes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.kernel.result import Problem
from portal.toolkit.rules.words import CONVERSATIONS, DIMENSIONS, SIZES, TITLE_LENGTH

TEXT_LENGTH: Final = 4000
BUSINESS_LENGTH: Final = 160
# file 004, Strand 2: "discussions with businesses about their practice, challenges and support
# needs".
PARTS: Final[Mapping[str, str]] = {
    "practice": "What they do now",
    "challenge": "What is hard for them",
    "support_need": "What would help them",
}


@dataclass(frozen=True, slots=True)
class InsightDetails:
    """A discussion as it is typed. With an employer's record its name and facts are taken."""

    held_on: date
    how: str
    business: str = ""
    sector: str = ""
    size_tier: str = ""
    practice: str = ""
    challenge: str = ""
    support_need: str = ""
    may_quote: bool = False
    themes: tuple[str, ...] = ()


def faults(details: InsightDetails, *, day: date, named: bool) -> list[Problem]:
    """Everything that stands in the way of keeping it; ``named`` by an employer's record."""
    found = []
    if details.held_on > day:
        found.append(Problem("future", "The discussion has not been yet: check the day", "held_on"))
    if details.how not in CONVERSATIONS:
        found.append(Problem("how", "Choose how you talked", "how"))
    if not named and not details.business.strip():
        found.append(Problem("business", "Enter the name of the business", "business"))
    if len(details.business) > BUSINESS_LENGTH:
        found.append(Problem("business", "Shorten the name of the business", "business"))
    if not named and not details.sector:
        found.append(Problem("sector", "Choose a sector", "sector"))
    if details.size_tier and details.size_tier not in SIZES:
        found.append(Problem("size", "Choose a size", "size_tier"))
    texts = [getattr(details, part).strip() for part in PARTS]
    if not any(texts):
        found.append(Problem("empty", "Write down at least one thing they said", "practice"))
    for part, text in zip(PARTS, texts, strict=True):
        if len(text) > TEXT_LENGTH:
            found.append(Problem("too_long", f"Use at most {TEXT_LENGTH:,} characters", part))
    return found


def theme_faults(title: str, about: str, dimension: str) -> list[Problem]:
    """What is wrong with a theme."""
    found = []
    if not 1 <= len(title.strip()) <= TITLE_LENGTH:
        found.append(Problem("title", "Enter a title", "title"))
    if len(about) > TEXT_LENGTH:
        found.append(Problem("about", f"Use at most {TEXT_LENGTH:,} characters", "about"))
    if dimension and dimension not in DIMENSIONS:
        found.append(Problem("dimension", "Choose a dimension from the list", "dimension"))
    return found


def spread(values: Iterable[str | None], words: Mapping[str, str]) -> list[tuple[str, int]]:
    """How often each value is there, in words, the most frequent first."""
    counts = Counter(words.get(value or "", "Not known") for value in values)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))
