"""What the report says of a network: its figures, the same in sentences, and its growth.

Figures are kept as plain data (``measures``). Names are never kept with them, only members' keys:
whoever takes back that its name is shown is without a name on the page at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final

from portal.network.rules.graph import (
    Graph,
    betweenness,
    brokers,
    build,
    clustering,
    components,
)
from portal.network.rules.graph_picture import FEWEST_SHOWN, Cell, draw
from portal.network.rules.ties import Tie, TieKey, kinds_between

_MOST_LISTED: Final = 15
_QUARTERS_BACK: Final = 20
_LAST_MONTHS: Final = ((3, 31), (6, 30), (9, 30), (12, 31))


@dataclass(frozen=True, slots=True)
class Figures:
    """A network in figures.

    Ties are pairs that are tied in any way; ``kinds`` counts pairs for each way, and a pair that
    is tied in two ways counts in both. ``parts`` has sizes of parts with two members or more.
    ``sampled`` says of how many starting points betweenness was estimated; None means exact.
    """

    members: int
    ties: int
    density: float
    mean_degree: float
    clustering: float
    closed: float
    parts: tuple[int, ...]
    alone: int
    brokers: int
    sampled: int | None
    kinds: Mapping[str, int]


def measures(
    members: Iterable[int], ties: Mapping[TieKey, Tie], *, cells: Mapping[int, Cell]
) -> dict[str, Any]:
    """Everything that is kept of a network as it is now: figures, lists by keys, the picture."""
    graph = build(members, ((low, high) for low, high, _kind in ties))
    cutting, between = brokers(graph), betweenness(graph)
    most = sorted(
        (number for number in range(graph.size) if between.values[number] > 0),
        key=lambda one: (-between.values[one], graph.nodes[one]),
    )[:_MOST_LISTED]
    return {
        **asdict(figures(graph, ties, sampled=between.sampled, splitting=len(cutting))),
        "alone_keys": [graph.nodes[number] for number in graph.isolates],
        "splitting": [
            {
                "key": graph.nodes[one.number],
                "cut_off": one.cut_off,
                "parts": one.parts,
                "ties": len(graph.neighbours[one.number]),
            }
            for one in cutting
        ],
        "between": [
            {
                "key": graph.nodes[number],
                "share": between.values[number],
                "ties": len(graph.neighbours[number]),
            }
            for number in most
        ],
        "picture": draw(graph, brokers=cutting, between=between, cells=cells).as_data(),
    }


def past_measures(members: Iterable[int], ties: Mapping[TieKey, Tie], day: date) -> dict[str, Any]:
    """The figures of a network as it was at the end of a day; a quarter keeps no more."""
    then = {key: tie for key, tie in ties.items() if tie.since <= day}
    graph = build(members, ((low, high) for low, high, _kind in then))
    return asdict(figures(graph, then, sampled=None, splitting=len(brokers(graph))))


def figures(
    graph: Graph, ties: Collection[TieKey], *, sampled: int | None, splitting: int
) -> Figures:
    """A graph in figures; ``ties`` are those it was built from, and perhaps others."""
    keys = set(graph.nodes)
    close = clustering(graph)
    parts = [len(part) for part in components(graph)]
    return Figures(
        members=graph.size,
        ties=graph.ties,
        density=graph.density,
        mean_degree=graph.mean_degree,
        clustering=close.mean,
        closed=close.closed,
        parts=tuple(size for size in parts if size > 1),
        alone=parts.count(1),
        brokers=splitting,
        sampled=sampled,
        kinds=dict(kinds_between(key for key in ties if key[0] in keys and key[1] in keys)),
    )


def read(kept: Mapping[str, Any]) -> Figures:
    """Figures from what was kept."""
    values = {name: kept[name] for name in Figures.__dataclass_fields__}
    return Figures(**{**values, "parts": tuple(values["parts"])})


# In sentences ------------------------------------------------------------------------------------


def reading(known: Figures) -> list[str]:
    """The network in plain sentences, for those who do not see the picture or do not read graphs.

    Every figure of the report stands in them.
    """
    if not known.members:
        return ["The network has no members yet."]
    said = [f"The network has {_many(known.members, 'member')} and {_many(known.ties, 'tie')}."]
    if not known.ties:
        return [*said, "Nobody is tied to anybody yet: an event is the quickest way to begin."]
    said.append(
        f"A member is tied to {known.mean_degree:.1f} others on average. Of every 100 ties that "
        f"there could be, {_per_cent(known.density)} {_is_are(known.density)} there."
    )
    said.append(_parts_said(known))
    if known.closed:
        said.append(
            f"Where a member is tied to two others, those two are tied to each other in "
            f"{_per_cent(known.closed)} of 100 cases."
        )
    else:
        said.append("No two members that are tied to the same member are tied to each other.")
    said.append(_brokers_said(known))
    return said


def _parts_said(known: Figures) -> str:
    largest, others = known.parts[0], known.parts[1:]
    if largest == known.members:
        return "Everybody can reach everybody else through others."
    text = f"{_many(largest, 'member')} can reach each other through others"
    if others:
        smaller = sum(others)
        text += f"; {smaller} more form {_many(len(others), 'smaller group')} apart from them"
    if known.alone:
        text += (
            f"; {_many(known.alone, 'member')} {'is' if known.alone == 1 else 'are'} tied to nobody"
        )
    return f"{text}."


def _brokers_said(known: Figures) -> str:
    if not known.brokers:
        return "No part of it hangs on one member alone."
    if known.brokers == 1:
        return "One member holds parts of it together: its leaving would split the network."
    return (
        f"{known.brokers} members hold parts of it together: "
        "the leaving of any of them would split the network."
    )


def _many(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _per_cent(share: float) -> str:
    value = 100 * share
    if 0 < value < 1:
        return "fewer than one"
    if 99 < value < 100:  # noqa: PLR2004 - nearly all is not all
        return "99"
    return f"{value:.0f}"


def _is_are(share: float) -> str:
    return "is" if 0 < 100 * share < 1.5 else "are"  # noqa: PLR2004 - what is rounded to one


_WAYS: Final[Mapping[str, str]] = {
    "event": "by being at the same events",
    "peer": "as peers who were introduced",
    "reply": "by answers in the forum",
    "referral": "by a referral",
    "invited": "by an invitation",
}


def own_reading(kinds: Sequence[Collection[str]], *, who: str) -> str:
    """One member's ties in a sentence; ``kinds`` has the ways in which it is tied to each other."""
    be = "are" if who == "You" else "is"
    if not kinds:
        return f"{who} {be} not connected with anybody yet."
    text = f"{who} {be} connected with {_many(len(kinds), 'other member')}"
    counted = [(sum(kind in own for own in kinds), words) for kind, words in _WAYS.items()]
    ways = [f"{number:,} {words}" for number, words in counted if number]
    more = " Some are connected in several ways." if any(len(own) > 1 for own in kinds) else ""
    return f"{text}: {', '.join(ways)}.{more}"


