"""What a question to the library asks for, and how well a resource answers it.

A question is a few words. Each may be found as it was typed or in another form, as another word
for it, or, the last one, as the beginning of a word. The index says of each resource in which of
its places each of these was found; the sum of their weights is its score.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import reduce
from operator import or_
from typing import Final

from portal.toolkit.rules.search_words import (
    STOP_WORDS,
    Phrase,
    grouped,
    phrase_of,
    stem,
    synonyms,
    words,
)

LONGEST_QUESTION: Final = 200
MOST_WORDS: Final = 6
SHORTEST_BEGINNING: Final = 2
_MOST_OTHERS: Final = 12
_MOST_SPELLINGS: Final = 3


class Place(IntEnum):
    """Where in a resource a word was found."""

    TITLE = 0
    SUMMARY = 1
    HEADINGS = 2
    BODY = 3

    @property
    def letter(self) -> str:
        """What stands before the words of this place in the index."""
        return "abcd"[self.value]


class How(IntEnum):
    """As what a word was found."""

    TYPED = 0
    OTHER = 1
    BEGINNING = 2


WEIGHTS: Final[Mapping[Place, int]] = {
    Place.TITLE: 80,
    Place.SUMMARY: 30,
    Place.HEADINGS: 15,
    Place.BODY: 5,
}
# In per cent: what was typed counts most.
_SHARES: Final[Mapping[How, int]] = {How.TYPED: 100, How.OTHER: 60, How.BEGINNING: 40}


@dataclass(frozen=True, slots=True)
class Sought:
    """One word of the question (or a phrase), as stems; ``others`` are other words for it.

    ``beginning`` is set for the last word, which may be the beginning of one. ``mistyped`` are
    words of the library that were probably meant by one that it does not hold.
    """

    typed: str
    phrase: Phrase
    others: tuple[tuple[str, Phrase], ...] = ()
    beginning: str = ""
    mistyped: tuple[str, ...] = ()

    def phrases(self, how: How) -> tuple[Phrase, ...]:
        """The phrases that find it in one of the ways; none where that way does not apply."""
        if how is How.TYPED:
            return (self.phrase, *(phrase_of(word) for word in self.mistyped))
        return tuple(phrase for _said, phrase in self.others) if how is How.OTHER else ()


@dataclass(frozen=True, slots=True)
class Branch:
    """One look-up in the index: a word, one way to find it, one place."""

    number: int
    sought: Sought
    how: How
    place: Place


def read_question(question: str) -> tuple[Sought, ...]:
    """The words that are looked for; none where nothing tells one resource from another.

    At most 200 characters and six words are read. Anything may be typed.
    """
    asked = words(question[:LONGEST_QUESTION])
    typed = [word for word in asked if word not in STOP_WORDS]
    found = [_sought(some) for some in grouped(typed)][:MOST_WORDS]
    # Somebody may still be typing the last word, unless a space or a full stop ends it.
    open_end = question[:LONGEST_QUESTION][-1:].isalnum()
    last = asked[-1] if asked else ""
    if found and open_end and last == typed[-1] and len(last) >= SHORTEST_BEGINNING:
        found[-1] = replace(found[-1], beginning=last)
    return tuple(found)


def _sought(some: Sequence[str]) -> Sought:
    phrase = tuple(stem(word) for word in some)
    return Sought(" ".join(some), phrase, synonyms().get(phrase, ())[:_MOST_OTHERS])


def respelled(sought: Sought, near: Iterable[str]) -> Sought:
    """The same word, looked for as known words near it in spelling, and their other words."""
    meant = tuple(near)[:_MOST_SPELLINGS]
    if not meant:
        return sought
    others = synonyms().get(phrase_of(meant[0]), ())[:_MOST_OTHERS]
    return replace(sought, mistyped=meant, others=others)


def branches(sought: Sequence[Sought]) -> list[Branch]:
    """Every look-up that a question needs."""
    found: list[Branch] = []
    for number, one in enumerate(sought):
        for how in How:
            if not one.phrases(how) and not (how is How.BEGINNING and one.beginning):
                continue
            # In a whole text some other word for nearly anything is found somewhere.
            places = tuple(Place)[:-1] if how is How.OTHER else tuple(Place)
            found += [Branch(number, one, how, place) for place in places]
    return found


@dataclass(frozen=True, slots=True)
class Alike:
    """Resources that were found alike: which they are, how many words they hold, their score.

    ``members`` is a set of places in the library's order, as the bits of a number.
    """

    members: int
    words: int
    score: int


def ranked(hits: Sequence[int], looked_up: Sequence[Branch]) -> list[Alike]:
    """Everything that was found, best first, in groups of the same score.

    ``hits`` holds for each look-up what it found, as the bits of a number. Each word counts in
    each place once, as the best of the ways in which it was found there.
    """
    groups: list[tuple[int, tuple[int, ...]]] = [(reduce(or_, hits, 0), ())]
    for place, found in enumerate(hits):
        split = []
        for members, how in groups:
            if inside := members & found:
                split.append((inside, (*how, place)))
            if outside := members & ~found:
                split.append((outside, how))
        groups = split
    by_rank: dict[tuple[int, int], int] = {}
    for members, how in groups:
        rank = _rank([looked_up[place] for place in how])
        by_rank[rank] = by_rank.get(rank, 0) | members
    return [Alike(by_rank[rank], *rank) for rank in sorted(by_rank, reverse=True) if by_rank[rank]]


def _rank(hit: Sequence[Branch]) -> tuple[int, int]:
    best: dict[tuple[int, Place], int] = {}
    for branch in hit:
        weight = WEIGHTS[branch.place] * _SHARES[branch.how]
        cell = (branch.number, branch.place)
        best[cell] = max(best.get(cell, 0), weight)
    return len({number for number, _place in best}), sum(best.values())


def not_found(hits: Sequence[int], looked_up: Sequence[Branch]) -> set[int]:
    """Numbers of the words that nothing holds, in any of the ways in which they are looked for."""
    found = {branch.number for branch, hit in zip(looked_up, hits, strict=True) if hit}
    return {branch.number for branch in looked_up} - found


def also_looked_for(
    sought: Sequence[Sought], hits: Sequence[int], looked_up: Sequence[Branch], shown: int
) -> list[str]:
    """Other words that stand for those typed, where some of what is shown was found by them."""
    used = {
        branch.number
        for branch, hit in zip(looked_up, hits, strict=True)
        if branch.how is How.OTHER and hit & shown
    }
    said = [word for number in sorted(used) for word, _phrase in sought[number].others]
    return list(dict.fromkeys(said))


def members(bits: int, *, skip: int, limit: int) -> list[int]:
    """The places that a set holds, lowest first, from one on."""
    found: list[int] = []
    while bits and len(found) < limit:
        lowest = bits & -bits
        bits ^= lowest
        if skip:
            skip -= 1
        else:
            found.append(lowest.bit_length() - 1)
    return found
