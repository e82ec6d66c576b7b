"""What the library can be narrowed by, as bits of one number for each resource.

A resource's number says every audience, sector, size, dimension, format and practice that it is
for, so that thousands are narrowed and counted without asking the database again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
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


def passing(numbers: Iterable[int], chosen: Mapping[str, Collection[str]]) -> list[bool]:
    """For each resource whether it fits: one of the values chosen in every facet."""
    wanted = _wanted(chosen)
    if not wanted:
        return [True] * len(list(numbers))
    return [all(number & mask for mask in wanted.values()) for number in numbers]


def counted(numbers: Sequence[int], chosen: Mapping[str, Collection[str]]) -> tuple[Facet, ...]:
    """Every facet with its options that at least one resource has, or that are chosen.

    An option's count is of the resources that fit what is chosen in the other facets.
    """
    wanted = _wanted(chosen)
    found = []
    for facet in TITLES:
        others = [mask for key, mask in wanted.items() if key != facet]
        whole = _mask(facet, _choices()[facet])
        left = (
            [number & whole for number in numbers if all(number & mask for mask in others)]
            if others
            else [number & whole for number in numbers]
        )
        found.append(_facet(facet, Counter(left), chosen.get(facet, ())))
    return tuple(found)


def _facet(facet: str, alike: Mapping[int, int], chosen: Collection[str]) -> Facet:
    options = []
    for value, text in _choices()[facet].items():
        bit = _bits()[facet, value]
        count = sum(times for number, times in alike.items() if number & bit)
        if count or value in chosen:
            options.append(Option(value, text, count, value in chosen))
    return Facet(facet, TITLES[facet], tuple(options))


def _wanted(chosen: Mapping[str, Collection[str]]) -> dict[str, int]:
    return {facet: _mask(facet, values) for facet, values in chosen.items() if values}


def _mask(facet: str, values: Iterable[str]) -> int:
    return packed((facet, value) for value in values)