# By quarter --------------------------------------------------------------------------------------


def quarter_ends(first: date, now: date) -> list[date]:
    """The last days of quarters that are over, from the one of ``first`` on; five years at most."""
    days = [
        day
        for year in range(first.year, now.year + 1)
        for month, last in _LAST_MONTHS
        if first <= (day := date(year, month, last)) < now
    ]
    return days[-_QUARTERS_BACK:]


def is_quarter_end(day: date) -> bool:
    """Whether a quarter ends with this day."""
    return (day.month, day.day) in _LAST_MONTHS


def quarter_title(day: date) -> str:
    """A quarter by its last day: "July to September 2026"."""
    first = day.replace(month=day.month - 2, day=1)
    return f"{first:%B} to {day:%B %Y}"


# Who may be told ---------------------------------------------------------------------------------


def singles_out(shown: Collection[bool]) -> bool:
    """Whether a report on these members (does each show its name?) would single one of them out.

    So it is with fewer than ``FEWEST_SHOWN`` members of whom one or more shows no name.
    """
    return 0 < len(shown) < FEWEST_SHOWN and not all(shown)


def described(*, sector: str, district: str, cell: int, in_sector: int) -> str:
    """A member that shows no name, in words that fit five members or more.

    ``sector`` and ``district`` are titles; ``cell`` counts members with both of them and
    ``in_sector`` those of the sector anywhere.
    """
    if cell >= FEWEST_SHOWN:
        return f"An employer in {sector.lower()}, {district}"
    if in_sector >= FEWEST_SHOWN:
        return f"An employer in {sector.lower()}"
    return "An employer"
