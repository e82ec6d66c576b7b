"""Which engaged businesses may be one and the same, without comparing everything with everything.

Businesses are compared when they share a number of a public register, a postcode, or the beginning
of a name closed up ("WH Smith" and "WHSmith" begin alike). Where more than a few share that, such
as the words every business of a chain begins with, a longer beginning has to be the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.caseload.rules.referral_likeness import STRONG, Identity, likeness
from portal.employers.rules.names import match_name

# A beginning that more businesses than this share tells nothing; a shopping centre has fewer.
_MOST_IN_BLOCK: Final = 150
_BEGINNINGS: Final = (5, 8, 12, 20, 400)
_BEGINNINGS_AT_A_PLACE: Final = (0, 2, 5, 12, 400)
_MOST_SHOWN: Final = 3
CERTAIN: Final = 100


@dataclass(frozen=True, slots=True)
class Business:
    """A business that was engaged by an output, as it is known today.

    ``root`` is the record that stands for it: records that were merged share one. ``claimed``:
    another claim holds its output already. ``own``: engaged under the same contract.
    """

    output: int
    root: int
    name: str
    names: tuple[str, ...]
    numbers: frozenset[str]
    company_number: str | None
    postcode: str
    occurred_on: date
    claimed: bool
    own: bool

    @property
    def identity(self) -> Identity:
        """What is compared."""
        return Identity(self.names, self.company_number, self.postcode or None)


@dataclass(frozen=True, slots=True)
class Double:
    """Another business that looks like one: how alike in per cent, and whether that is certain."""

    business: Business
    percent: int
    same_number: bool


def comparable(names: Iterable[str | None]) -> tuple[str, ...]:
    """Names as they are compared, each once."""
    return tuple(dict.fromkeys(match_name(name) for name in names if name))


class _Blocks:
    """Businesses by what they share; a block that is too large is parted by longer beginnings."""

    def __init__(self, known: Sequence[Business], lengths: tuple[int, ...], *, place: bool) -> None:
        self._known = known
        self._lengths = lengths
        self._place = place
        self._levels: list[dict[str, list[Business]]] = []

    def _keys(self, one: Business, length: int) -> list[str]:
        if self._place and not one.postcode:
            return []
        where = f"{one.postcode}|" if self._place else ""
        closed = (name.replace(" ", "") for name in one.names)
        return list(dict.fromkeys(where + name[:length] for name in closed))

    def _level(self, number: int) -> dict[str, list[Business]]:
        while len(self._levels) <= number:
            blocks: dict[str, list[Business]] = {}
            for one in self._known:
                for key in self._keys(one, self._lengths[len(self._levels)]):
                    blocks.setdefault(key, []).append(one)
            self._levels.append(blocks)
        return self._levels[number]

    def near(self, one: Business) -> Iterable[Business]:
        """The businesses worth comparing with one."""
        for place in range(len(one.names)):
            block: list[Business] = []
            for number, length in enumerate(self._lengths):
                keys = self._keys(one, length)
                if not keys:
                    break
                block = self._level(number).get(keys[min(place, len(keys) - 1)], [])
                if len(block) <= _MOST_IN_BLOCK:
                    break
            yield from block[:_MOST_IN_BLOCK]


def doubles(wanted: Sequence[Business], known: Sequence[Business]) -> Mapping[int, list[Double]]:
    """For each output, the businesses engaged before it that look like its own, most alike first.

    Before means earlier work, or work that another claim holds already.
    """
    shared: dict[str, list[Business]] = {}
    for one in known:
        for number in (*one.numbers, f"record {one.root}"):
            shared.setdefault(number, []).append(one)
    by_name = _Blocks(known, _BEGINNINGS, place=False)
    by_place = _Blocks(known, _BEGINNINGS_AT_A_PLACE, place=True)
    found: dict[int, list[Double]] = {}
    for one in wanted:
        certain = [
            Double(other, CERTAIN, same_number=True)
            for number in (*one.numbers, f"record {one.root}")
            for other in shared.get(number, ())[:_MOST_IN_BLOCK]
            if _before(other, one)
        ]
        seen = {double.business.output for double in certain}
        likely = _likely(one, [*by_name.near(one), *by_place.near(one)], seen)
        if certain or likely:
            likely.sort(key=lambda double: (-double.percent, double.business.output))
            found[one.output] = [*certain, *likely][:_MOST_SHOWN]
    return found


def _likely(one: Business, near: Iterable[Business], seen: set[int]) -> list[Double]:
    alike = []
    for other in near:
        if other.output in seen:
            continue
        seen.add(other.output)
        if not _before(other, one):
            continue
        like = likeness(one.identity, other.identity)
        if like is not None and like.score >= STRONG:
            alike.append(Double(other, like.score, same_number=False))
    return alike


def _before(other: Business, one: Business) -> bool:
    if other.output == one.output:
        return False
    return other.claimed or (other.occurred_on, other.output) < (one.occurred_on, one.output)
