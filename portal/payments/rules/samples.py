"""What an audit sample found, carried to everything that was paid, and said in a sentence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from portal.kernel.money import Money
from portal.kernel.result import Problem
from portal.payments.rules.sampling import STRATA, Carried, Risk, carry, stratum

MOST: Final = 500
LONGEST_SEED: Final = 64
LONGEST: Final = 2000
# With fewer lines than this one finding moves the rate by several points.
FEW: Final = 30
STRATUM_WORDS: Final[Mapping[str, str]] = {
    "high": "a check was let through, or two or more warnings",
    "medium": "one warning, a bonus, or £700.00 and more",
    "low": "everything else",
}


@dataclass(frozen=True, slots=True)
class Population:
    """What was paid in a stratum when the sample was drawn: lines and pence."""

    lines: int
    pence: int


@dataclass(frozen=True, slots=True)
class Looked:
    """Of a stratum: lines drawn, those looked at, their pence, and how much of it was wrong."""

    drawn: int = 0
    lines: int = 0
    pence: int = 0
    wrong: int = 0


@dataclass(frozen=True, slots=True)
class StratumResult:
    """One stratum of a sample."""

    key: str
    population: Population
    looked: Looked

    @property
    def title(self) -> str:
        """The stratum on screen."""
        return STRATA[self.key]

    @property
    def words(self) -> str:
        """What puts a line in it."""
        return STRATUM_WORDS[self.key]

    @property
    def rate(self) -> Fraction | None:
        """Pence wrong of pence looked at; None before anything was."""
        return Fraction(self.looked.wrong, self.looked.pence) if self.looked.pence else None

    @property
    def carried(self) -> int | None:
        """Pence wrong in the whole stratum at that rate."""
        return None if self.rate is None else round(self.rate * self.population.pence)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A sample's result; strata nobody has looked at yet are not counted on either side."""

    strata: Sequence[StratumResult]
    carried: Carried
    looked_pence: int
    drawn: int
    left_out: Sequence[StratumResult]

    @property
    def is_complete(self) -> bool:
        """Whether every line drawn was looked at."""
        return self.carried.looked_at == self.drawn

    def sentences(self) -> list[str]:
        """The result in words, with the number looked at."""
        seen = self.carried.looked_at
        lines = f"{seen:,} of {self.drawn:,} line{'' if self.drawn == 1 else 's'}"
        if not seen:
            return [f"Nothing was looked at yet: {lines}."]
        everything = "all" if not self.left_out else "the"
        carried = self.carried
        found = (
            f"{lines} looked at: {Money(carried.found_pence)} of {Money(self.looked_pence)} looked "
            f"at was wrong; carried to {everything} {Money(carried.population_pence)}: about "
            f"{Money(carried.carried_pence)} ({percent(carried.rate)})."
        )
        said = [
            found,
            *(
                f"{one.title}: none of its {Money(one.population.pence)} was looked at yet, so "
                "nothing is carried to it."
                for one in self.left_out
            ),
        ]
        if not self.is_complete:
            said.append("This changes until every line was looked at.")
        if seen < FEW:
            said.append(f"With fewer than {FEW} lines looked at this is a rough figure.")
        return said


def percent(rate: Fraction | None) -> str:
    """A rate to one decimal, halves up."""
    if rate is None:
        return "not known"
    tenths = (rate * 1000 + Fraction(1, 2)).__floor__()
    return f"{tenths // 10}.{tenths % 10}%"


def result(population: Mapping[str, Population], looked: Mapping[str, Looked]) -> Outcome:
    """What was found by stratum, and carried from each stratum to the whole of it."""
    strata = [
        StratumResult(key, population.get(key, Population(0, 0)), looked.get(key, Looked()))
        for key in STRATA
    ]
    seen = [one for one in strata if one.looked.lines]
    carried = carry(
        {one.key: one.population.pence for one in seen},
        {one.key: (one.looked.lines, one.looked.pence, one.looked.wrong) for one in seen},
    )
    return Outcome(
        [one for one in strata if one.population.lines],
        carried,
        sum(one.looked.pence for one in seen),
        sum(one.looked.drawn for one in strata),
        [one for one in strata if one.population.pence and not one.looked.lines],
    )


def populations(lines: Iterable[Risk]) -> dict[str, Population]:
    """Lines and pence by stratum."""
    counts = {key: [0, 0] for key in STRATA}
    for one in lines:
        held = counts[stratum(one)]
        held[0] += 1
        held[1] += one.pence
    return {key: Population(*held) for key, held in counts.items()}


def fingerprint(lines: Iterable[Risk]) -> str:
    """A mark of the population a sample was drawn from: any line more, less or riskier changes it.

    Two draws with the same seed, size and fingerprint give the same lines.
    """
    text = "\n".join(
        f"{one.line}:{stratum(one)}:{one.pence}" for one in sorted(lines, key=lambda one: one.line)
    )
    return hashlib.sha256(text.encode()).hexdigest()


def draw_problem(
    *, from_on: date, until_on: date, size: int, seed: str, today: date
) -> Problem | None:
    """The first thing wrong with what is to be drawn."""
    checks = (
        (until_on < from_on, "until_on", "The last day must be the first day or later"),
        (until_on > today, "until_on", "The last day must be today or earlier"),
        (not 1 <= size <= MOST, "size", f"Draw 1 to {MOST} lines"),
        (not seed or len(seed) > LONGEST_SEED, "seed", "Enter a seed of 1 to 64 characters"),
    )
    for wrong, field, message in checks:
        if wrong:
            return Problem(f"bad_{field}", message, field)
    return None


def finding_problem(*, pence: int, wrong: int | None, words: str) -> Problem | None:
    """The first thing wrong with a finding about a line of so many pence."""
    if wrong is None or not 0 <= wrong <= pence:
        return Problem(
            "bad_found",
            f"Enter the amount that was wrong, £0.00 to {Money(pence)}, which is what was paid",
            "found",
        )
    if wrong and not words.strip():
        return Problem("words_needed", "Say what was wrong", "words")
    if len(words.strip()) > LONGEST * 4:
        return Problem("words_long", f"Use {LONGEST:,} characters or fewer", "words")
    return None
