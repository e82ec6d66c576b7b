"""How employers stand now, and what is weak where."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from portal.diagnostics.rules.benchmark import quantile
from portal.diagnostics.rules.movement import tenths
from portal.diagnostics.rules.schema import HIGHEST_LEVEL
from portal.diagnostics.rules.scoring import rounded
from portal.reports.rules.diagnostics.data import BINS, OVERALL, Data, part
from portal.reports.rules.document import Column, Figure, Picture, Section, Table, Unit, Value
from portal.reports.rules.readings import pictured
from portal.reports.rules.written import mean

_WEAK_LEVEL: Final = 1
_QUARTERS: Final = (Fraction(1, 4), Fraction(1, 2), Fraction(3, 4))
_BAND: Final = 10
_NOW: Final = (
    "Each employer counts once, with the diagnostic it completed last, however long ago. The time "
    "chosen for the report does not change this: it is how things stand when the report is made. "
    "Sector, size and district are as they were when the diagnostic was completed."
)


# Worked out once: a report asks some seven thousand times.
_LEVELS: Final = tuple(rounded(Fraction(score * HIGHEST_LEVEL, BINS - 1)) for score in range(BINS))


def level_of(score: int) -> int:
    """The maturity level, 0 to 4, that a score from 0 to 100 has reached: the nearest one."""
    return _LEVELS[score]


def now(data: Data) -> Section:
    """How employers stand now."""
    overall = data.histogram(OVERALL)
    n = sum(overall)
    scores, standing = _scores(overall), _standing(data)
    pictures: tuple[Picture, ...] = ()
    if n:
        pictures = (
            pictured(
                "scores-histogram",
                "histogram",
                "Employers by overall score",
                scores,
                what="employers",
                label="band",
                value="n",
            ),
        )
    return Section(
        "now",
        "How employers stand now",
        intro="Scores from 0 to 100 of each employer's latest diagnostic, by dimension.",
        figures=(_employers(n), _middle(overall), *_completed(data)),
        tables=(scores, standing) if n else (),
        pictures=pictures,
        notes=(_NOW,) if n else ("Nothing yet: no employer has completed a diagnostic.",),
    )


def _employers(n: int) -> Figure:
    return Figure(
        "diagnosed_now",
        "Employers with a diagnostic",
        n,
        Unit.COUNT,
        "Employers of which at least one diagnostic is complete and has an overall score.",
        _NOW,
        source="Completed diagnostics",
    )


def _middle(overall: tuple[int, ...]) -> Figure:
    return Figure(
        "median_overall",
        "Middle overall score",
        _quartiles(overall)[1],
        Unit.TENTHS,
        "The median: half of the employers have a lower overall score, half a higher one.",
        _NOW,
        source="Completed diagnostics",
    )


def _completed(data: Data) -> tuple[Figure, ...]:
    rule = "Counted in the London month in which the diagnostic was completed."
    first, again = data.completed.get("first", 0), data.completed.get("retake", 0)
    corrected = data.completed.get("correction", 0)
    return (
        Figure(
            "completed",
            "Diagnostics completed in this time",
            first + again,
            Unit.COUNT,
            "Diagnostics completed for an employer: first ones and those taken again.",
            f"{rule} A correction is no new diagnostic and is not counted here.",
            source="Completed diagnostics",
            note=f"{first:,} first, {again:,} taken again; {corrected:,} corrected besides",
        ),
    )


def _scores(overall: tuple[int, ...]) -> Table:
    bands = [
        (low, BINS if low + 2 * _BAND > BINS else low + _BAND)
        for low in range(0, BINS - _BAND, _BAND)
    ]
    return Table(
        "scores",
        "Overall scores",
        (
            Column("band", "Overall score", Unit.TEXT, "Scores from and up to, both included"),
            Column("n", "Employers", Unit.COUNT, "Employers whose latest score is among these"),
        ),
        tuple((f"{low} to {end - 1}", sum(overall[low:end])) for low, end in bands),
        total=("All", sum(overall)),
    )


def _standing(data: Data) -> Table:
    levels = tuple(
        Column(
            f"level_{level}",
            name,
            Unit.COUNT,
            f"Employers nearest to maturity level {level} of {HIGHEST_LEVEL}: {name}",
        )
        for level, name in enumerate(data.words.levels)
    )
    columns = (
        Column("dimension", "Dimension", Unit.TEXT, "The dimension of practice"),
        Column("n", "Employers", Unit.COUNT, "Employers with a score in it"),
        Column("mean", "Average", Unit.TENTHS, "The mean of their scores"),
        Column("lower", "Lower quarter", Unit.TENTHS, "A quarter of them score this or less"),
        Column("median", "Middle", Unit.TENTHS, "Half of them score this or less"),
        Column("upper", "Upper quarter", Unit.TENTHS, "Three quarters score this or less"),
        *levels,
    )
    rows = [
        _standing_row(title, data.histogram(key), len(levels))
        for key, title, _ in (*data.words.dimensions, (OVERALL, "Overall", ""))
    ]
    return Table("standing", "Scores by dimension", columns, tuple(rows[:-1]), total=rows[-1])


def _standing_row(title: str, counts: tuple[int, ...], levels: int) -> tuple[Value, ...]:
    at_level = [0] * levels
    for score, n in enumerate(counts):
        at_level[level_of(score)] += n
    n = sum(counts)
    return (title, n, mean(_points(counts), n, 10), *_quartiles(counts), *at_level)


def _points(counts: tuple[int, ...]) -> int:
    return sum(score * n for score, n in enumerate(counts))


def _quartiles(counts: tuple[int, ...]) -> tuple[int | None, int | None, int | None]:
    if not sum(counts):
        return None, None, None
    lower, median, upper = (tenths(quantile(counts, share)) for share in _QUARTERS)
    return lower, median, upper


def weak(data: Data) -> Section:
    """Which dimensions are weak in which sectors."""
    met = {sector for _, sector in data.standing}
    sectors = [(key, title) for key, title in data.words.sectors if key in met]
    table = _weak(data, sectors)
    notes = [
        "Weak means nearest to one of the two lowest maturity levels: a score of 0 to 37.",
        (
            f"A share of fewer than {data.minimum} employers is not shown: it would say more about "
            "them than about their sector."
        ),
        (
            "Answers to single questions are kept with each diagnostic and are not added up, so "
            "that completing one stays quick: what is weak is told by dimension."
        ),
    ]
    return Section(
        "weak",
        "What is weak where",
        intro="The share of employers that are weak in a dimension, in each sector.",
        tables=(table, _sectors(data, sectors)) if sectors else (),
        pictures=(
            pictured(
                "weak-sectors",
                "small_multiples",
                "Weak practice by sector",
                table,
                what="share of employers that are weak",
                label="short",
                values=[f"sector_{key}" for key, _ in sectors],
                panels="columns",
            ),
        )
        if sectors
        else (),
        notes=tuple(notes) if sectors else ("Nothing yet: no employer has completed one.",),
    )


def _weak(data: Data, sectors: list[tuple[str, str]]) -> Table:
    columns = (
        Column("short", "Dimension", Unit.TEXT, "The dimension of practice, in short"),
        Column("n", "Weak employers", Unit.COUNT, "Employers of all sectors that are weak in it"),
        Column("share", "All sectors", Unit.PER_MILLE, "Their share of employers with a score"),
        *(
            Column(f"sector_{key}", title, Unit.PER_MILLE, f"The same share in {title.lower()}")
            for key, title in sectors
        ),
    )
    rows: list[tuple[Value, ...]] = []
    for key, _, short in data.words.dimensions:
        every = data.histogram(key)
        shares = [_weak_share(data, data.histogram(key, sector)) for sector, _ in sectors]
        rows.append((short, _weak_n(every), _weak_share(data, every), *shares))
    return Table("weak", "Weak employers by dimension and sector", columns, tuple(rows))


def _weak_n(counts: tuple[int, ...]) -> int:
    return sum(n for score, n in enumerate(counts) if level_of(score) <= _WEAK_LEVEL)


def _weak_share(data: Data, counts: tuple[int, ...]) -> Value:
    n = sum(counts)
    return data.enough(n, lambda: part(_weak_n(counts), n))


def _sectors(data: Data, sectors: list[tuple[str, str]]) -> Table:
    rows: list[tuple[Value, ...]] = []
    for key, title in sectors:
        counts = data.histogram(OVERALL, key)
        n = sum(counts)
        rows.append((title, n, data.enough(n, lambda: _mean(counts)), _weakest(data, key)))  # noqa: B023 - called at once
    every = data.histogram(OVERALL)
    return Table(
        "sectors",
        "Sectors",
        (
            Column("sector", "Sector", Unit.TEXT, "The sector at the time of the diagnostic"),
            Column("n", "Employers", Unit.COUNT, "Employers with an overall score"),
            Column("mean", "Average overall score", Unit.TENTHS, "The mean of their scores"),
            Column("weakest", "Lowest dimension", Unit.TEXT, "The one with the lowest average"),
        ),
        tuple(rows),
        total=("All sectors", sum(every), data.enough(sum(every), lambda: _mean(every)), ""),
    )


def _mean(counts: tuple[int, ...]) -> int | None:
    return mean(_points(counts), sum(counts), 10)


def _weakest(data: Data, sector: str) -> Value:
    """The dimensions with the lowest mean in a sector, if enough employers have a score."""
    means: dict[str, Fraction] = {}
    for key, _, short in data.words.dimensions:
        counts = data.histogram(key, sector)
        n = sum(counts)
        if n >= data.minimum:
            means[short] = Fraction(_points(counts), n)
    if not means:
        return data.enough(0, lambda: "")
    return ", ".join(name for name, value in means.items() if value == min(means.values()))
