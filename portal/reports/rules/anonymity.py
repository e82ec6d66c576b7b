"""k-anonymity: nobody in a table can be told from at least ``k - 1`` others by what is known.

What somebody may know of an employer from elsewhere are its sector, size and district. Rows whose
three values are rare are coarsened, the district first and then the size, and rows that are rare
even so are left out. Common rows join them where they are needed to make up the number.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

ANY: Final = "any"
Known = tuple[str, str, str]
Row = TypeVar("Row", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Checked:
    """What the check of a table found."""

    k: int
    rows: int
    groups: int
    smallest: int
    coarsened: int
    left_out: int

    @property
    def holds(self) -> bool:
        """Whether every group has at least ``k`` rows; a table of none holds too."""
        return not self.rows or self.smallest >= self.k


def anonymised(known: Mapping[Row, Known], k: int) -> dict[Row, Known]:
    """The rows that stay, each with what is said of it, coarsened where it is rare."""
    exact: dict[Known, list[Row]] = defaultdict(list)
    for row, values in known.items():
        exact[values].append(row)
    by_size = _coarsened(exact, k, lambda values: (values[0], values[1], ANY))
    by_sector = _coarsened(by_size, k, lambda values: (values[0], ANY, ANY))
    return {row: values for values, rows in by_sector.items() if len(rows) >= k for row in rows}


def _coarsened(
    groups: Mapping[Known, list[Row]], k: int, coarser: Callable[[Known], Known]
) -> dict[Known, list[Row]]:
    """Rare groups brought together under a coarser name, with the smallest others if need be."""
    found: dict[Known, list[Row]] = {}
    under: dict[Known, list[Known]] = defaultdict(list)
    for values in sorted(groups):
        under[coarser(values)].append(values)
    for coarse, members in under.items():
        rare = [values for values in members if len(groups[values]) < k]
        others = sorted(
            (values for values in members if values not in rare),
            key=lambda values: (len(groups[values]), values),
        )
        pooled = [row for values in rare for row in groups[values]]
        while pooled and len(pooled) < k and others:
            pooled += groups[others.pop(0)]
        if pooled:
            found.setdefault(coarse, []).extend(pooled)
        for values in others:
            found.setdefault(values, []).extend(groups[values])
    return found


def check(before: int, rows: Sequence[Known], k: int) -> Checked:
    """What can be said of a table of these rows, of the ``before`` there were."""
    groups = Counter(rows)
    return Checked(
        k,
        len(rows),
        len(groups),
        min(groups.values(), default=0),
        sum(ANY in row for row in rows),
        before - len(rows),
    )
