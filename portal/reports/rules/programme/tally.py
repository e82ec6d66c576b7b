"""Counts by group, added up in whatever way a section needs them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
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
        fitting = self._fitting(only)
        return Sum(sum(one.n for _, one in fitting), sum(one.amount for _, one in fitting))

    def per(self, column: str, **only: Only) -> dict[str, Sum]:
        """The same by the values of one column."""
        if column not in self.by:
            return {}
        place = self.by.index(column)
        found: dict[str, list[int]] = {}
        for group, one in self._fitting(only):
            sums = found.setdefault(group[place], [0, 0])
            sums[0] += one.n
            sums[1] += one.amount
        return {value: Sum(*sums) for value, sums in found.items()}

    def _fitting(self, only: dict[str, Only]) -> Sequence[tuple[tuple[str, ...], Sum]]:
        """The groups asked for. A report asks hundreds of times: one pass for each column."""
        fitting: Sequence[tuple[tuple[str, ...], Sum]] = self.groups
        if not self.by:
            return fitting
        for column, values in only.items():
            place = self.by.index(column)
            wanted = {values} if isinstance(values, str) else frozenset(values)
            fitting = [item for item in fitting if item[0][place] in wanted]
        return fitting


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
