"""Finding a misspelt word: neighbours by deleted letters, then a true distance.

Two words that differ by one letter added, dropped, changed or swapped near their beginning share a
form with one letter deleted. So each stem (the first letters of a known word) is stored under its
deletions, and a misspelt word is looked up under its own. What comes back is checked by distance.
"""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz.distance import OSA

STEM_LENGTH = 6
SHORTEST = 3
LONGEST = 30
_LONG_WORD = 6


def stem(word: str) -> str:
    """The beginning of a word under which it is found."""
    return word[:STEM_LENGTH]


def deletions(word: str) -> set[str]:
    """The stem of a word, and the stem with each one letter left out."""
    start = word[:STEM_LENGTH]
    return {start, *(start[:i] + start[i + 1 :] for i in range(len(start)))}


def worth_indexing(word: str) -> bool:
    """Whether a word can be misspelt: letters, neither very short nor absurdly long."""
    return SHORTEST <= len(word) <= LONGEST and not word.isdigit()


def allowed_distance(word: str) -> int:
    """How many slips a word of this length may hold."""
    return 1 if len(word) < _LONG_WORD else 2


def nearest(word: str, known: Iterable[str], *, limit: int = 6) -> list[str]:
    """Known words within the distance allowed, nearest first; also as the beginning of one."""
    most = allowed_distance(word)
    found: list[tuple[float, int, str]] = []
    for candidate in set(known):
        distance = OSA.distance(word, candidate, score_cutoff=most)
        if distance > most and len(candidate) > len(word):
            # Still being typed: compare with the candidate's beginning, at a small price.
            start = min(
                OSA.distance(word, candidate[: len(word) + shift], score_cutoff=most)
                for shift in (-1, 0, 1)
            )
            if start <= most:
                found.append((start + 0.5, len(candidate), candidate))
        elif distance <= most:
            found.append((distance, len(candidate), candidate))
    found.sort()
    return [candidate for _distance, _length, candidate in found[:limit]]
