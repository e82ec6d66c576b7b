"""What differs between two versions: word by word in the text, choice by choice in the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

from portal.toolkit.rules.content import Content, Source
from portal.toolkit.rules.practices import practices
from portal.toolkit.rules.words import AUDIENCES, DIMENSIONS, DOWNLOADS, SECTORS, SIZES

Kind = Literal["same", "added", "removed"]
_WORDS: Final = re.compile(r"\s+|[^\s]+")
# Comparing every word with every other takes its time: longer parts are shown as a whole.
_MOST_PAIRS: Final = 1_000_000
# So many unchanged lines are shown on either side of a change.
_AROUND: Final = 2


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a line that stayed, came or went."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the comparison; ``skipped`` says how many unchanged lines are left out here."""

    pieces: tuple[Piece, ...] = ()
    skipped: int = 0

    @property
    def changed(self) -> bool:
        """Whether anything in it differs."""
        return any(piece.kind != "same" for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class FactChange:
    """One fact beside the text that differs, before and after."""

    name: str
    before: str
    after: str


def text_changes(before: str, after: str) -> list[Line]:
    """Both texts as one: lines with what came and what went; long unchanged parts are left out."""
    return list(_shortened(list(_lines(before.split("\n"), after.split("\n")))))


def _lines(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    # Lines that come again and again (empty ones) would take the time and say nothing.
    matcher = SequenceMatcher(None, before, after, autojunk=True)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            for line in after[new_from:new_to]:
                yield Line((Piece("same", line),) if line else ())
        else:
            yield from _changed(
                "\n".join(before[old_from:old_to]), "\n".join(after[new_from:new_to])
            )


def _changed(before: str, after: str) -> Iterator[Line]:
    row: list[Piece] = []
    for piece in _words(before, after):
        parts = piece.text.split("\n")
        for number, part in enumerate(parts):
            if number:
                yield Line(tuple(row))
                row = []
            if part:
                row.append(Piece(piece.kind, part))
    yield Line(tuple(row))


def _words(before: str, after: str) -> Iterator[Piece]:
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) * len(new) > _MOST_PAIRS:
        opcodes = [("replace", 0, len(old), 0, len(new))]
    else:
        opcodes = list(SequenceMatcher(None, old, new, autojunk=False).get_opcodes())
    for tag, old_from, old_to, new_from, new_to in opcodes:
        if tag == "equal":
            yield Piece("same", "".join(new[new_from:new_to]))
            continue
        if old_to > old_from:
            yield Piece("removed", "".join(old[old_from:old_to]))
        if new_to > new_from:
            yield Piece("added", "".join(new[new_from:new_to]))


def _shortened(lines: list[Line]) -> Iterator[Line]:
    near: set[int] = set()
    for number, line in enumerate(lines):
        if line.changed:
            near.update(range(number - _AROUND, number + _AROUND + 1))
    skipped = 0
    for number, line in enumerate(lines):
        if number in near:
            if skipped:
                yield Line(skipped=skipped)
                skipped = 0
            yield line
        else:
            skipped += 1
    if skipped:
        yield Line(skipped=skipped)


def fact_changes(before: Content, after: Content) -> list[FactChange]:
    """Every fact beside the text that differs, in the order of the form."""
    old, new = dict(facts_in_words(before)), dict(facts_in_words(after))
    return [FactChange(name, old[name], new[name]) for name in new if old[name] != new[name]]


def facts_in_words(content: Content) -> Iterator[tuple[str, str]]:
    """What is said of a version beside its text, by name."""
    titles = {key: one.title for key, one in practices().items()}
    day = content.review_by
    yield "Title", content.title
    yield "Summary", content.summary
    yield "Written by", content.author
    yield "Minutes to read", str(content.minutes)
    yield "Look at it again by", f"{day.day} {day:%B %Y}"
    yield "Audience", _listed(content.audiences, AUDIENCES)
    yield "Dimension", _listed(content.dimensions, DIMENSIONS)
    yield "Practice", _listed(content.practices, titles, none="No practice")
    yield "Sector", _listed(content.sectors, SECTORS, none="Every sector")
    yield "Size", _listed(content.sizes, SIZES, none="Every size")
    yield "Invented example", "Yes" if content.illustrative else "No"
    yield "Downloads", _listed(content.downloads, DOWNLOADS, none="PDF only")
    yield "Sheets of the workbook", _sheets(content)
    yield "Sources", "; ".join(source_in_words(one) for one in content.sources) or "No source"


def source_in_words(source: Source) -> str:
    """A source on one line."""
    address = f", {source.url}" if source.url else ""
    return f"[@{source.key}] {source.title}, {source.publisher}, {source.year}{address}"


def _sheets(content: Content) -> str:
    sheets = (content.workbook or {}).get("sheets") or []
    return "; ".join(
        f"{sheet.get('name')}: "
        + ", ".join(str(column.get("title")) for column in sheet.get("columns") or [])
        for sheet in sheets
    )


def _listed(keys: Sequence[str], words: Mapping[str, str], *, none: str = "") -> str:
    return "; ".join(words.get(key, key) for key in keys) or none
