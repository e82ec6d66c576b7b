"""A release as a report: its figures and tables, out of counts that are protected already.

Everything here is made of protected numbers alone; whatever is worked out of them says no more
than they do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from portal.reports.rules.disclosure.protect import Protected
from portal.reports.rules.disclosure.shape import TOTAL, Cell
from portal.reports.rules.document import (
    Column,
    Figure,
    Report,
    Section,
    Table,
    Unit,
    Value,
    Withheld,
)
from portal.reports.rules.statistics.counts import (
    ACTION,
    AFTER,
    BY_KEY,
    DISTRICT,
    HARD,
    LASTING,
    MONTH,
    SECTOR,
    SIZE,
    SOURCE,
    STATUS,
    SUPPORT,
    Counted,
    Quarter,
)
from portal.reports.rules.statistics.scores import Means

KEY: Final = "statistics"
_TOGETHER: Final = ("strand_1", "diagnosed", "engaged", "supported")
_BY: Final = {
    SECTOR: "By sector",
    SIZE: "By size",
    DISTRICT: "By district",
    MONTH: "By month",
}
_FEW: Final = "Not in this release, because so few were counted in the quarter: {}."
Words = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Released:
    """What a release is made of: protected counts, their groups in words, means and activities.

    ``activities`` are network events by how they were held. They are public and not protected.
    """

    quarter: Quarter
    counts: Mapping[str, Protected]
    words: Words
    dimensions: Mapping[str, str]
    means: Means
    activities: Mapping[str, int]


def document(released: Released, *, as_at: datetime) -> Report:
    """The whole release."""
    rule = released.counts["registered"].rule
    rounding = (
        ()
        if rule.rounding == 1
        else (
            f"Numbers are rounded to the nearest {rule.rounding}, so they may not add up exactly.",
        )
    )
    return Report(
        KEY,
        f"Statistics, {released.quarter.title}",
        "What the service did in the quarter, with small numbers protected.",
        released.quarter.first,
        released.quarter.last,
        as_at,
        (
            _first(released),
            _groups(released),
            _crossed(released),
            _delivery(released),
            _practice(released),
        ),
        notes=(
            (
                f"A number that rests on fewer than {rule.threshold} employers is not shown, nor "
                "are numbers from which it could be worked out. Which of the two is not said. "
                "Nought is shown."
            ),
            (
                "These figures are final: they stay as they were released, and records corrected "
                "later change nothing here."
            ),
            *rounding,
        ),
        protected=True,
    )


def _value(release: Protected, cell: Cell) -> Value:
    if not release.shows(cell):
        return Withheld.TOO_FEW
    shown = release.shown(cell)
    return Withheld.SMALL if shown is None else shown


def _first(released: Released) -> Section:
    figures = tuple(
        Figure(
            counted.key,
            counted.label,
            _value(released.counts[counted.key], TOTAL),
            Unit.COUNT,
            counted.definition,
            counted.rule,
        )
        for counted in BY_KEY.values()
    )
    held = sum(released.activities.values())
    activities = Figure(
        "activities",
        "Network events held",
        held,
        Unit.COUNT,
        "Events to which at least one person came.",
        "Each once, on the day it began. Events are public, so the number is never withheld.",
    )
    return Section("quarter", "The quarter", figures=(*figures, activities))


def _groups(released: Released) -> Section:
    tables = [
        _together(released, name, title, _TOGETHER)
        for name, title in _BY.items()
        if any(released.counts[key].shows(((name, ""),)) for key in _TOGETHER)
    ]
    return Section(
        "groups",
        "Which employers",
        "Employers by group, each column a count of its own.",
        tables=tuple(tables),
        notes=_missing(released, _TOGETHER, tuple(_BY)),
    )


def _together(released: Released, name: str, title: str, keys: Sequence[str]) -> Table:
    """Several counts by one dimension: a row a group, and all of them together."""
    shown = [BY_KEY[key] for key in keys if released.counts[key].shows(((name, ""),))]
    groups = released.words[name]
    return Table(
        f"by-{name}",
        title,
        (
            Column(name, title.removeprefix("By ").capitalize(), Unit.TEXT, "The group"),
            *(Column(one.key, one.label, Unit.COUNT, one.definition) for one in shown),
        ),
        tuple(
            (
                words,
                *(_value(released.counts[one.key], ((name, value),)) for one in shown),
            )
            for value, words in groups.items()
        ),
        ("All", *(_value(released.counts[one.key], TOTAL) for one in shown)),
    )


def _crossed(released: Released) -> Section:
    pairs = [(key, SIZE) for key in _TOGETHER] + [("engaged", DISTRICT)]
    tables = [
        _table_of(released, BY_KEY[key], leaf)
        for key, leaf in pairs
        if leaf in released.counts[key].shape.crossed
    ]
    missing = [
        f"{BY_KEY[key].label.lower()} by sector and {leaf}"
        for key, leaf in pairs
        if leaf not in released.counts[key].shape.crossed
    ]
    return Section(
        "crossed",
        "Sector by size and by district",
        tables=tuple(tables),
        notes=(_FEW.format("; ".join(missing)),) if missing else (),
    )


def _table_of(released: Released, counted: Counted, leaf: str) -> Table:
    """One count by its centre and another dimension, with both totals."""
    release, centre = released.counts[counted.key], counted.centre
    across, down = released.words[centre], released.words[leaf]
    return Table(
        f"{counted.key}-{centre}-{leaf}",
        f"{counted.label}, by {_named(centre)} and {_named(leaf)}",
        (
            Column(leaf, _named(leaf).capitalize(), Unit.TEXT, "The group"),
            *(
                Column(value, words, Unit.COUNT, counted.definition)
                for value, words in across.items()
            ),
            Column("all", "All", Unit.COUNT, counted.definition),
        ),
        tuple(
            (
                words,
                *(_value(release, release.shape.inner(leaf, one, value)) for one in across),
                _value(release, ((leaf, value),)),
            )
            for value, words in down.items()
        ),
        ("All", *(_value(release, ((centre, one),)) for one in across), _value(release, TOTAL)),
    )


def _named(dimension: str) -> str:
    return {AFTER: "time since the plan", LASTING: "what has lasted"}.get(dimension, dimension)


def _delivery(released: Released) -> Section:
    wanted = (
        (SOURCE, "By source", ("engaged", "referred")),
        (STATUS, "By what became of the referral", ("referred",)),
        (HARD, "By whether the employer is hard to reach", ("engaged",)),
        (SUPPORT, "By kind of support", ("supported",)),
    )
    tables = [
        _together(released, name, title, keys)
        for name, title, keys in wanted
        if any(released.counts[key].shows(((name, ""),)) for key in keys)
    ]
    modes = released.words["mode"]
    if released.activities:
        tables.append(
            Table(
                "activities",
                "Network events",
                (
                    Column("mode", "How", Unit.TEXT, "How the event was held"),
                    Column("n", "Events", Unit.COUNT, "Events to which somebody came"),
                ),
                tuple((modes.get(mode, mode), n) for mode, n in released.activities.items()),
                ("All", sum(released.activities.values())),
            )
        )
    notes = tuple(note for name, _, keys in wanted for note in _missing(released, keys, (name,)))
    return Section("delivery", "Referrals, support and events", tables=tuple(tables), notes=notes)


def _practice(released: Released) -> Section:
    followed = BY_KEY["followed"]
    tables = [_means(released), _actions(released)]
    if LASTING in released.counts["followed"].shape.crossed:
        tables.append(_table_of(released, followed, LASTING))
    elif released.counts["followed"].shows(((LASTING, ""),)):
        tables.append(
            _together(released, LASTING, "By what has lasted at follow-up", ("followed",))
        )
    return Section(
        "practice",
        "Practice",
        "First diagnostics, actions taken up, and whether they lasted. Scores run from 0 to 100.",
        tables=tuple(table for table in tables if table.rows),
        notes=_missing(released, ("followed",), (LASTING,)),
    )


def _means(released: Released) -> Table:
    means, sectors = released.means, released.words[SECTOR]
    groups = {**sectors, "": "All sectors"}
    return Table(
        "scores",
        "First diagnostics: mean scores",
        (
            Column("dimension", "Dimension", Unit.TEXT, "What the score is about"),
            *(
                Column(
                    value or "all", words, Unit.TENTHS, "Mean score of first diagnostics, 0 to 100"
                )
                for value, words in groups.items()
            ),
        ),
        tuple(
            (words, *(means.get((dimension, value), Withheld.TOO_FEW) for value in groups))
            for dimension, words in released.dimensions.items()
        )
        if means
        else (),
        note="Each mean rests on at least as many employers as any comparison.",
    )


def _actions(released: Released) -> Table:
    return Table(
        "actions",
        "Employers that took up an action, by dimension",
        (
            Column("dimension", "Dimension", Unit.TEXT, "What the action is about"),
            Column(
                "employers", "Employers", Unit.COUNT, "Employers with a new action in their plan"
            ),
        ),
        tuple(
            (words, _value(released.counts[f"{ACTION}{dimension}"], TOTAL))
            for dimension, words in released.dimensions.items()
        ),
        note="An employer may have taken up actions in several dimensions.",
    )


def _missing(released: Released, keys: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Which counts are not in the tables by these dimensions, in words."""
    left = [
        f"{BY_KEY[key].label.lower()} by {_named(name)}"
        for key in keys
        for name in names
        if name in BY_KEY[key].dimensions and not released.counts[key].shows(((name, ""),))
    ]
    return (_FEW.format("; ".join(left)),) if left else ()
