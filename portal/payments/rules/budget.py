"""A contract's budget as it is read: quarter against profile, caps, and where it is heading."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from portal.payments.rules.forecast import Forecast, Spent, Warned, forecast, percent_of, warning
from portal.payments.rules.periods import quarter_of, quarters_between
from portal.payments.rules.words import OUTPUT_TYPES

# Fewer than this say little about what an engagement costs.
FEW: Final = 5


@dataclass(frozen=True, slots=True)
class Quarter:
    """Pence expected and spent in a quarter, and both since the start; None in one to come."""

    start: date
    profile: int
    actual: int | None
    profile_so_far: int
    actual_so_far: int | None

    @property
    def title(self) -> str:
        """The quarter in words."""
        last = self.start.replace(month=self.start.month + 2)
        return f"{self.start:%b} to {last:%b %Y}"

    @property
    def difference(self) -> int | None:
        """Pence spent beyond the profile since the start; below nothing when less was spent."""
        return None if self.actual_so_far is None else self.actual_so_far - self.profile_so_far


def quarters(
    *,
    profile: Mapping[date, int],
    spent: Mapping[date, int],
    starts_on: date,
    ends_on: date,
    today: date,
) -> list[Quarter]:
    """Every quarter of a contract; money of a month outside them counts in the nearest."""
    starts = sorted({*quarters_between(starts_on, ends_on), *profile})
    actual = dict.fromkeys(starts, 0)
    for month, pence in spent.items():
        key = min(max(quarter_of(month), starts[0]), starts[-1])
        # A profile may name quarters with a gap between them.
        actual[max(start for start in starts if start <= key)] += pence
    found: list[Quarter] = []
    expected = done = 0
    for start in starts:
        expected += profile.get(start, 0)
        done += actual[start]
        begun = start <= today or actual[start] != 0
        found.append(
            Quarter(
                start,
                profile.get(start, 0),
                actual[start] if begun else None,
                expected,
                done if begun else None,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class CapLine:
    """One cap: how much of it is used, whether that needs looking at, and how it ends."""

    title: str
    cap: int
    spent: int
    percent: int | None
    warned: Warned | None
    forecast: Forecast

    @property
    def left(self) -> int:
        """Pence that can still be claimed under it."""
        return self.cap - self.spent

    @property
    def words(self) -> str:
        """What is wrong, in a sentence; empty where nothing is."""
        if self.warned is Warned.FULL:
            return "Used up: nothing more can be claimed under it."
        expected = self.forecast.expected
        reached = None if expected is None else expected.reached
        used = {Warned.ALARM: "95% or more is used.", Warned.WATCH: "80% or more is used."}
        parts = [used[self.warned]] if self.warned in used else []
        if reached is not None:
            parts.append(
                f"At the current rate it is reached in {reached:%B %Y}, before the contract ends."
            )
        return " ".join(parts)


def cap_lines(
    *,
    total_cap: int,
    caps: Mapping[str, int],
    spent: Spent,
    known: Sequence[date],
    starts_on: date,
    ends_on: date,
) -> list[CapLine]:
    """The contract's own cap first, then that of each type that has one."""
    wanted: list[tuple[str, int, Spent, Mapping[str, int]]] = [
        ("The whole contract", total_cap, spent, caps)
    ]
    for kind in OUTPUT_TYPES:
        if kind in caps:
            own = {key: pence for key, pence in spent.items() if key[0] == kind}
            wanted.append((OUTPUT_TYPES[kind], caps[kind], own, {}))
    found = []
    for title, cap, parts, within in wanted:
        ahead = forecast(
            spent=parts,
            cap=cap,
            known=known,
            starts_on=starts_on,
            ends_on=ends_on,
            caps=within,
        )
        found.append(
            CapLine(
                title,
                cap,
                ahead.spent,
                percent_of(ahead.spent, cap),
                warning(spent=ahead.spent, cap=cap, expected=ahead.expected),
                ahead,
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class Ahead:
    """Forecasts of several contracts added up; ``unknown`` counts those with too little data.

    Of those what they have spent so far is counted, and no more.
    """

    expected: int
    low: int
    high: int
    cap: int
    unknown: int

    @property
    def unspent(self) -> int:
        """Pence that would be left."""
        return max(self.cap - self.expected, 0)


def together(forecasts: Iterable[Forecast]) -> Ahead:
    """Forecasts of several contracts as one."""
    expected = low = high = cap = unknown = 0
    for one in forecasts:
        cap += one.cap or 0
        if one.expected is None or one.low is None or one.high is None:
            expected, low, high = expected + one.spent, low + one.spent, high + one.spent
            unknown += 1
        else:
            expected += one.expected.total
            low += one.low.total
            high += one.high.total
    return Ahead(expected, low, high, cap, unknown)


@dataclass(frozen=True, slots=True)
class CostLine:
    """What engagements cost on average, in pence; None where none was paid."""

    count: int
    pence: int

    @property
    def average(self) -> int | None:
        """Pence for one, half a penny rounded up."""
        return int(Fraction(self.pence, self.count) + Fraction(1, 2)) if self.count else None

    @property
    def is_few(self) -> bool:
        """Whether there are too few to say much."""
        return 0 < self.count < FEW


def cost(
    costs: Iterable[tuple[str, bool, int, int]],
    *,
    tiers: Collection[str],
    hard_to_reach: bool | None = None,
) -> CostLine:
    """The average over tiers, and over the hard to reach or the others, where asked for.

    ``costs``: tier, hard to reach, how many, pence.
    """
    chosen = [
        (count, pence)
        for tier, reach, count, pence in costs
        if tier in tiers and hard_to_reach in (None, reach)
    ]
    return CostLine(sum(count for count, _ in chosen), sum(pence for _, pence in chosen))
