"""The programme report: the logic model of the service, in figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from portal.kernel.clock import utc_now
from portal.network.queries import graph
from portal.network.rules.graph_report import quarter_title, read, reading
from portal.programme.queries import settings
from portal.programme.rules import ProgrammeSettings
from portal.reports.queries import programme as found
from portal.reports.rules.document import Report, Section
from portal.reports.rules.outcomes import section as outcome_section
from portal.reports.rules.programme import (
    breakdowns,
    cost,
    funnel,
    hard,
    logic,
    network,
    reach,
    targets,
)
from portal.reports.rules.programme.data import Data, Titles
from portal.reports.rules.scope import Scope, View
from portal.reports.service import outcomes
from portal.reports.service.building import Builder, register_report

KEY: Final = "programme"
_TITLE: Final = "Programme report"
_ABOUT: Final = (
    "What the service does, whom it reaches, what it costs and what lasts: the logic model from "
    "inputs to outcomes, with targets, groups, the way from referral to embedded practice, and "
    "cost."
)
_NOTES: Final = ("Figures count whole months by the London clock.",)
_NOT_NARROWED: Final = (
    "One provider's work is shown for all employers: the filters for sector, size and district "
    "were left out."
)
# Tables about single providers and contracts are for those who answer for them.
_NAMED: Final = frozenset({"by-provider", "contracts", "hard-contracts"})


def build(scope: Scope) -> Report:
    """The report for a scope.

    A scope of one provider is not narrowed further: of one provider, sectors, sizes and districts
    are counted for outputs only.
    """
    notes: tuple[str, ...] = _NOTES
    if scope.provider is not None and scope.filtered:
        notes = (*_NOTES, _NOT_NARROWED)
        scope = Scope(scope.first, scope.last, scope.view, provider=scope.provider)
    data, changed, chosen = _read(scope)
    stages = tuple(
        section
        for section in (
            logic.inputs(data),
            logic.activities(data),
            logic.strand_1(data),
            logic.strand_2(data),
            logic.outcomes(data),
        )
        if section is not None
    )
    others = (
        targets.section(data),
        breakdowns.section(data),
        funnel.section(data),
        reach.section(data),
        cost.section(data),
        hard.section(data),
    )
    sections = [
        logic.summary(data, stages),
        *stages,
        changed,
        *(section for section in others if section is not None),
    ]
    sections += _network(scope)
    if scope.view is View.STATISTICS:
        sections = [_unnamed(section) for section in sections]
    return Report(
        KEY,
        _TITLE,
        _ABOUT,
        scope.first,
        scope.last,
        utc_now(),
        tuple(sections),
        chosen=chosen,
        notes=notes,
    )


def _unnamed(section: Section) -> Section:
    """Without tables and pictures of single providers and contracts."""
    return Section(
        section.key,
        section.title,
        section.intro,
        section.figures,
        tuple(table for table in section.tables if table.key not in _NAMED),
        tuple(picture for picture in section.pictures if picture.table not in _NAMED),
        section.notes,
    )


def _network(scope: Scope) -> list[Section]:
    """The network as it was worked out last: the whole of it, for LEP staff."""
    if scope.view is not View.FULL or scope.filtered or scope.provider is not None:
        return []
    now = graph.latest("", "")
    if now is None or not now.measures["members"]:
        return []
    standings = [
        _standing(quarter_title(one.day), one.measures)
        for one in reversed(graph.earlier("", "", now.day))
    ]
    return [
        network.section(
            (*standings, _standing("Now", now.measures)),
            now.measures["picture"],
            reading(read(now.measures)),
        )
    ]


def _standing(title: str, kept: Mapping[str, Any]) -> network.Standing:
    known = read(kept)
    return network.Standing(
        title,
        known.members,
        known.ties,
        known.density,
        len(known.parts),
        known.alone,
        known.brokers,
    )


def _read(scope: Scope) -> tuple[Data, Section, tuple[tuple[str, str], ...]]:
    """What is counted, the section on outcomes, and the filters in words: three statements."""
    known = settings()
    around = found.backdrop(scope)
    tallies, of_outcomes = found.tallies(scope, outcomes.wanted(scope))
    data = Data(
        scope,
        Titles(
            _narrowed(known.sector_choices, scope.sector),
            _narrowed(known.tier_choices, scope.size_tier),
            _narrowed(known.district_choices, scope.district),
        ),
        tallies,
        around.contracts,
        around.providers,
        around.published,
    )
    changed = outcome_section(outcomes.measured(of_outcomes))
    return data, changed, _chosen(scope, known, around.providers)


def _narrowed(choices: list[tuple[str, str]], chosen: str) -> tuple[tuple[str, str], ...]:
    """Every group, or the one that the report is about."""
    return tuple(choice for choice in choices if chosen in {"", choice[0]})


def _chosen(
    scope: Scope, known: ProgrammeSettings, providers: dict[int, str]
) -> tuple[tuple[str, str], ...]:
    words = (
        ("Provider", "" if scope.provider is None else providers.get(scope.provider, "")),
        ("Sector", scope.sector and known.sector_title(scope.sector)),
        ("Size", scope.size_tier and known.tier_title(scope.size_tier)),
        ("District", scope.district and known.district_title(scope.district)),
    )
    return tuple((name, value) for name, value in words if value)


BUILDER: Final = Builder(KEY, _TITLE, _ABOUT, build, frozenset(View))


def register() -> None:
    """Offer the report."""
    register_report(BUILDER)
