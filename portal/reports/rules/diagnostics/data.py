"""What the sections are made of: counts by group, and the words for every key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portal.reports.rules.document import Value, Withheld
from portal.reports.rules.scope import Scope
from portal.reports.rules.written import mean, share

OVERALL = "overall"
BINS = 101


@dataclass(frozen=True, slots=True)
class Words:
    """Keys and what they are called, in the order in which they are shown.

    ``dimensions`` gives each its full and its short title; ``levels`` names maturity levels from
    the lowest; ``actions`` maps a recommendation to its title and its dimension.
    """

    dimensions: tuple[tuple[str, str, str], ...]
    levels: tuple[str, ...]
    sectors: tuple[tuple[str, str], ...]
    actions: Mapping[str, tuple[str, str]]
    support: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Moves:
    """Employers compared, and their scores added up, then and now, in tenths of a point."""

    higher: int = 0
    same: int = 0
    lower: int = 0
    then: int = 0
    now: int = 0

    @property
    def n(self) -> int:
        """How many employers were compared: the matched n."""
        return self.higher + self.same + self.lower

    def __add__(self, other: Moves) -> Moves:
        """Both together."""
        return Moves(
            self.higher + other.higher,
            self.same + other.same,
            self.lower + other.lower,
            self.then + other.then,
            self.now + other.now,
        )


@dataclass(frozen=True, slots=True)
class Cohort:
    """Employers by what became of their first diagnostic; ``points`` adds its overall scores up.

    ``state`` is "once", "compared" or "apart"; ``scored`` of the ``n`` had an overall score.
    """

    month: date
    state: str
    n: int
    scored: int
    points: int


@dataclass(frozen=True, slots=True)
class Together:
    """Employers compared that came to these kinds of support meanwhile; change in tenths."""

    support: tuple[str, ...]
    way: str
    n: int
    change: int


@dataclass(frozen=True, slots=True)
class ActionCount:
    """Actions of a recommendation ("own" for employers' own): how many are in a state now."""

    key: str
    status: str
    n: int


@dataclass(frozen=True, slots=True)
class Lasted:
    """Answers at follow-ups so many months on, of actions of a recommendation."""

    key: str
    months: int
    answer: str
    n: int


@dataclass(frozen=True, slots=True)
class Data:
    """Everything that was read for one report.

    ``standing`` counts, by dimension and sector, the employers of each score from 0 to 100.
    ``moves`` are by dimension and sector. ``completed`` counts diagnostics by kind. Actions and
    what lasted are None where the filters cannot be told of them. ``minimum`` is how many
    employers a comparison needs.
    """

    scope: Scope
    words: Words
    minimum: int
    follow_ups: tuple[int, ...]
    completed: Mapping[str, int]
    standing: Mapping[tuple[str, str], Sequence[int]]
    moves: Mapping[tuple[str, str], Moves]
    cohorts: Sequence[Cohort]
    together: Sequence[Together]
    actions: Sequence[ActionCount] | None
    lasted: Sequence[Lasted] | None

    def histogram(self, dimension: str, sector: str | None = None) -> tuple[int, ...]:
        """How many employers have each score, in a sector or in all of them."""
        found = [
            counts
            for (key, of_sector), counts in self.standing.items()
            if key == dimension and sector in {None, of_sector}
        ]
        return tuple(map(sum, zip(*found, strict=True))) if found else (0,) * BINS

    def moved(self, dimension: str, sector: str | None = None) -> Moves:
        """Who moved how in a dimension, in a sector or in all of them."""
        return sum(
            (
                moves
                for (key, of_sector), moves in self.moves.items()
                if key == dimension and sector in {None, of_sector}
            ),
            Moves(),
        )

    def enough(self, n: int, value: Callable[[], Value]) -> Value:
        """A value of so many employers, or that they are too few to say anything."""
        return value() if n >= self.minimum else Withheld.TOO_FEW


def change(moves: Moves) -> int | None:
    """How far the mean moved, in tenths: the difference of the two means as they are shown."""
    then, now = mean(moves.then, moves.n), mean(moves.now, moves.n)
    return None if then is None or now is None else now - then


def part(count: int, whole: int) -> Value:
    """A share in tenths of a percent."""
    return share(count, whole)
