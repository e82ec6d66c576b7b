"""Whether two descriptions mean the same employer, and how that is known.

Case, spaces, punctuation, "Ltd" and "Limited" never tell employers apart; a company number always
does where both have one; a postcode makes a similar name more telling.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rapidfuzz import fuzz

from portal.employers.rules.identifiers import normalise_company_number, normalise_postcode
from portal.employers.rules.names import joined_initials, match_name

CERTAIN: Final = 100
STRONG: Final = 85
WEAKEST: Final = 60
_SAME_NAME: Final = 95
_CLOSED_UP: Final = 93
_BEGINS: Final = 78
_CONTAINED: Final = 80
_NEAR: Final = 86
_NEAR_AT_SAME_PLACE: Final = 68
_LESS_ELSEWHERE: Final = 6
_ANOTHER_NUMBER: Final = 62
_SHORTEST_BEGINNING: Final = 4
# Names that are neither the same nor the same but for spaces are a strong likeness only when they
# are written as much alike as this: at one postcode three count more, and half a point rounds up.
LEAST_OF_STRONG: Final = STRONG - 3.5


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of an employer: its comparable names, its number and its postcode.

    ``numbers`` are those it has in other registers, or under another entry of the same.
    """

    names: tuple[str, ...]
    company_number: str | None = None
    postcode: str | None = None
    numbers: frozenset[str] = frozenset()

    @property
    def every_number(self) -> frozenset[str]:
        """All its numbers, whatever the register."""
        return self.numbers | ({self.company_number} if self.company_number else set())


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two employers are, from 60 to 100, and why, in a few words."""

    score: int
    why: str

    @property
    def is_strong(self) -> bool:
        """Whether it is very probably the same employer."""
        return self.score >= STRONG


def identity(*names: str | None, company_number: str = "", postcode: str = "") -> Identity:
    """An identity from words as typed; a number or postcode that is none is left out."""
    comparable = (match_name(name) for name in names if name)
    return Identity(
        tuple(dict.fromkeys(name for name in comparable if name)),
        normalise_company_number(company_number) if company_number.strip() else None,
        normalise_postcode(postcode) if postcode.strip() else None,
    )


def likeness(wanted: Identity, known: Identity) -> Likeness | None:
    """How like a known employer is to the one described; None when it is another one."""
    shared = wanted.every_number & known.every_number
    if shared:
        is_company = shared == {wanted.company_number} == {known.company_number}
        return Likeness(CERTAIN, "same company number" if is_company else "same number")
    same_place = bool(wanted.postcode) and wanted.postcode == known.postcode
    elsewhere = bool(wanted.postcode and known.postcode) and not same_place
    found = max(
        (_names(mine, theirs, same_place) for mine in wanted.names for theirs in known.names),
        key=lambda pair: pair[0],
        default=(0, ""),
    )
    score, why = found
    if not score:
        return None
    if wanted.company_number and known.company_number:
        # Two companies may share a name; only the same name is worth a look then.
        return (
            Likeness(_ANOTHER_NUMBER, f"{why}, but another company number")
            if (score >= _CLOSED_UP)
            else None
        )
    if same_place:
        return Likeness(min(score + 3, 99), f"{why} at the same postcode")
    if elsewhere:
        score -= _LESS_ELSEWHERE
        why = f"{why}, another postcode"
    return Likeness(score, why) if score >= WEAKEST else None


def _names(mine: str, theirs: str, same_place: bool) -> tuple[int, str]:  # noqa: FBT001 - a fact
    if mine == theirs:
        return _SAME_NAME, "same name"
    if _numbers(mine) != _numbers(theirs):
        # "Store 12" and "Store 14" are written alike and are two places.
        return 0, ""
    if _closed(mine) == _closed(theirs):
        return _CLOSED_UP, "same name but for spaces"
    ratio = max(fuzz.ratio(mine, theirs), fuzz.token_sort_ratio(mine, theirs))
    shorter, longer = sorted((set(mine.split()), set(theirs.split())), key=len)
    tests = (
        (ratio >= _NEAR, min(round(ratio), _CLOSED_UP - 1), "nearly the same name"),
        (len(mine) >= _SHORTEST_BEGINNING and theirs.startswith(mine), _BEGINS, "name begins so"),
        (len(shorter) > 1 and shorter < longer, _CONTAINED, "name has the same words"),
        (
            same_place and (ratio >= _NEAR_AT_SAME_PLACE or shorter < longer),
            max(_NEAR_AT_SAME_PLACE, round(ratio)),
            "similar name",
        ),
    )
    return next(((score, why) for holds, score, why in tests if holds), (0, ""))


def _numbers(name: str) -> frozenset[str]:
    return frozenset(word for word in name.split() if word.isdigit())


def _closed(name: str) -> str:
    return name.replace(" ", "")


def ranked(
    wanted: Identity, known: Iterable[tuple[int, Identity]], *, least: int = WEAKEST
) -> list[tuple[int, Likeness]]:
    """Keys of the employers that are like the one described, most alike first."""
    found = [
        (key, like)
        for key, each in known
        if (like := likeness(wanted, each)) is not None and like.score >= least
    ]
    found.sort(key=lambda pair: (-pair[1].score, pair[0]))
    return found


def search_beginnings(name: str) -> tuple[list[str], list[str]]:
    """The words of a comparable name to look up, and their beginnings for near spellings."""
    words = list(dict.fromkeys([*name.split(), *joined_initials(name.split())]))
    return words, [word[:3] for word in name.split() if len(word) > 1]
