"""Which engaged businesses may be one and the same, without comparing everything with everything.

Businesses are compared when they share a number of a public register, a postcode, or the beginning
of a name closed up ("WH Smith" and "WHSmith" begin alike). Where more than a few share that, such
as the words every business of a chain begins with, a longer beginning has to be the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import chain
from typing import Final

from rapidfuzz import fuzz, process

from portal.caseload.rules.referral_likeness import LEAST_OF_STRONG, STRONG, Identity, likeness
from portal.employers.rules.names import match_name

# A beginning that more businesses than this share tells nothing; a shopping centre has fewer.
_MOST_IN_BLOCK: Final = 150
_BEGINNINGS: Final = (5, 8, 12, 20, 400)
_BEGINNINGS_AT_A_PLACE: Final = (0, 2, 5, 12, 400)
_MOST_SHOWN: Final = 3
_FEW: Final = 12
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


# The same businesses are compared again with every run of the checks.
_matched: Final = lru_cache(maxsize=50_000)(match_name)


def comparable(names: Iterable[str | None]) -> tuple[str, ...]:
    """Names as they are compared, each once."""
    return tuple(dict.fromkeys(_matched(name) for name in names if name))


@lru_cache(maxsize=50_000)
def _closed(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names without their spaces, each once."""
    return tuple(dict.fromkeys(name.replace(" ", "") for name in names))


@lru_cache(maxsize=50_000)
def _in_order(name: str) -> str:
    return " ".join(sorted(name.split()))


class _Block:
    """Businesses that are compared with one another, with their names ready for it."""

    def __init__(self) -> None:
        self.members: list[Business] = []
        self._places: dict[str, list[int]] = {}
        self._names: list[str] = []
        self._sorted: list[str] = []
        self._owners: list[int] = []

    def __len__(self) -> int:
        return len(self.members)

    def _open(self) -> None:
        """Lay the names out beside one another, once somebody asks."""
        if self._names:
            return
        for number, member in enumerate(self.members[:_MOST_IN_BLOCK]):
            for name in member.names:
                self._places.setdefault(name.replace(" ", ""), []).append(number)
                self._names.append(name)
                self._sorted.append(_in_order(name))
                self._owners.append(number)

    def worth_comparing(self, name: str) -> list[Business]:
        """Every business with a name that ``likeness`` may call strong, and few others.

        What is the same but for spaces, or nearly the same as written or with its words in order.
        """
        self._open()
        found = set(self._places.get(name.replace(" ", ""), ()))
        for wanted, choices in ((name, self._names), (_in_order(name), self._sorted)):
            found.update(self._owners[place] for place in _near(wanted, choices))
        return [self.members[number] for number in sorted(found)]


def _near(wanted: str, choices: Sequence[str]) -> list[int]:
    """Where those names stand that are written at least as much alike as anything strong."""
    if len(choices) <= _FEW:
        # To have a list searched costs more than to ask about a few one by one.
        ratio, least = fuzz.ratio, LEAST_OF_STRONG
        return [
            place
            for place, choice in enumerate(choices)
            if ratio(wanted, choice, score_cutoff=least) >= least
        ]
    near = process.extract(
        wanted,
        choices,
        scorer=fuzz.ratio,
        processor=None,
        score_cutoff=LEAST_OF_STRONG,
        limit=None,
    )
    return [place for _choice, _score, place in near]


class _Blocks:
    """Businesses by what they share; a block that is too large is parted by longer beginnings."""

    def __init__(self, known: Sequence[Business], lengths: tuple[int, ...], *, place: bool) -> None:
        self._known = known
        self._lengths = lengths
        self._place = place
        self._levels: list[dict[str, _Block]] = []

    def _keys(self, one: Business, length: int) -> list[str]:
        if self._place and not one.postcode:
            return []
        where = f"{one.postcode}|" if self._place else ""
        closed = _closed(one.names)
        if len(closed) == 1:
            return [where + closed[0][:length]]
        return list(dict.fromkeys([where + name[:length] for name in closed]))

    def _level(self, number: int) -> dict[str, _Block]:
        while len(self._levels) <= number:
            blocks: dict[str, _Block] = {}
            for one in self._known:
                for key in self._keys(one, self._lengths[len(self._levels)]):
                    block = blocks.get(key)
                    if block is None:
                        block = blocks[key] = _Block()
                    block.members.append(one)
            self._levels.append(blocks)
        return self._levels[number]

    def near(self, one: Business) -> Iterator[Business]:
        """The businesses worth comparing with one."""
        for place in range(len(one.names)):
            block: _Block | None = None
            for number, length in enumerate(self._lengths):
                keys = self._keys(one, length)
                if not keys:
                    break
                block = self._level(number).get(keys[min(place, len(keys) - 1)])
                if block is None or len(block) <= _MOST_IN_BLOCK:
                    break
            # Alone in it, a business would only be compared with itself.
            if block is not None and (len(block) > 1 or block.members[0] is not one):
                for name in one.names:
                    yield from block.worth_comparing(name)


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
        likely = _likely(one, chain(by_name.near(one), by_place.near(one)), seen)
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
