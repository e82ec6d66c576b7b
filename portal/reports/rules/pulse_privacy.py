"""What protects people who answer a survey, beside the threshold: blur, steps and blocks.

Whoever knows the answers of everybody else (an owner who fills the survey in several times, or two
waves that differ by one person) would find the last person's answers by taking them from the
totals. So each total is blurred once, when the wave closes, and only the blurred one is kept: a
whole number from a two-sided geometric distribution is added, half of the time 0, and each step
further three times less likely. Every blurred total is then possible with every true one; whether
a person answered one way or another changes how likely it is by a factor of three at most for each
total, and never makes it certain. What readers see is coarser still: shares in fifths or tenths.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final, Protocol

from portal.reports.rules.pulse_survey import NO, YES

# Each step of the blur is so many times less likely than the one before.
RATIO: Final = 3
# Few answers are read in fifths, more of them in tenths.
_TENTHS_FROM: Final = 20
_MILLE: Final = 1_000
# How long a wave lies open: long enough that it is not the people of one shift.
SHORTEST_DAYS: Final = 7
LONGEST_DAYS: Final = 42
# From a wave's closing to the next one's opening: two waves never close in one quarter of a year.
REST_DAYS: Final = 90


class Dice(Protocol):
    """Where chance comes from: the system's own source but in tests."""

    def randrange(self, stop: int, /) -> int:
        """A whole number from 0 to one less than ``stop``, each as likely."""
        ...


def noise(dice: Dice) -> int:
    """A step of the blur: 0 half of the time, z with a chance of 1/2 · 3^-|z|."""
    toss = dice.randrange(4)
    if toss < 2:  # noqa: PLR2004 - two of four sides
        return 0
    size = 1
    while dice.randrange(RATIO) == 0:
        size += 1
    return size if toss == 2 else -size  # noqa: PLR2004 - the third side of four


def chance(step: int) -> Fraction:
    """How likely a step of the blur is."""
    return Fraction(1, 2 * RATIO ** abs(step))


def blurred(totals: Sequence[int], dice: Dice) -> list[int]:
    """The totals as they are kept; some may be below nothing, so that sums stay right."""
    return [total + noise(dice) for total in totals]


@dataclass(frozen=True, slots=True)
class Share:
    """A share as it is shown: ``part`` of ``whole``, the ends standing for all beyond them."""

    part: int
    whole: int

    @property
    def words(self) -> str:
        """As an employer reads it."""
        if self.part == 1:
            return f"1 in {self.whole} or fewer"
        if self.part == self.whole - 1:
            return f"{self.part} in {self.whole} or more"
        return f"about {self.part} in {self.whole}"

    @property
    def per_mille(self) -> int:
        """The same as tenths of a percent."""
        return self.part * _MILLE // self.whole


def coarse(part: int, whole: int, *, answers: int) -> Share:
    """A share in fifths, or in tenths where enough answered; never none and never all.

    ``part`` and ``whole`` are blurred totals, ``answers`` how many answered the survey.
    """
    steps = 10 if answers >= _TENTHS_FROM else 5
    exact = Fraction(min(max(part, 0), whole), whole)
    step = int(exact * steps + Fraction(1, 2))
    return Share(min(max(step, 1), steps - 1), steps)


def shown_shares(
    totals: Mapping[str, int], *, answers: int, least: int
) -> tuple[Share, Share] | None:
    """How many say yes and how many say no; nothing where too few answered the statement.

    ``totals`` are the statement's blurred ones. A person's two answers are never both shown more
    finely than this.
    """
    whole = sum(max(total, 0) for total in totals.values())
    if whole < least:
        return None
    yes, no = (coarse(totals.get(choice, 0), whole, answers=answers) for choice in (YES, NO))
    return yes, no


def steps_shown(answers: int, least: int) -> int:
    """How many answers an open wave says it has at least: 0, or a multiple of the threshold."""
    return answers // least * least


def settled(*, answers: int, before: int, counted_on: date | None, day: date) -> int:
    """How many answers there were when a day began: what is told of an open wave on that day.

    The number never moves while somebody watches who is looking at their phone.
    """
    return before if counted_on == day else answers


# Blocks ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """A wave with a result that is in no block yet."""

    wave_id: int
    employer_id: int
    sector: str
    closed_on: date
    answers: int


@dataclass(frozen=True, slots=True)
class Block:
    """Waves to be taken together for ever; no sector where several came together."""

    sector: str
    waves: tuple[Waiting, ...]

    @property
    def employers(self) -> int:
        """How many employers are in it."""
        return len({wave.employer_id for wave in self.waves})

    @property
    def answers(self) -> int:
        """How many people's answers are in it."""
        return sum(wave.answers for wave in self.waves)

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day of the quarters of its waves."""
        days = [wave.closed_on for wave in self.waves]
        return quarter_start(min(days)), quarter_end(max(days))


def blocks(waiting: Iterable[Waiting], *, day: date, least: int) -> list[Block]:
    """The blocks that can be made on a day: of waves that closed in quarters that are over.

    First each sector by itself where it has enough employers; then, where what is left over has
    enough, all of that together. The rest goes on waiting. No employer gives more than half of a
    block's answers: what the block says would be what that one's people say.
    """
    over = sorted(
        (wave for wave in waiting if quarter_end(wave.closed_on) < day),
        key=lambda wave: (wave.sector, wave.wave_id),
    )
    made: list[Block] = []
    left: list[Waiting] = []
    for sector in sorted({wave.sector for wave in over}):
        own = Block(sector, tuple(wave for wave in over if wave.sector == sector))
        if _is_enough(own, least):
            made.append(own)
        else:
            left += own.waves
    together = Block("", tuple(left))
    return [*made, together] if _is_enough(together, least) else made


def _is_enough(block: Block, least: int) -> bool:
    given: Counter[int] = Counter()
    for wave in block.waves:
        given[wave.employer_id] += wave.answers
    return len(given) >= least and 2 * max(given.values()) <= given.total()


def quarter_start(day: date) -> date:
    """The first day of the quarter of a year in which a day lies."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def quarter_end(day: date) -> date:
    """The last day of the quarter of a year in which a day lies."""
    later = quarter_start(day) + timedelta(days=100)
    return quarter_start(later) - timedelta(days=1)
