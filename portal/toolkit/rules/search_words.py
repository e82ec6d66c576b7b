"""Words as the library's search compares them: plain letters, their stems, and other words for it.

"Supervisors" and "supervisor" come to one stem; "rota" and "shift" are other words for one thing,
listed in ``data/synonyms.yaml``.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import snowballstemmer
import yaml

LONGEST_WORD: Final = 40
# In nearly every text and every question: they tell no two resources apart.
_COMMON: Final = """
a about all also am an and any are as at be because been but by can could did do does doing for
from get getting had has have having he her him his how i if in into is it its just let like m
make me more most much my need no not of on or our out please re s she should so some t than
that the their them then there these they this those to too us ve very want was we were what
when where which who whose why will with would you your
"""
STOP_WORDS: Final = frozenset(_COMMON.split())
_FILE: Final = Path(__file__).parent.parent / "data" / "synonyms.yaml"
_WORD: Final = re.compile(r"[^\W_]+")
_APOSTROPHES: Final = dict.fromkeys(map(ord, "'\u2018\u2019\u02bc\u00b4`\u2032"))
_local = threading.local()

Phrase = tuple[str, ...]


def words(text: str) -> list[str]:
    """Every word of a text in order: lower case, no accents, no apostrophes, at most 40 letters."""
    plain = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES).casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [word[:LONGEST_WORD] for word in _WORD.findall(plain)]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """What a word shares with its other forms (the Snowball stemmer for English)."""
    stemmer = getattr(_local, "stemmer", None)
    if stemmer is None:
        # It keeps the word it works on, so that each thread needs one of its own.
        stemmer = _local.stemmer = snowballstemmer.stemmer("english")
    return str(stemmer.stemWord(word))


def telling(text: str) -> list[str]:
    """The words of a text that tell it from others, in order."""
    return [word for word in words(text) if word not in STOP_WORDS]


def indexed(texts: Mapping[str, str]) -> str:
    """What the index holds of a resource's texts, each under the letter of its place.

    Each word and its stem stand there once for each place, behind that letter, between spaces. The
    words themselves are there so that the beginning of one finds it: "progressi" is the beginning
    of "progression", and not of its stem.
    """
    found: set[str] = set()
    for letter, text in texts.items():
        once = set(telling(text))
        found |= {letter + word for word in once | {stem(word) for word in once}}
    return " ".join(sorted(found))


@cache
def synonyms() -> Mapping[Phrase, tuple[tuple[str, Phrase], ...]]:
    """For each phrase, as stems: the other phrases for it, as they are written and as stems.

    Raises:
        ValueError: when a group of the file holds fewer than two phrases or an empty one.
    """
    groups: list[list[str]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return _by_phrase(groups)


def _by_phrase(groups: Iterable[Any]) -> Mapping[Phrase, tuple[tuple[str, Phrase], ...]]:
    found: dict[Phrase, dict[Phrase, str]] = {}
    for group in groups:
        written = {phrase_of(str(one)): str(one) for one in group}
        if len(written) < 2 or () in written:  # noqa: PLR2004 - a word and another for it
            raise ValueError(f"synonyms.yaml: {group!r} does not say one thing in two ways")
        for phrase in written:
            others = {other: said for other, said in written.items() if other != phrase}
            found.setdefault(phrase, {}).update(others)
    return {
        phrase: tuple((said, other) for other, said in others.items())
        for phrase, others in found.items()
    }


@cache
def _written() -> Mapping[str, frozenset[str]]:
    """Every word of the synonyms by its stem."""
    found: dict[str, set[str]] = {}
    for others in synonyms().values():
        for said, _phrase in others:
            for word in telling(said):
                found.setdefault(stem(word), set()).add(word)
    return {key: frozenset(some) for key, some in found.items()}


def is_word(word: str) -> bool:
    """Whether the synonyms know a word, or a form of it such as its plural, so that it is right."""
    return any(
        word.startswith(known) or known.startswith(word) for known in _written().get(stem(word), ())
    )


def phrase_of(text: str) -> Phrase:
    """A few words as their stems."""
    return tuple(stem(word) for word in telling(text))


@cache
def longest_phrase() -> int:
    """How many words the longest phrase of the synonyms has."""
    return max((len(phrase) for phrase in synonyms()), default=1)


def grouped(typed: Sequence[str]) -> list[tuple[str, ...]]:
    """Words typed, those together that are one phrase of the synonyms: "team leader", "rota"."""
    found, place = [], 0
    while place < len(typed):
        length = next(
            (
                size
                for size in range(min(longest_phrase(), len(typed) - place), 1, -1)
                if tuple(stem(word) for word in typed[place : place + size]) in synonyms()
            ),
            1,
        )
        found.append(tuple(typed[place : place + length]))
        place += length
    return found
