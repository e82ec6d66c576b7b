"""How employers moved between their first and latest diagnostic, and who did not come back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from portal.reports.rules.diagnostics.data import (
    OVERALL,
    Cohort,
    Data,
    Moves,
    change,
    part,
)
from portal.reports.rules.document import Column, Figure, Picture, Section, Table, Unit, Value
from portal.reports.rules.intervals import wilson
from portal.reports.rules.readings import pictured
from portal.reports.rules.written import mean

_SOURCE: Final = "Completed diagnostics"
_RULE: Final = (
    "An employer's first diagnostic is held against its latest, over the questions that mean the "
    "same in both and were answered both times. It counts in the London month of the latest one, "
    "in the sector, size and district of the first. A correction takes the place of what it "
    "corrects."
)
_WARNING: Final = (
    "Why it is not called an effect: there are no other employers to compare with, those who come "
    "back choose to, and low first scores tend to rise by themselves."
)
_NOTHING: Final = "Nothing yet: no employer took the diagnostic again in this time."
_MONTHS: Final = 12
# How long before the end of the report a first diagnostic was: fewer months than this.
_AGES: Final = (
    (6, "Less than 6 months ago"),
    (12, "6 to 11 months ago"),
    (None, "12 months ago or more"),
)


def section(data: Data) -> Section:
    """How dimensions moved."""
    overall = data.moved(OVERALL)
    intro = (
        "Employers that took the diagnostic more than once: their first against their latest. This "
        "is change over time, not an effect of the service."
    )
    if not overall.n:
        return Section("movement", "Movement", intro, figures=_figures(overall), notes=(_NOTHING,))
    dimensions = _dimensions(data)
    return Section(
        "movement",
        "Movement",
        intro,
        figures=_figures(overall),
        tables=(dimensions, _sectors(data)),
        pictures=(
            pictured(
                "movement-slope",
                "slope",
                "Dimensions, first and latest",
                dimensions,
                what="dimensions",
                label="short",
                earlier="then",
                later="now",
                n=overall.n,
                earlier_label="First",
                later_label="Latest",
            ),
        ),
        notes=(_WARNING, _RULE),
    )


def _figures(overall: Moves) -> tuple[Figure, ...]:
    ends = wilson(overall.higher, overall.n)
    low, high = ends or (None, None)
    then, now = mean(overall.then, overall.n), mean(overall.now, overall.n)
    return (
        Figure(
            "matched",
            "Employers compared",
            overall.n,
            Unit.COUNT,
            "Employers with two diagnostics that can be compared: the matched n of this section.",
            _RULE,
            _SOURCE,
        ),
        Figure(
            "overall_then",
            "Average overall score, first",
            then,
            Unit.TENTHS,
            "The mean overall score of these employers in their first diagnostic, over the "
            "questions that can be compared.",
            _RULE,
            _SOURCE,
        ),
        Figure(
            "overall_now",
            "Average overall score, latest",
            now,
            Unit.TENTHS,
            "The mean of the same employers in their latest diagnostic, over the same questions.",
            _RULE,
            _SOURCE,
            note=_points(change(overall)),
        ),
        Figure(
            "rose",
            "Share with a higher score",
            part(overall.higher, overall.n),
            Unit.PER_MILLE,
            "Of the employers compared, those whose latest overall score is higher than the first.",
            f"{_RULE} The interval is Wilson's, for a sample of this size.",
            _SOURCE,
            low=low,
            high=high,
            note=f"{overall.higher:,} higher, {overall.same:,} the same, {overall.lower:,} lower"
            if overall.n
            else "",
        ),
    )


def _points(by: int | None) -> str:
    if by is None:
        return ""
    far = f"{abs(by) // 10}.{abs(by) % 10} points"
    return "The same as at first" if by == 0 else f"{far} {'higher' if by > 0 else 'lower'}"


_MOVED: Final = (
    Column("n", "Employers", Unit.COUNT, "Employers compared in it: the matched n"),
    Column("then", "First", Unit.TENTHS, "The mean score in the first diagnostic"),
    Column("now", "Latest", Unit.TENTHS, "The mean score in the latest diagnostic"),
    Column("change", "Change", Unit.TENTHS, "The difference of the two means as shown"),
    Column("higher", "Higher", Unit.COUNT, "Employers whose score is higher"),
    Column("same", "The same", Unit.COUNT, "Employers whose score is the same"),
    Column("lower", "Lower", Unit.COUNT, "Employers whose score is lower"),
)


def _moved(moves: Moves) -> tuple[Value, ...]:
    return (
        moves.n,
        mean(moves.then, moves.n),
        mean(moves.now, moves.n),
        change(moves),
        moves.higher,
        moves.same,
        moves.lower,
    )


def _dimensions(data: Data) -> Table:
    rows = tuple((short, *_moved(data.moved(key))) for key, _, short in data.words.dimensions)
    return Table(
        "movement",
        "First and latest diagnostic by dimension",
        (Column("short", "Dimension", Unit.TEXT, "The dimension of practice, in short"), *_MOVED),
        rows,
        total=("Overall", *_moved(data.moved(OVERALL))),
        note="A dimension without a question that can be compared has fewer employers.",
    )


def _sectors(data: Data) -> Table:
    met = {sector for _, sector in data.moves}
    rows = tuple(
        (title, *_moved(data.moved(OVERALL, key)))
        for key, title in data.words.sectors
        if key in met
    )
    return Table(
        "movement-sectors",
        "First and latest overall score by sector",
        (Column("sector", "Sector", Unit.TEXT, "The sector at the first diagnostic"), *_MOVED),
        rows,
        total=("All sectors", *_moved(data.moved(OVERALL))),
    )


def again(data: Data) -> Section:
    """Who took the diagnostic again, and who has not: attrition."""
    n = sum(item.n for item in data.cohorts)
    if not n:
        return Section(
            "again",
            "Who took it again",
            figures=_attrition(data),
            notes=("Nothing yet: no employer had its first diagnostic in this time.",),
        )
    ages = _ages(data)
    pictures: tuple[Picture, ...] = (
        pictured(
            "again-bars",
            "bars",
            "Share that has taken it again",
            ages,
            what="share taken again",
            label="age",
            value="share",
            low="low",
            high="high",
        ),
    )
    return Section(
        "again",
        "Who took it again",
        intro=(
            "Employers whose first diagnostic was in this time, and whether they have taken it "
            "again since. Those who have not are missing from every movement."
        ),
        figures=_attrition(data),
        tables=(ages, _compare(data)),
        pictures=pictures,
        notes=(
            "Taken again means at any time since, up to when the report is made.",
            (
                "If those who have not come back scored differently at first, movement among those "
                "who have does not speak for all."
            ),
        ),
    )


def _attrition(data: Data) -> tuple[Figure, ...]:
    rule = "Counted in the London month of the first diagnostic, in its sector, size and district."
    n = sum(item.n for item in data.cohorts)
    once = sum(item.n for item in data.cohorts if item.state == "once")
    ends = wilson(once, n)
    low, high = ends or (None, None)
    return (
        Figure(
            "cohort",
            "First diagnostics",
            n,
            Unit.COUNT,
            "Employers that completed their first diagnostic in this time.",
            rule,
            _SOURCE,
        ),
        Figure(
            "not_again",
            "Not taken again",
            part(once, n),
            Unit.PER_MILLE,
            "Attrition: of these employers, those that have not taken the diagnostic again.",
            rule,
            _SOURCE,
            low=low,
            high=high,
            note=f"{once:,} of {n:,}" if n else "",
        ),
    )


def _ages(data: Data) -> Table:
    columns = (
        Column("age", "First diagnostic", Unit.TEXT, "How long ago, at the end of the report"),
        Column("n", "Employers", Unit.COUNT, "Employers with their first diagnostic then"),
        Column("compared", "Taken again, compared", Unit.COUNT, "Two that can be compared"),
        Column("apart", "Taken again, not comparable", Unit.COUNT, "No question in common"),
        Column("once", "Not taken again", Unit.COUNT, "One diagnostic only so far"),
        Column("share", "Taken again", Unit.PER_MILLE, "The share that has taken it again"),
        Column("low", "From", Unit.PER_MILLE, "The lower end of its 95% interval"),
        Column("high", "To", Unit.PER_MILLE, "The upper end of its 95% interval"),
    )
    rows = []
    for place, (_, title) in enumerate(_AGES):
        of_age = [item for item in data.cohorts if _age(item.month, data.scope.last) == place]
        rows.append((title, *_states(of_age)))
    return Table(
        "again",
        "First diagnostics by how long ago they were",
        columns,
        tuple(rows),
        total=("All", *_states(data.cohorts)),
        note="Whole calendar months, counted back from the month in which the report ends.",
    )


def _age(month: date, last: date) -> int:
    """Which row of ages a month belongs to."""
    ago = (last.year - month.year) * _MONTHS + last.month - month.month
    return next(place for place, (below, _) in enumerate(_AGES) if below is None or ago < below)


def _states(cohorts: Iterable[Cohort]) -> tuple[Value, ...]:
    n = dict.fromkeys(("compared", "apart", "once"), 0)
    for item in cohorts:
        n[item.state] += item.n
    every = sum(n.values())
    taken = every - n["once"]
    low, high = wilson(taken, every) or (None, None)
    return (every, *n.values(), part(taken, every), low, high)


def _compare(data: Data) -> Table:
    """How those who came back scored at first, beside those who have not."""
    rows: list[tuple[Value, ...]] = []
    for title, states in (
        ("Taken again", {"compared", "apart"}),
        ("Not taken again", {"once"}),
        ("All", {"compared", "apart", "once"}),
    ):
        found = [item for item in data.cohorts if item.state in states]
        scored = sum(item.scored for item in found)
        points = sum(item.points for item in found)
        rows.append((title, sum(item.n for item in found), mean(points, scored, 10)))
    return Table(
        "again-scores",
        "Their overall score at first",
        (
            Column("state", "Employers", Unit.TEXT, "Whether they have taken it again"),
            Column("n", "How many", Unit.COUNT, "Employers with their first diagnostic then"),
            Column("mean", "Average first score", Unit.TENTHS, "Their mean overall score at first"),
        ),
        tuple(rows[:-1]),
        total=rows[-1],
    )
