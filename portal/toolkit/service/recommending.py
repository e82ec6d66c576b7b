"""What an employer might read next, because of what it answered in its diagnostic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from portal.toolkit.queries import library
from portal.toolkit.queries.library import Card
from portal.toolkit.rules.recommending import EMPLOYERS_SIDE, Because, Gap, gaps, gaps_of

MOST: Final = 12
_MOST_REASONS: Final = 3


@dataclass(frozen=True, slots=True)
class Recommended:
    """A resource, and the answers for which it is recommended, the widest gap first."""

    card: Card
    because: tuple[Because, ...]


def recommended(
    result: Mapping[str, Any], *, sector: str | None, size: str | None, limit: int = MOST
) -> list[Recommended]:
    """Resources for the gaps of a diagnostic's frozen result, those for the widest gaps first.

    Every gap has its best resource before any has a second one, so that one weak area does not
    fill the whole list.
    """
    wide = gaps(result)
    return _for_gaps(wide, _by_practice(wide, sector, size))[:limit]


def for_actions(
    because: Mapping[str, Iterable[Mapping[str, str]]],
    *,
    sector: str | None,
    size: str | None,
    limit: int,
) -> dict[str, list[Card]]:
    """Resources for each action of a plan, by the answers that it rests on."""
    wide = {reference: gaps_of(lines) for reference, lines in because.items()}
    by_practice = _by_practice([gap for some in wide.values() for gap in some], sector, size)
    found = {
        reference: [one.card for one in _for_gaps(some, by_practice)[:limit]]
        for reference, some in wide.items()
    }
    return {reference: cards for reference, cards in found.items() if cards}


def _by_practice(
    wide: Iterable[Gap], sector: str | None, size: str | None
) -> dict[str, list[Card]]:
    wanted = {practice for gap in wide for practice in gap.practices}
    return library.cards_by_practice(
        sorted(wanted), sector=sector, size=size, audiences=EMPLOYERS_SIDE
    )


def _for_gaps(wide: Sequence[Gap], by_practice: Mapping[str, list[Card]]) -> list[Recommended]:
    reasons: dict[int, list[Because]] = {}
    weight: dict[int, int] = {}
    cards: dict[int, Card] = {}
    of_gap: list[list[int]] = []
    for gap in wide:
        here = {card.id: card for key in sorted(gap.practices) for card in by_practice.get(key, ())}
        cards |= here
        for key in here:
            reasons.setdefault(key, []).append(gap.because)
            weight[key] = weight.get(key, 0) + gap.weight
        of_gap.append(list(here))
    ranked = [
        sorted(keys, key=lambda key: (-weight[key], cards[key].title, key)) for keys in of_gap
    ]
    return [
        Recommended(cards[key], tuple(reasons[key][:_MOST_REASONS])) for key in _in_turns(ranked)
    ]


def _in_turns(ranked: Sequence[Sequence[int]]) -> list[int]:
    """The first of each list, then the next that is not there yet of each, and so on."""
    found: dict[int, None] = {}
    rest = [list(keys) for keys in ranked]
    while any(rest):
        for keys in rest:
            while keys and keys[0] in found:
                keys.pop(0)
            if keys:
                found[keys.pop(0)] = None
    return list(found)
