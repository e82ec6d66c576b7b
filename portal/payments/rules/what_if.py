"""What outputs would earn on another rate card, beside what they earned.

Outputs come in groups that a card prices alike, so that ten thousand cost no more than ten.
Amounts are pence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from portal.payments.rules.rate_cards import Amounts
from portal.payments.rules.words import ENGAGEMENT, OUTPUT_TYPES, SIZE_TIERS

TOP: Final = 8


@dataclass(frozen=True, slots=True)
class Group:
    """Outputs that any card prices alike; ``earned`` is what they earned together."""

    output_type: str
    tier: str
    hard_to_reach: bool
    sector: str
    provider: str
    n: int
    earned: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison: so many outputs, what they earned, what they would."""

    name: str
    n: int
    earned: int
    would: int

    @property
    def difference(self) -> int:
        """What the card would add; below nothing where it pays less."""
        return self.would - self.earned


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A comparison: the whole, and each way of splitting it, which adds up to the whole."""

    total: Line
    by_type: tuple[Line, ...]
    by_tier: tuple[Line, ...]
    by_sector: tuple[Line, ...]
    by_provider: tuple[Line, ...]
    top: tuple[Line, ...]
    unpriced: int

    @property
    def splits(self) -> dict[str, tuple[Line, ...]]:
        """Every way of splitting by its title."""
        return {
            "Type of output": self.by_type,
            "Size of employer": self.by_tier,
            "Sector": self.by_sector,
            "Provider": self.by_provider,
        }


def on_card(amounts: Amounts, group: Group) -> int | None:
    """What a group earns on a card; None where the card has no amount for it.

    The hard-to-reach bonus is for engagements only.
    """
    base = amounts.prices.get((group.output_type, group.tier))
    if base is None:
        return None
    bonus = 0
    if group.output_type == ENGAGEMENT and group.hard_to_reach:
        bonus = amounts.bonuses.get(group.tier, 0)
    return group.n * (base + bonus)


def what_if(groups: Iterable[Group], amounts: Amounts, *, sectors: Mapping[str, str]) -> WhatIf:
    """Compare what outputs earned with what they would on a card.

    ``unpriced`` outputs have no amount on the card and count as nothing there.
    """
    priced = [(group, on_card(amounts, group)) for group in groups]
    lines = [(group, would or 0) for group, would in priced]

    def split(name: Callable[[Group], str], order: Iterable[str] = ()) -> tuple[Line, ...]:
        return _split(lines, name, list(order))

    kinds = split(_kind)
    moved = [line for line in kinds if line.difference]
    total = split(lambda _group: "All outputs")
    return WhatIf(
        total=total[0] if total else Line("All outputs", 0, 0, 0),
        by_type=split(lambda group: OUTPUT_TYPES[group.output_type], OUTPUT_TYPES.values()),
        by_tier=split(lambda group: SIZE_TIERS[group.tier], SIZE_TIERS.values()),
        by_sector=split(lambda group: sectors.get(group.sector, group.sector), sectors.values()),
        by_provider=split(lambda group: group.provider),
        top=tuple(sorted(moved, key=lambda line: (-abs(line.difference), line.name))[:TOP]),
        unpriced=sum(group.n for group, would in priced if would is None),
    )


def _kind(group: Group) -> str:
    name = f"{OUTPUT_TYPES[group.output_type]}, {SIZE_TIERS[group.tier].lower()}"
    if group.output_type != ENGAGEMENT:
        return name
    return f"{name}, {'hard to reach' if group.hard_to_reach else 'not hard to reach'}"


def _split(
    lines: list[tuple[Group, int]], name: Callable[[Group], str], order: list[str]
) -> tuple[Line, ...]:
    sums: dict[str, list[int]] = {}
    for group, would in lines:
        found = sums.setdefault(name(group), [0, 0, 0])
        found[0] += group.n
        found[1] += group.earned
        found[2] += would
    rank = {title: place for place, title in enumerate(order)}
    names = sorted(sums, key=lambda one: (rank.get(one, len(rank)), one))
    return tuple(Line(one, *sums[one]) for one in names)
