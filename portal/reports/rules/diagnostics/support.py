"""Which support goes with movement: an association, of enough employers, and no more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from portal.reports.rules.diagnostics.data import Data, Together, part
from portal.reports.rules.document import Column, Section, Table, Unit, Value, Withheld
from portal.reports.rules.intervals import wilson
from portal.reports.rules.readings import pictured
from portal.reports.rules.written import mean

_WARNING: Final = (
    "Why it is only an association: employers choose the support they have, and those who want to "
    "change most may have most of it."
)
NONE: Final = "No such support"


@dataclass(frozen=True, slots=True)
class Sum:
    """Employers compared, how many went up, and their changes added up, in tenths."""

    n: int
    higher: int
    change: int


def summed(items: Iterable[Together]) -> Sum:
    """What a set of groups has together."""
    found = list(items)
    return Sum(
        sum(item.n for item in found),
        sum(item.n for item in found if item.way == "higher"),
        sum(item.change for item in found),
    )


def section(data: Data) -> Section:
    """Combinations of support, and each kind with and without, beside how employers moved."""
    intro = (
        "Employers that were compared, by the kinds of support they came to after their first "
        "diagnostic and up to their latest. It is an association: it does not say that support "
        "moved a score."
    )
    if not data.together:
        return Section(
            "support",
            "Support and movement",
            intro,
            notes=("Nothing yet: no employer took the diagnostic again in this time.",),
        )
    table = _combinations(data)
    return Section(
        "support",
        "Support and movement",
        intro,
        tables=(table, _kinds(data)),
        # One bar alone is no comparison.
        pictures=(
            pictured(
                "support-bars",
                "bars",
                "Share with a higher score, by the support they had",
                table,
                what="share with a higher score",
                label="support",
                value="share",
                low="low",
                high="high",
            ),
        )
        if sum(isinstance(row[2], int) for row in table.rows) > 1
        else (),
        notes=(
            _WARNING,
            f"Nothing is said of fewer than {data.minimum} employers.",
            (
                "Support counts on the day it was delivered, for employers of which somebody "
                "attended. Visits and calls are not among it."
            ),
        ),
    )


def _combinations(data: Data) -> Table:
    columns = (
        Column("support", "Support they had", Unit.TEXT, "Every kind they came to meanwhile"),
        Column("n", "Employers", Unit.COUNT, "Employers compared that had just these"),
        Column("change", "Average change", Unit.TENTHS, "The mean change of the overall score"),
        Column("higher", "Higher", Unit.COUNT, "Those whose overall score is higher"),
        Column("share", "Share higher", Unit.PER_MILLE, "The share of those with a higher score"),
        Column("low", "From", Unit.PER_MILLE, "The lower end of its 95% interval"),
        Column("high", "To", Unit.PER_MILLE, "The upper end of its 95% interval"),
    )
    groups = {item.support for item in data.together}
    found = {one: summed(item for item in data.together if item.support == one) for one in groups}
    rows = [
        (_named(data, one), *_row(data, found[one]))
        for one in sorted(groups, key=lambda one: (-found[one].n, len(one), one))
    ]
    return Table(
        "support",
        "Combinations of support",
        columns,
        tuple(rows),
        total=("All compared", *_row(data, summed(data.together))),
    )


def _named(data: Data, kinds: tuple[str, ...]) -> str:
    words = dict(data.words.support)
    names = [words.get(kind, kind) for kind in kinds]
    if not names:
        return NONE
    return " + ".join([names[0], *(name.lower() for name in names[1:])])


def _row(data: Data, found: Sum) -> tuple[Value, ...]:
    if found.n < data.minimum:
        few = Withheld.TOO_FEW
        return (found.n, few, few, few, few, few)
    low, high = wilson(found.higher, found.n) or (None, None)
    return (
        found.n,
        mean(found.change, found.n),
        found.higher,
        part(found.higher, found.n),
        low,
        high,
    )


def _kinds(data: Data) -> Table:
    columns = (
        Column("kind", "Kind of support", Unit.TEXT, "A kind of support they could come to"),
        Column("n_with", "Employers with it", Unit.COUNT, "Employers compared that had it"),
        Column("change_with", "Average change with it", Unit.TENTHS, "Of the overall score"),
        Column("n_without", "Employers without", Unit.COUNT, "Employers compared that had not"),
        Column("change_without", "Average change without", Unit.TENTHS, "Of the overall score"),
    )
    rows: list[tuple[Value, ...]] = []
    for kind, title in data.words.support:
        pair: list[Value] = []
        for has in (True, False):
            found = summed(item for item in data.together if (kind in item.support) is has)
            change = mean(found.change, found.n) if found.n >= data.minimum else Withheld.TOO_FEW
            pair += [found.n, change]
        rows.append((title, *pair))
    return Table(
        "support-kinds",
        "Each kind of support, with and without",
        columns,
        tuple(rows),
        note="An employer that had several kinds stands in several rows.",
    )
