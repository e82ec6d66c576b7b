"""What the library can be narrowed by, as bits of one number for each resource.

A resource's number says every audience, sector, size, dimension, format and practice that it is
for, so that thousands are narrowed and counted without asking the database again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, reduce
from itertools import repeat
from operator import or_
from typing import Final

from portal.toolkit.rules.practices import practices
from portal.toolkit.rules.words import AUDIENCES, DIMENSIONS, FORMATS, SECTORS, SIZES

# In the order in which they stand beside the list.
TITLES: Final[Mapping[str, str]] = {
    "format": "What kind",
    "sector": "Sector",
    "audience": "For whom",
    "dimension": "About",
    "size": "Size of employer",
    "practice": "Practice",
}
_MOST_BITS: Final = 62
_NOUGHT, _ONE = b"01"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a facet: how many resources it would leave, and whether it is chosen."""

    value: str
    text: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """Something to narrow the library by."""

    key: str
    title: str
    options: tuple[Option, ...]

    @property
    def chosen(self) -> int:
        """How many of its options are chosen."""
        return sum(option.chosen for option in self.options)


def choices(facet: str) -> Mapping[str, str]:
    """What can be chosen in a facet: keys and words."""
    return _choices()[facet]


@cache
def _choices() -> Mapping[str, Mapping[str, str]]:
    return {
        "format": FORMATS,
        "sector": SECTORS,
        "audience": AUDIENCES,
        "dimension": DIMENSIONS,
        "size": SIZES,
        "practice": {one.key: one.title for one in practices().values()},
    }


@cache
def _bits() -> Mapping[tuple[str, str], int]:
    every = [(facet, value) for facet in TITLES for value in _choices()[facet]]
    if len(every) > _MOST_BITS:
        raise ValueError(f"{len(every)} facets do not fit the number that holds them")
    return {cell: 1 << place for place, cell in enumerate(every)}


@cache
def layout() -> str:
    """What the bits mean, so that an index made for other choices is known to be out of date."""
    return " ".join(f"{facet}:{value}" for facet, value in _bits())


def packed(tags: Iterable[tuple[str, str]]) -> int:
    """A resource's facets as one number; what is not known any more is left out."""
    number = 0
    for cell in tags:
        number |= _bits().get(cell, 0)
    return number


def known(facet: str, values: Iterable[str]) -> tuple[str, ...]:
    """Those of the values that the facet has, each once; an address may hold anything."""
    offered = _choices()[facet]
    return tuple(dict.fromkeys(value for value in values if value in offered))


class Shelf:
    """The whole library in its order, and for each facet's value the set of those that have it.

    Sets are numbers whose bit ``n`` stands for the resource in place ``n``: they are joined, cut
    and counted in one step each, however many resources there are.
    """

    def __init__(self, rows: Iterable[tuple[int, int]]) -> None:
        """Take keys with their facets' numbers, in the library's order."""
        listed = list(rows)
        self.ids = [key for key, _facets in listed]
        # What was found in the library as it is now, by whatever it was looked up with.
        self.remembered: dict[str, int] = {}
        self.everything = (1 << len(listed)) - 1
        # Where each resource's digit stands in a number written out; that of place 0 stands last.
        self._digits = {key: len(listed) - place for place, key in enumerate(self.ids)}
        self._having = {
            cell: self._as_set(key for key, facets in listed if facets & bit)
            for cell, bit in _bits().items()
        }

    def set_of(self, ids: Iterable[int]) -> int:
        """Resources as a set; those that the library does not hold are left out."""
        return self._as_set(ids)

    def _as_set(self, ids: Iterable[int]) -> int:
        digits = bytearray(b"0") * (len(self.ids) + 1)
        # The first digit is nobody's: what the library does not hold goes there.
        for digit in map(self._digits.get, ids, repeat(0)):
            digits[digit] = _ONE
        digits[0] = _NOUGHT
        return int(digits, 2)

    def fitting(self, chosen: Mapping[str, Collection[str]], *, but: str = "") -> int:
        """Those with one of the values chosen in every facet, one facet left out if named."""
        fits = self.everything
        for facet, values in chosen.items():
            if values and facet != but:
                fits &= reduce(or_, (self._having.get((facet, one), 0) for one in values), 0)
        return fits

    def counted(self, found: int, chosen: Mapping[str, Collection[str]]) -> tuple[Facet, ...]:
        """Every facet with its options that something found has, or that are chosen.

        An option's count is of what fits the choices in the other facets.
        """
        facets = []
        for facet, title in TITLES.items():
            left = found & self.fitting(chosen, but=facet)
            options = []
            for value, text in _choices()[facet].items():
                count = (left & self._having[facet, value]).bit_count()
                picked = value in chosen.get(facet, ())
                if count or picked:
                    options.append(Option(value, text, count, picked))
            facets.append(Facet(facet, title, tuple(options)))
        return tuple(facets)
