"""The Standard Industrial Classification 2007: codes, descriptions, and finding one by a word."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import yaml

from portal.programme.rules.settings import DATA

_WORD = re.compile(r"[^\W_]+")
_IGNORED = frozenset({"and", "of", "the", "in", "for", "a", "an", "or", "by", "to", "n", "e", "c"})
CODE_LENGTH = 5
_MAX_QUERY = 100


@dataclass(frozen=True, slots=True)
class SicCode:
    """One class of activity: five digits and its official description."""

    code: str
    description: str


def normalise_sic(text: str) -> str | None:
    """A code as typed or published, as five digits; None when it cannot be one.

    Registers drop the leading nought of divisions 01 to 09 ("1470" is 01470) and write "1" where
    the activity is unknown.
    """
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit()) or not 4 <= len(digits) <= CODE_LENGTH:  # noqa: PLR2004
        return None
    return digits.zfill(CODE_LENGTH)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text[:_MAX_QUERY].casefold())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return [_stem(word) for word in _WORD.findall(plain) if word not in _IGNORED]


def _stem(word: str) -> str:
    # "hotels" and "hotel", "nurseries" and "nursery" are one word to somebody who searches.
    if len(word) > 4 and word.endswith("ies"):  # noqa: PLR2004
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):  # noqa: PLR2004
        return word[:-1]
    return word


class SicList:
    """The list, searchable by code and by word."""

    def __init__(
        self, codes: Iterable[SicCode], everyday: Mapping[str, Iterable[str]] | None = None
    ) -> None:
        self._codes = {entry.code: entry for entry in codes}
        self._choices = [(e.code, f"{e.code} {e.description}") for e in self._codes.values()]
        phrases: dict[str, list[list[str]]] = {}
        for phrase, meant in (everyday or {}).items():
            for code in meant:
                if code not in self._codes:
                    raise ValueError(f"The everyday word {phrase!r} names no SIC code: {code}")
                phrases.setdefault(code, []).append(_words(phrase))
        self._everyday = phrases
        self._described = [(entry, _words(entry.description)) for entry in self._codes.values()]

    def __len__(self) -> int:
        return len(self._codes)

    def __contains__(self, code: object) -> bool:
        return code in self._codes

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Every code with its code and description in words, for a form."""
        return self._choices

    def get(self, code: str) -> SicCode | None:
        """The entry of a five-digit code."""
        return self._codes.get(code)

    def describe(self, code: str) -> str:
        """The description of a code, or words that say it is not in the list."""
        entry = self._codes.get(code)
        return entry.description if entry else "Not in the SIC 2007 list"

    def search(self, text: str, *, limit: int = 20) -> list[SicCode]:
        """Entries that fit what was typed, best first: by code, by word, by everyday word."""
        digits = "".join(text[:_MAX_QUERY].split())
        if digits.isascii() and digits.isdigit():
            return [entry for code, entry in self._codes.items() if code.startswith(digits)][:limit]
        wanted = _words(text)
        if not wanted:
            return []
        scored = [
            (score, entry.code, entry)
            for entry, described in self._described
            if (score := self._score(wanted, entry.code, described))
        ]
        scored.sort(key=lambda found: (-found[0], found[1]))
        return [entry for _score, _code, entry in scored[:limit]]

    def _score(self, wanted: list[str], code: str, described: list[str]) -> int:
        for phrase in self._everyday.get(code, ()):
            if wanted == phrase:
                return 1000
            if len("".join(wanted)) > 2 and " ".join(phrase).startswith(" ".join(wanted)):  # noqa: PLR2004
                return 500
        whole = sum(word in described for word in wanted)
        begun = sum(any(d.startswith(word) for d in described) for word in wanted)
        if begun < len(wanted):
            return 0
        leads = described[:1] and described[0].startswith(wanted[0])
        return 100 + 20 * whole + 10 * bool(leads) - min(len(described), 9)


@cache
def load_sic() -> SicList:
    """The list that comes with the portal, read once a process."""
    with (DATA / "sic-2007.csv").open(encoding="utf-8-sig", newline="") as handle:
        codes = [SicCode(row["code"], row["description"]) for row in csv.DictReader(handle)]
    everyday = yaml.safe_load((DATA / "everyday-words.yaml").read_text(encoding="utf-8"))
    return SicList(codes, everyday)
