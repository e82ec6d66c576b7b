"""What reached whom: counts put together by resource, audience, sector, campaign or month."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from portal.toolkit.rules.words import AUDIENCES, FORMATS, NETWORKS, REACH_KINDS, SECTORS, suits

GROUPS: Final[Mapping[str, str]] = {
    "resource": "Resource",
    "format": "Format",
    "audience": "Audience of the resource",
    "sector": "Sector of the resource",
    "reader": "Sector of the reader",
    "campaign": "Campaign",
    "network": "Network",
    "month": "Month",
}
# Groups in which one reader may be counted under several headings.
OVERLAPPING: Final = frozenset({"audience", "sector"})
# A followed link belongs to a campaign and not to a resource.
_WITH_VISITS: Final = frozenset({"campaign", "network", "month"})
DEFINITIONS: Final[Mapping[str, str]] = {
    "visit": "The link of a campaign was followed, once for a visitor and a day.",
    "view": "The page of a resource was opened, once for a visitor, a resource and a day.",
    "download": "A file of a resource was downloaded, once for a visitor, a resource and a day.",
    "completion": "The last step of a toolkit was done, once for a visitor, a resource and a day.",
    "reached": "A visitor viewed, downloaded or completed a resource: once for a visitor, "
    "a resource and a day, whatever they did with it.",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """Counts of one kind that share a resource's version, campaign, reader's sector and month."""

    kind: str
    count: int
    month: date
    title: str = ""
    format: str = ""
    audiences: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    campaign: str = ""
    network: str = ""
    reader: str = ""


@dataclass(slots=True)
class Line:
    """One line of the report."""

    words: str
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, kind: str) -> int:
        """How often something of a kind was counted."""
        return self.counts.get(kind, 0)


@dataclass(frozen=True, slots=True)
class Report:
    """The lines of a report, the largest reach first (months in their order), and what is whole."""

    lines: tuple[Line, ...]
    total: Line


def report(cells: Iterable[Cell], *, group: str) -> Report:
    """Put counts together. The total counts each reader once, whatever the lines do."""
    lines: dict[str, Line] = {}
    total = Line("All")
    for cell in cells:
        total.counts[cell.kind] = total.count(cell.kind) + cell.count
        for key, words in _keys(cell, group):
            line = lines.setdefault(key, Line(words))
            line.counts[cell.kind] = line.count(cell.kind) + cell.count
    if group == "month":
        ordered = [line for _key, line in sorted(lines.items())]
    else:
        ordered = sorted(
            lines.values(),
            key=lambda line: (-line.count("reached"), -line.count("visit"), line.words),
        )
    return Report(tuple(ordered), total)


def kinds_shown(group: str) -> tuple[str, ...]:
    """The columns that mean something in a report: links are followed to campaigns only."""
    if group in _WITH_VISITS:
        return tuple(REACH_KINDS)
    return tuple(kind for kind in REACH_KINDS if kind != "visit")


def _keys(cell: Cell, group: str) -> list[tuple[str, str]]:
    """The lines that a count belongs to: each with its key and its words."""
    if cell.kind == "visit" and group not in _WITH_VISITS:
        return []
    return _KEYS[group](cell)


def _reader(cell: Cell) -> str:
    words = {"": "Not known", "other": "Another sector"}
    return SECTORS.get(cell.reader, words.get(cell.reader, cell.reader))


_KEYS: Final[Mapping[str, Callable[[Cell], list[tuple[str, str]]]]] = {
    "resource": lambda cell: [(cell.title, cell.title or "The library")],
    "format": lambda cell: [(cell.format, FORMATS.get(cell.format, "The library"))],
    "audience": lambda cell: [(key, AUDIENCES[key]) for key in cell.audiences],
    "sector": lambda cell: [(key, SECTORS[key]) for key in suits(list(cell.sectors), SECTORS)],
    "reader": lambda cell: [(cell.reader, _reader(cell))],
    "campaign": lambda cell: [(cell.campaign, cell.campaign or "No campaign")],
    "network": lambda cell: [(cell.network, NETWORKS.get(cell.network, "No campaign"))],
    "month": lambda cell: [(cell.month.isoformat(), f"{cell.month:%B %Y}")],
}
