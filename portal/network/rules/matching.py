"""Who may help whom, how well they fit, and why: pure, so that each claim can be tested.

A reason is a fact about two employers. It is said to one of them only as far as the other has
agreed to it, and never with a score: see ``told_to``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from portal.kernel.result import Problem
from portal.network.rules.neighbours import Pairs
from portal.toolkit.rules.words import DIMENSIONS, SECTORS, SIZES

# What an employer may let us say of it to somebody it could be matched with.
SAYS: Final[Mapping[str, str]] = {
    "sector": "Your sector, where it is theirs too",
    "size": "Your size, where it is theirs too",
    "district": "Your district, where it is theirs too or beside it",
    "diagnostic": "That your latest diagnostic is strong, or has a gap, in the subject",
}
# Scores of the diagnostic run from 0 to 100. Between the two a subject is neither.
STRONG_FROM: Final = 65
WEAK_TO: Final = 45
WEIGHTS: Final[Mapping[str, int]] = {
    "gap": 40,
    "strong": 20,
    "sector": 30,
    "size": 15,
    "district": 15,
    "near": 8,
}
# The reasons in the order in which they are said, and what must be agreed to say each.
AGREED_BY: Final[Mapping[str, str]] = {
    "gap": "diagnostic",
    "strong": "diagnostic",
    "sector": "sector",
    "size": "size",
    "district": "district",
    "near": "district",
}
COMPETITORS: Final = Problem(
    "competitors", "One of the two has declared the other as a competitor, so they are not matched"
)
SAME: Final = Problem("same", "An employer is not matched with itself")
NOT_OFFERED: Final = Problem("not_offered", "This employer does not offer help with the subject")
PAUSED: Final = Problem("paused", "This employer's offer is paused")
FULL: Final = Problem("full", "This employer has as many matches as it can take")
TRIED: Final = Problem("tried", "This employer was proposed for the request before")
Competing = Collection[frozenset[int]]


@dataclass(frozen=True, slots=True)
class Side:
    """What matching knows of an employer; ``scores`` are those of its latest diagnostic."""

    employer_id: int
    sector: str
    size: str | None
    district: str
    scores: Mapping[str, int]
    says: frozenset[str]

    def is_strong(self, topic: str) -> bool:
        """Whether its latest diagnostic is strong in a subject."""
        return self.scores.get(topic, -1) >= STRONG_FROM

    def is_weak(self, topic: str) -> bool:
        """Whether its latest diagnostic has a gap in a subject."""
        return topic in self.scores and self.scores[topic] <= WEAK_TO


@dataclass(frozen=True, slots=True)
class Ask:
    """A request: who asks, about what, and who was proposed for it before."""

    request_id: int
    topic: str
    by: Side
    tried: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Helper:
    """An offer: who helps with what, how many at a time, and how many that are now."""

    by: Side
    topics: frozenset[str]
    capacity: int
    standing: int = 0
    is_paused: bool = False
    is_champion: bool = True

    @property
    def places(self) -> int:
        """How many more it can take; 0 when it has more than it can."""
        return max(0, self.capacity - self.standing)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A helper for a request, with the reasons that make the score."""

    ask: Ask
    helper: Helper
    reasons: tuple[str, ...]
    score: int


def why_not(ask: Ask, helper: Helper, *, competing: Competing) -> Problem | None:
    """What stands against a match, if anything does."""
    one, other = ask.by.employer_id, helper.by.employer_id
    if one == other:
        return SAME
    if frozenset({one, other}) in competing:
        return COMPETITORS
    if ask.topic not in helper.topics:
        return NOT_OFFERED
    if other in ask.tried:
        return TRIED
    if helper.is_paused:
        return PAUSED
    return FULL if helper.places == 0 else None


def reasons_for(topic: str, asker: Side, helper: Side, *, beside: Pairs) -> tuple[str, ...]:
    """Why the two fit: each a fact about both, as ``kind:value``, so that it stays as it was."""
    facts = {
        "gap": (helper.is_strong(topic) and asker.is_weak(topic), topic),
        "strong": (helper.is_strong(topic) and not asker.is_weak(topic), topic),
        "sector": (asker.sector == helper.sector and asker.sector in SECTORS, asker.sector),
        "size": (asker.size == helper.size and asker.size in SIZES, asker.size),
        "district": (
            asker.district == helper.district and asker.district not in {"", "outside"},
            asker.district,
        ),
        "near": (frozenset({asker.district, helper.district}) in beside, ""),
    }
    return tuple(f"{kind}:{facts[kind][1]}" for kind in AGREED_BY if facts[kind][0])


