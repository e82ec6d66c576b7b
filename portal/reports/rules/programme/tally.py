"""Counts by group, added up in whatever way a section needs them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

Only = str | Collection[str]


@dataclass(frozen=True, slots=True)
class Sum:
    """How many, and the sum of their amounts: pence or minutes, as the fact says."""

    n: int = 0
    amount: int = 0

    def __add__(self, other: Sum) -> Sum:
        """Both together."""
        return Sum(self.n + other.n, self.amount + other.amount)


@dataclass(frozen=True, slots=True)
class Tally:
    """Groups under the names of their columns; values are text, months as ISO days."""

    by: tuple[str, ...] = ()
    groups: tuple[tuple[tuple[str, ...], Sum], ...] = ()

    def sum(self, **only: Only) -> Sum:
        """Everything whose columns have one of the values asked for."""
        fits = self._fits(only)
        return sum((one for group, one in self.groups if fits(group)), Sum())

    def per(self, column: str, **only: Only) -> dict[str, Sum]:
        """The same by the values of one column."""
        if column not in self.by:
            return {}
        place, fits = self.by.index(column), self._fits(only)
        found: dict[str, Sum] = {}
        for group, one in self.groups:
            if fits(group):
                found[group[place]] = found.get(group[place], Sum()) + one
        return found

    def _fits(self, only: dict[str, Only]) -> Callable[[tuple[str, ...]], bool]:
        if not self.by:
            return lambda _: True
        wanted = [
            (self.by.index(column), {values} if isinstance(values, str) else frozenset(values))
            for column, values in only.items()
        ]
        return lambda group: all(group[place] in values for place, values in wanted)


def median(values: Iterable[tuple[int, int]]) -> int | None:
    """The middle of values that come so many times each; between two, their mean rounded up."""
    ordered = sorted((value, times) for value, times in values if times > 0)
    count = sum(times for _, times in ordered)
    if not count:
        return None
    below, above = _at(ordered, (count - 1) // 2), _at(ordered, count // 2)
    return (below + above + 1) // 2


def _at(ordered: list[tuple[int, int]], place: int) -> int:
    seen = 0
    for value, times in ordered:
        seen += times
        if place < seen:
            return value
    raise IndexError(place)
