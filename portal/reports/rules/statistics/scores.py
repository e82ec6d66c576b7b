"""Mean scores of first diagnostics, where enough employers are behind each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from portal.reports.rules.disclosure.protect import Protected
from portal.reports.rules.disclosure.shape import TOTAL, Cell
from portal.reports.rules.statistics.counts import SECTOR

# A dimension and a sector ("" for all), and the mean in tenths of a point, rounded to a point.
Means = Mapping[tuple[str, str], int]
Score = tuple[str, str, int]


def means(diagnosed: Protected, scores: Iterable[Score], *, least: int) -> Means:
    """The means that can be shown. A score is (dimension, sector, score of one employer).

    A sector's mean is shown where the number of its employers is shown and at least ``least`` have
    the score. The sectors without a mean can be worked out together, from the mean of all: where
    they have it from fewer employers than the threshold, no sector's mean is shown.
    """
    sums: dict[tuple[str, str], list[int]] = defaultdict(list)
    for dimension, sector, score in scores:
        sums[dimension, sector].append(score)
    found: dict[tuple[str, str], int] = {}
    if diagnosed.shown(TOTAL) is None:
        return found
    for dimension in {dimension for dimension, _ in sums}:
        by_sector = {sector: values for (own, sector), values in sums.items() if own == dimension}
        every = [score for values in by_sector.values() for score in values]
        if len(every) < least:
            continue
        found[dimension, ""] = _mean(every)
        shown = {
            sector
            for sector, values in by_sector.items()
            if len(values) >= least and _is_shown(diagnosed, ((SECTOR, sector),))
        }
        rest = sum(len(values) for sector, values in by_sector.items() if sector not in shown)
        if 0 < rest < diagnosed.rule.threshold:
            continue
        found |= {(dimension, sector): _mean(by_sector[sector]) for sector in shown}
    return found


def _is_shown(diagnosed: Protected, cell: Cell) -> bool:
    return diagnosed.shown(cell) is not None


def _mean(scores: list[int]) -> int:
    """The mean to a whole point, halves up, in tenths."""
    n = len(scores)
    return (2 * sum(scores) + n) // (2 * n) * 10
