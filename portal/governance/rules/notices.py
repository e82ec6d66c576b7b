"""The privacy notice in its versions, from data/notices/. A published version is never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = Path(__file__).resolve().parent.parent / "data" / "notices"


class NoticeError(ValueError):
    """A notice that cannot be published."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the notice: paragraphs, points, a table, and paragraphs after them.

    A section whose table is ``periods`` has the periods as they are now for rows.
    """

    heading: str
    text: tuple[str, ...]
    points: tuple[str, ...]
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """One version of the notice."""

    version: int
    published: date
    changes: str
    lead: str
    sections: tuple[Section, ...]


def parse(
    document: Mapping[str, Any],
    fill: Mapping[str, str],
    periods: Sequence[tuple[str, str]] = (),
) -> Notice:
    """A notice from its document, with ``{controller}`` and ``{contact}`` filled in.

    ``periods`` are the lines (what, how long) of a section that draws its table from the schedule.

    Raises:
        NoticeError: when a part is missing, or a row is longer or shorter than its table's head.
    """

    def filled(text: str) -> str:
        return text.format_map(fill)

    def lines(raw: Mapping[str, Any], name: str) -> tuple[str, ...]:
        return tuple(filled(line) for line in raw.get(name, ()))

    sections = []
    for raw in document["sections"]:
        table = raw.get("table") or {"head": (), "rows": ()}
        rows = tuple(tuple(filled(cell) for cell in row) for row in table["rows"])
        if table.get("drawn_from") == "periods":
            rows = tuple(periods)
        if any(len(row) != len(table["head"]) for row in rows):
            raise NoticeError(f"{raw['heading']}: a row does not fit the table")
        section = Section(
            heading=raw["heading"],
            text=lines(raw, "text"),
            points=lines(raw, "points"),
            head=tuple(table["head"]),
            rows=rows,
            after=lines(raw, "after"),
        )
        if not (section.text or section.points or section.rows):
            raise NoticeError(f"{section.heading}: says nothing")
        sections.append(section)
    return Notice(
        document["version"],
        document["published"],
        document["changes"],
        filled(document["lead"]),
        tuple(sections),
    )


@cache
def _documents() -> Mapping[int, Mapping[str, Any]]:
    found = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        if path.stem != str(document["version"]):
            raise NoticeError(f"{path.name} holds version {document['version']}")
        found[document["version"]] = document
    return found


def published(today: date) -> list[tuple[int, date, str]]:
    """Version, day and what is new of every notice published so far, the latest first."""
    known = [(one["version"], one["published"], one["changes"]) for one in _documents().values()]
    return sorted((line for line in known if line[1] <= today), reverse=True)


def notice(
    version: int,
    today: date,
    fill: Mapping[str, str],
    periods: Sequence[tuple[str, str]] = (),
) -> Notice | None:
    """A version of the notice; None when there is none or it is not published yet."""
    document = _documents().get(version)
    if document is None or document["published"] > today:
        return None
    return parse(document, fill, periods)
