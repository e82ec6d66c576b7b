"""Who is connected with whom, as the network's own report last worked it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from portal.reports.rules.document import Column, Section, Table, Unit, Value
from portal.reports.rules.readings import pictured


@dataclass(frozen=True, slots=True)
class Standing:
    """The network at the end of a quarter, or now; ``density`` and the like are shares of 1."""

    title: str
    members: int
    ties: int
    density: float
    parts: int
    alone: int
    brokers: int


_COLUMNS: Final = (
    Column("quarter", "At the end of", Unit.TEXT, "The quarter; the last is as it stands now"),
    Column("members", "Members", Unit.COUNT, "Employers in the network"),
    Column("ties", "Ties", Unit.COUNT, "Pairs of members that are tied in any way"),
    Column(
        "density", "Of all possible ties", Unit.PER_MILLE, "Ties there are of ties there could be"
    ),
    Column("parts", "Parts", Unit.COUNT, "Groups of two or more that no tie joins with another"),
    Column("alone", "Tied to nobody", Unit.COUNT, "Members without a tie: whom to invite"),
    Column("brokers", "Hold it together", Unit.COUNT, "Members whose leaving would split a part"),
)
_INTRO: Final = (
    "Members are tied when they came to the same event, were introduced, answered each other in "
    "the forum, or one invited or referred the other."
)


def section(
    standings: Sequence[Standing], drawing: Mapping[str, Any], words: Sequence[str]
) -> Section:
    """The network over the quarters, earliest first, with its picture as it is now."""
    rows: tuple[tuple[Value, ...], ...] = tuple(
        (
            one.title,
            one.members,
            one.ties,
            round(one.density * 1000),
            one.parts,
            one.alone,
            one.brokers,
        )
        for one in standings
    )
    table = Table("network", "The network by quarter", _COLUMNS, rows)
    return Section(
        key="network",
        title="The employer network",
        intro=_INTRO,
        tables=(table,),
        pictures=(
            pictured(
                "network-picture",
                "network",
                "Who is connected",
                table,
                words=words[0],
                drawing=unnamed(drawing),
            ),
        ),
        notes=tuple(words[1:]),
    )


def unnamed(drawing: Mapping[str, Any]) -> dict[str, Any]:
    """The picture without the keys of the members in it: a report that is kept names nobody."""
    return {
        name: [{key: value for key, value in disc.items() if key != "key"} for disc in discs]
        if name in {"discs", "alone"}
        else discs
        for name, discs in drawing.items()
    }
