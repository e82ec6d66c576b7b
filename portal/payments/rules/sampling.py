"""A sample to audit: drawn by risk, the same again from the same seed, its error carried over.

Lines are put into strata by risk; riskier strata are sampled more. The error found in each is
carried to the whole of that stratum, so that heavy sampling of the risky lines does not make the
whole look worse than it is (a stratified ratio estimate).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Final

STRATA: Final[Mapping[str, str]] = {
    "high": "High risk",
    "medium": "Some risk",
    "low": "Low risk",
}
# Shares of the sample, not of the population: half of what is looked at comes from high risk.
_SHARES: Final[Mapping[str, Fraction]] = {
    "high": Fraction(5, 10),
    "medium": Fraction(3, 10),
    "low": Fraction(2, 10),
}
LARGE_PENCE = 70_000


@dataclass(frozen=True, slots=True)
class Risk:
    """What makes a paid line risky."""

    line: int
    pence: int
    warnings: int
    overridden: bool
    bonus: bool


@dataclass(frozen=True, slots=True)
class Drawn:
    """One line of the sample and the stratum it stands for."""

    line: int
    stratum: str
    pence: int


@dataclass(frozen=True, slots=True)
class Carried:
    """The error of a population: found, carried over, as a rate of what was paid."""

    found_pence: int
    carried_pence: int
    population_pence: int
    looked_at: int

    @property
    def rate(self) -> Fraction:
        """The error rate of the population."""
        if not self.population_pence:
            return Fraction(0)
        return Fraction(self.carried_pence, self.population_pence)


def stratum(risk: Risk) -> str:
    """High: let through by somebody, or warned about twice. Some: one warning or a bonus."""
    if risk.overridden or risk.warnings > 1:
        return "high"
    if risk.warnings or risk.bonus or risk.pence >= LARGE_PENCE:
        return "medium"
    return "low"


def draw(lines: Sequence[Risk], *, size: int, seed: str) -> list[Drawn]:
    """Draw a sample: the same lines from the same seed, whatever order they are given in.

    Each stratum gives its share of the sample, or all it has; what one cannot fill the others do,
    riskiest first.
    """
    strata: dict[str, list[Risk]] = {key: [] for key in STRATA}
    for risk in lines:
        strata[stratum(risk)].append(risk)
    for members in strata.values():
        members.sort(key=lambda risk: _lot(seed, risk.line))
    wanted = {key: min(len(members), ceil(size * _SHARES[key])) for key, members in strata.items()}
    while sum(wanted.values()) > size:
        wanted[max(wanted, key=lambda key: (wanted[key] > 0, list(STRATA).index(key)))] -= 1
    for key, members in strata.items():
        short = size - sum(wanted.values())
        wanted[key] += min(short, len(members) - wanted[key])
    return [
        Drawn(risk.line, key, risk.pence)
        for key, members in strata.items()
        for risk in members[: wanted[key]]
    ]


def _lot(seed: str, line: int) -> str:
    return hashlib.sha256(f"{seed}:{line}".encode()).hexdigest()


def carry(population: Mapping[str, int], found: Mapping[str, tuple[int, int, int]]) -> Carried:
    """Carry what was found to everything it was drawn from.

    ``population`` maps a stratum to the pence paid in it; ``found`` to (lines looked at, their
    pence, pence in error). A stratum that was not looked at is left out of what is carried.
    """
    error, carried, seen = 0, Fraction(0), 0
    for key, pence in population.items():
        lines, looked_at, wrong = found.get(key, (0, 0, 0))
        seen += lines
        error += wrong
        if looked_at:
            carried += Fraction(wrong, looked_at) * pence
    return Carried(error, round(carried), sum(population.values()), seen)
