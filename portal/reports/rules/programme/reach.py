"""How far promotion and the network reach."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from portal.reports.rules.document import Column, Figure, Section, Table, Unit
from portal.reports.rules.programme.data import Data, groups
from portal.reports.rules.programme.measures import MEASURES
from portal.reports.rules.programme.tables import per_group, table, text
from portal.reports.rules.programme.tally import Sum
from portal.reports.rules.readings import pictured

# What visitors do with a resource, as a column each.
_DONE: Final = (
    (
        "reached",
        "Resources distributed",
        "Visitors who viewed, downloaded or completed a resource, each once a day for each.",
    ),
    ("view", "Views", "Visitors who read a resource, each once a day for each."),
    ("download", "Downloads", "Visitors who took a file away, each once a day for each."),
    (
        "completion",
        "Completions",
        "Visitors who went through to the end, each once a day for each.",
    ),
    ("visit", "Links followed", "Visitors who came by a campaign's link, each once a day."),
)
_CHANNELS: Final = (("campaign", "By a campaign's link"), ("none", "Otherwise"))


def _columns() -> tuple[Column, ...]:
    return tuple(Column(key, label, Unit.COUNT, meaning) for key, label, meaning in _DONE)


def _n(found: Mapping[str, Sum], key: str) -> int:
    return found[key].n if key in found else 0


def _table(data: Data, key: str, title: str, *, by: str, label: str, meaning: str) -> Table:
    name = "reach" if by == "sector" else "reach_channels"
    tally = data.tally(name)
    choices = data.titles.sectors if by == "sector" else _CHANNELS
    counted = {kind: tally.per(by, kind=kind) for kind, _, _ in _DONE}
    keys = groups(choices, tally.per(by))
    return table(
        key,
        title,
        (text(by, label, meaning), *_columns()),
        per_group(
            keys,
            [partial(_n, counted[kind]) for kind, _, _ in _DONE],
        ),
    )


def _months(data: Data) -> Table:
    reach, firsts = data.tally("reach_m"), data.tally("firsts_m")
    read = reach.per("month", kind="reached")
    events = data.tally("activities_m").per("month")
    came = data.tally("attendance_m").per("month")
    joined = firsts.per("month", kind="member")
    return table(
        "reach-months",
        "Reach by month",
        (
            Column("month", "Month", Unit.MONTH, "The month."),
            MEASURES["distributed"].column,
            MEASURES["activities"].column,
            Column(
                "attendances",
                "People at events",
                Unit.COUNT,
                "People who were checked in at network events, each once an event.",
            ),
            Column(
                "joined",
                "Employers who joined",
                Unit.COUNT,
                "Employers that joined the employer network, in the month they first did.",
            ),
        ),
        [
            (
                key,
                *(found[key].n if key in found else 0 for found in (read, events, came, joined)),
            )
            for key in (month.isoformat() for month in data.months)
        ],
    )


def section(data: Data) -> Section | None:
    """Strand 1's reach: of the whole programme only."""
    if not data.whole:
        return None
    sectors = _table(
        data,
        "reach-sectors",
        "Reach by the reader's sector",
        by="sector",
        label="Sector",
        meaning="The sector of the reader's employer, where they are signed in; else not known.",
    )
    months = _months(data)
    channels = _table(
        data,
        "reach-channels",
        "Reach by campaign",
        by="channel",
        label="How they came",
        meaning="Whether they followed the link of a campaign.",
    )
    return Section(
        "reach",
        "Reach of promotion and the network",
        "Who read the library and came to events. Visitors are counted, never identified.",
        figures=_figures(data),
        tables=(months, sectors, channels),
        pictures=(
            pictured(
                "reach-months",
                "months",
                "Resources distributed by month",
                months,
                what="resources distributed",
                label="month",
                value="distributed",
                running=data.running,
            ),
            pictured(
                "reach-sectors",
                "bars",
                "Resources distributed by the reader's sector",
                sectors,
                what="resources distributed",
                label="sector",
                value="reached",
            ),
        ),
    )


def _figures(data: Data) -> tuple[Figure, ...]:
    return (
        Figure(
            "published",
            "Resources published",
            data.published,
            Unit.COUNT,
            "Resources that readers of the library can open.",
            "As they stand at the time of the report, whatever the period.",
            "Library",
        ),
        Figure(
            "visits",
            "Campaign links followed",
            data.sum("reach_channels", kind="visit").n,
            Unit.COUNT,
            "Visitors who came by the link of a campaign.",
            "Each once a day for each link.",
            "Reach of the library",
        ),
        Figure(
            "members",
            "Employers who joined the network",
            data.sum("firsts", kind="member").n,
            Unit.COUNT,
            "Employers of which somebody joined the employer network.",
            "Each employer once, in the month it first joined.",
            "Network members",
            drill=data.drill("employers", kind="member"),
        ),
        Figure(
            "attendances",
            "People at network events",
            data.sum("attendance").n,
            Unit.COUNT,
            "People who were checked in at events of the network.",
            "Each once an event, in the month they were checked in.",
            "Events and check-in",
            drill=data.drill("events"),
        ),
    )