def score_of(reasons: Iterable[str]) -> int:
    """How well two fit, by the reasons."""
    return sum(WEIGHTS[kind_of(reason)] for reason in reasons)


def kind_of(reason: str) -> str:
    """The kind of a reason."""
    return reason.partition(":")[0]


def suggest(
    ask: Ask, helpers: Iterable[Helper], *, competing: Competing, beside: Pairs
) -> list[Suggestion]:
    """Every helper that may be matched with a request, the best first.

    The same helpers give the same order however they come: by score, champions before others, who
    has the larger share of places free, and the older record.
    """
    found = []
    for helper in helpers:
        if why_not(ask, helper, competing=competing) is not None:
            continue
        reasons = reasons_for(ask.topic, ask.by, helper.by, beside=beside)
        found.append(Suggestion(ask, helper, reasons, score_of(reasons)))
    return sorted(found, key=_rank)


def _rank(one: Suggestion) -> tuple[int, bool, float, int]:
    helper = one.helper
    return (
        -one.score,
        not helper.is_champion,
        helper.standing / max(1, helper.capacity),
        helper.by.employer_id,
    )


def allot(
    asks: Sequence[Ask], helpers: Iterable[Helper], *, competing: Competing, beside: Pairs
) -> dict[int, Suggestion]:
    """One helper for each request, the first request served first, within everybody's capacity."""
    free = {helper.by.employer_id: helper for helper in helpers}
    given: dict[int, Suggestion] = {}
    for ask in asks:
        best = next(iter(suggest(ask, free.values(), competing=competing, beside=beside)), None)
        if best is None:
            continue
        given[ask.request_id] = best
        key = best.helper.by.employer_id
        free[key] = replace(best.helper, standing=best.helper.standing + 1)
    return given


# What is said -----------------------------------------------------------------------------------

_TO_STAFF: Final[Mapping[str, str]] = {
    "gap": "The latest diagnostic of the helper is strong in {topic}, where the asker has a gap",
    "strong": "The latest diagnostic of the helper is strong in {topic}",
    "sector": "Both are in {sector}",
    "size": "Both have {size}",
    "district": "Both are in the district {district}",
    "near": "Their districts lie beside each other",
}
_TO_ASKER: Final[Mapping[str, str]] = {
    "gap": "Their latest diagnostic is strong in {topic}, where yours has a gap",
    "strong": "Their latest diagnostic is strong in {topic}",
    "sector": "They are in {sector}, as you are",
    "size": "They have {size}, as you do",
    "district": "They are in your district, {district}",
    "near": "Their district lies beside yours",
}
_TO_HELPER: Final[Mapping[str, str]] = {
    **_TO_ASKER,
    "gap": "Your latest diagnostic is strong in {topic}, where theirs has a gap",
}


def told_to(
    side: str,
    reasons: Iterable[str],
    *,
    other_says: Collection[str],
    districts: Mapping[str, str],
) -> list[str]:
    """The reasons as sentences for a side: "asker", "champion" or "staff".

    ``other_says`` is what the other side has agreed to; staff are told every reason.
    ``districts`` has their names.
    """
    words = {"staff": _TO_STAFF, "asker": _TO_ASKER, "champion": _TO_HELPER}[side]
    return [
        _sentence(words[kind_of(reason)], reason, districts)
        for reason in reasons
        if side == "staff" or _may_say(side, kind_of(reason), other_says)
    ]


def _may_say(side: str, kind: str, other_says: Collection[str]) -> bool:
    # That the reader itself is strong is no news of the other.
    return AGREED_BY[kind] in other_says and not (side == "champion" and kind == "strong")


def _sentence(words: str, reason: str, districts: Mapping[str, str]) -> str:
    value = reason.partition(":")[2]
    return words.format(
        topic=lower_first(DIMENSIONS.get(value, value)),
        sector=lower_first(SECTORS.get(value, value)),
        size=SIZES.get(value, value),
        district=districts.get(value, value),
    )


def lower_first(words: str) -> str:
    """The same words inside a sentence."""
    return words[:1].lower() + words[1:]
