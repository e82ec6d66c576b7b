"""How every benchmark measures: interleaved rounds in random order, medians, one line a figure.

The machine drifts while a benchmark runs, so absolute times only give the scale. What counts is a
ratio of two things timed in the same round, and the median of that ratio over the rounds.

    timings = interleaved(7, {"ours": render, "naive": naive_render})
    report([Measure("PDF warm plan", timings["ours"].median * 1000, "ms",
                    ratio=paired_ratio(timings["ours"], timings["naive"]), goal=0.80,
                    peer="naive path")])

Every function is called with a serial number that never repeats, so that each document, page or
row can carry its own text and no cache answers for the work.
"""

from __future__ import annotations

import gc
import itertools
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TextIO

Work = Callable[[int], object]


@dataclass(frozen=True)
class Measure:
    """One line of `make bench`.

    `ratio` is ours over `peer`; `goal` bounds the ratio (or the value, where there is no peer) from
    above, or from below when `higher_is_better`. `floor` is our ratio over the lower bound: what
    the same work costs when it does nothing but the unavoidable. `note` says how it was made.
    """

    name: str
    value: float
    unit: str
    ratio: float | None = None
    goal: float | None = None
    peer: str | None = None
    floor: float | None = None
    floor_name: str = "floor"
    higher_is_better: bool = False
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None where there is no goal."""
        if self.goal is None:
            return None
        figure = self.value if self.ratio is None else self.ratio
        return figure >= self.goal if self.higher_is_better else figure <= self.goal

    def line(self) -> str:
        """The measure in one line of text."""
        parts = [f"{self.name:<44} {number(self.value):>9} {self.unit:<10}"]
        if self.ratio is not None:
            parts.append(f"{self.ratio:5.2f}x {self.peer or 'peer'}")
        if self.floor is not None:
            parts.append(f"{self.floor:5.2f}x {self.floor_name}")
        if self.goal is not None:
            sign = ">=" if self.higher_is_better else "<="
            suffix = "x" if self.ratio is not None else f" {self.unit}"
            parts.append(f"goal {sign} {self.goal:g}{suffix}: {'met' if self.met else 'MISSED'}")
        if self.note:
            parts.append(f"({self.note})")
        return "  ".join(parts)


def number(value: float) -> str:
    """A value as short as it can be read: three figures, or whole thousands."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.3g}"


@dataclass(frozen=True)
class Timings:
    """Seconds of one contender, one figure a round, in the order of the rounds."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def best(self) -> float:
        return min(self.seconds)

    def percentile(self, share: float) -> float:
        """The value below which `share` (0 to 1) of the rounds fall."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def interleaved(
    rounds: int, contenders: Mapping[str, Work], *, warm: int = 1, seed: int = 20261122
) -> dict[str, Timings]:
    """Time each contender once a round, in a fresh random order each round.

    Runs `warm` untimed calls of each first. Serial numbers given to the contenders in one round
    are the same, so that they do the same work; they differ between rounds.
    """
    serial = itertools.count(1)
    for _ in range(warm):
        number = next(serial)
        for work in contenders.values():
            work(number)
    order = random.Random(seed)
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for _ in range(rounds):
        number = next(serial)
        order.shuffle(names)
        for name in names:
            gc.collect()
            begun = time.perf_counter()
            contenders[name](number)
            seconds[name].append(time.perf_counter() - begun)
    return {name: Timings(tuple(values)) for name, values in seconds.items()}


def paired_ratio(ours: Timings, peer: Timings) -> float:
    """Median over the rounds of ours / peer: immune to a machine that drifts between rounds."""
    pairs = zip(ours.seconds, peer.seconds, strict=True)
    return statistics.median(mine / theirs for mine, theirs in pairs)


def report(measures: Iterable[Measure], *, out: TextIO = sys.stdout) -> int:
    """Print one line a measure; returns how many goals were missed."""
    missed = 0
    for measure in measures:
        out.write(measure.line() + "\n")
        out.flush()
        missed += measure.met is False
    return missed
