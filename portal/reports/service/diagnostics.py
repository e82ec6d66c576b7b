"""The diagnostics report: how employers stand, what is weak where, and what moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from portal.caseload.rules.words import SUPPORT_KINDS
from portal.diagnostics.rules.catalogue import MAIN_KEY, load_catalogue
from portal.kernel.clock import utc_now
from portal.programme.queries import settings
from portal.programme.rules import ProgrammeSettings
from portal.reports.queries import diagnostics as queries
from portal.reports.queries.cells import Count
from portal.reports.rules.diagnostics import actions, movement, standing, support
from portal.reports.rules.diagnostics.data import (
    ActionCount,
    Cohort,
    Data,
    Lasted,
    Moves,
    Together,
    Words,
)
from portal.reports.rules.document import Report
from portal.reports.rules.scope import Scope, View
from portal.reports.service.building import Builder, register_report

KEY: Final = "diagnostics"
_TITLE: Final = "Diagnostics report"
_ABOUT: Final = (
    "How employers stand on the dimensions of practice, what is weak in which sectors, how those "
    "that took the diagnostic again have moved, and which actions have lasted."
)
_UNSCORED: Final = "unscored"


def build(scope: Scope) -> Report:
    """The report for a scope, out of two statements and the programme's settings."""
    known = settings()
    data = _read(scope, known)
    return Report(
        KEY,
        _TITLE,
        _ABOUT,
        scope.first,
        scope.last,
        utc_now(),
        (
            standing.now(data),
            standing.weak(data),
            movement.section(data),
            movement.again(data),
            support.section(data),
            actions.section(data),
        ),
        chosen=_chosen(scope, known),
        notes=(
            "Scores run from 0 to 100. Figures count whole months by the London clock.",
            "Legal minimums are flagged to each employer and are in no score.",
        ),
    )


def _read(scope: Scope, known: ProgrammeSettings) -> Data:
    found = queries.counted(scope)
    stands = queries.standing(scope)
    moves = _moves(found[queries.MOVEMENT])
    words = _words(_sectors(known, {sector for _, sector in (*stands, *moves)}))
    return Data(
        scope=scope,
        words=words,
        minimum=known.minimum_comparison_group,
        follow_ups=known.follow_up_months,
        completed={count.group[0]: count.n for count in found[queries.COMPLETED]},
        standing=stands,
        moves=moves,
        cohorts=_cohorts(found[queries.COHORT]),
        together=_together(found[queries.TOGETHER]),
        actions=_actions(found.get(queries.ACTIONS), words),
        lasted=_lasted(found.get(queries.LASTED), words),
    )


def _words(sectors: tuple[tuple[str, str], ...]) -> Words:
    """Dimensions and levels as the newest questionnaire calls them, actions of every version."""
    versions = load_catalogue().versions(MAIN_KEY)
    if not versions:
        raise RuntimeError("There is no questionnaire to report on")
    newest = versions[-1]
    levels = sorted(newest.maturity, key=lambda item: item.level)
    return Words(
        dimensions=tuple((item.key, item.title, item.short) for item in newest.dimensions),
        levels=tuple(item.name for item in levels),
        sectors=sectors,
        actions={
            item.key: (item.title, item.dimension)
            for version in versions
            for item in version.recommendations
        },
        support=tuple(SUPPORT_KINDS.items()),
    )


def _sectors(known: ProgrammeSettings, met: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The programme's sectors in its order, then what else was met."""
    choices = dict(known.sector_choices)
    others = sorted(set(met) - choices.keys())
    return (*choices.items(), *((key, key.replace("_", " ").capitalize()) for key in others))


def _moves(counts: Iterable[Count]) -> dict[tuple[str, str], Moves]:
    """Kinds are "leadership/higher/then": how many and, for each time, the sum of scores."""
    numbers: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for count in counts:
        kind, sector = count.group
        dimension, way, time = kind.split("/")
        of_group = numbers[dimension, sector]
        of_group[time] += count.amount
        if time == "now":
            of_group[way] += count.n
    return {key: Moves(**of_group) for key, of_group in numbers.items()}


def _cohorts(counts: Iterable[Count]) -> list[Cohort]:
    found = []
    for count in counts:
        month, kind = count.group
        state, _, unscored = kind.partition("/")
        scored = 0 if unscored == _UNSCORED else count.n
        found.append(Cohort(month, state, count.n, scored, count.amount))
    return found


def _together(counts: Iterable[Count]) -> list[Together]:
    found = []
    for count in counts:
        way, _, support_words = count.group[0].partition("/")
        found.append(Together(tuple(support_words.split()), way, count.n, count.amount))
    return found


def _actions(counts: Iterable[Count] | None, words: Words) -> list[ActionCount] | None:
    if counts is None:
        return None
    return [ActionCount(_known(count.group[0], words), count.group[1], count.n) for count in counts]


def _lasted(counts: Iterable[Count] | None, words: Words) -> list[Lasted] | None:
    if counts is None:
        return None
    return [
        Lasted(_known(count.group[0], words), int(count.group[1]), count.group[2], count.n)
        for count in counts
    ]


def _known(key: str, words: Words) -> str:
    """A recommendation that some questionnaire has; others stand in one row."""
    return key if key == actions.OWN or key in words.actions else actions.OLD


def _chosen(scope: Scope, known: ProgrammeSettings) -> tuple[tuple[str, str], ...]:
    words = (
        ("Sector", scope.sector and known.sector_title(scope.sector)),
        ("Size", scope.size_tier and known.tier_title(scope.size_tier)),
        ("District", scope.district and known.district_title(scope.district)),
    )
    return tuple((name, value) for name, value in words if value)


BUILDER: Final = Builder(KEY, _TITLE, _ABOUT, build, frozenset({View.FULL}))


def register() -> None:
    """Offer the report."""
    register_report(BUILDER)
