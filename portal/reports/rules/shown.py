"""A report in the words and numbers that a page and its print show, ready for a template."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from portal.reports.rules.document import (
    WITHHELD_WORDS,
    Column,
    Drill,
    Figure,
    Picture,
    Report,
    Section,
    Table,
    Unit,
    Value,
    Withheld,
)
from portal.reports.rules.sheets import UNIT_WORDS, bounds, headings, is_number, tables_of
from portal.reports.rules.written import NOT_SHOWN, written

# Together they stand in few words: which of the two it is would say more than either.
_PROTECTED: Final = (
    "Not shown: so few that somebody could be recognised, or a number from which so few could be "
    "worked out."
)
_WORDS: Final[Mapping[Withheld, str]] = {
    Withheld.SMALL: _PROTECTED,
    Withheld.COMPLEMENT: _PROTECTED,
    Withheld.TOO_FEW: f"{WITHHELD_WORDS[Withheld.TOO_FEW]}.",
    Withheld.NOT_KNOWN: WITHHELD_WORDS[Withheld.NOT_KNOWN],
}
_UNSAFE: Final = re.compile(r"[^a-z0-9]+")
# Columns of one printed part of a table: more would not be read on A4.
_PRINTED: Final = 8
_LONG_WORDS: Final = 22


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """A figure as a card."""

    anchor: str
    label: str
    value: str
    is_number: bool
    interval: str
    target: str
    note: str
    definition: str
    rule: str
    source: str
    drill: Drill | None


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of a table: its first cell is its heading."""

    head: str
    cells: tuple[str, ...]
    drill: Drill | None = None


@dataclass(frozen=True, slots=True)
class ShownTable:
    """A table as text. ``file`` names it among files; ``numeric`` has a column's alignment each."""

    anchor: str
    file: str
    title: str
    heads: tuple[str, ...]
    meanings: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[ShownRow, ...]
    total: ShownRow | None
    note: str
    legend: tuple[str, ...]

    @property
    def is_wide(self) -> bool:
        """Whether a print takes it in several parts."""
        return len(self.heads) - 1 > _PRINTED

    @property
    def parts(self) -> list[tuple[int, ...]]:
        """Its columns but the first (from 0), in parts of about equal width that fit on a page."""
        columns = len(self.heads) - 1
        number = max(1, -(-columns // _PRINTED))
        size = -(-columns // number) if columns else 0
        return [
            tuple(range(start, min(start + size, columns)))
            for start in range(0, columns, size or 1)
        ] or [()]


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture with the table that it draws, as document and as text.

    ``is_first`` says whether none before it draws the same table, which is printed once.
    """

    anchor: str
    picture: Picture
    table: Table
    shown: ShownTable
    is_first: bool


@dataclass(frozen=True, slots=True)
class ShownSection:
    """A part of the report. ``tables`` are those that no picture draws."""

    anchor: str
    title: str
    intro: str
    figures: tuple[ShownFigure, ...]
    pictures: tuple[ShownPicture, ...]
    tables: tuple[ShownTable, ...]
    notes: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing but words."""
        return not self.figures and not self.pictures and not self.tables


def anchor(*parts: str) -> str:
    """An id for a part of the page."""
    return "-".join(_UNSAFE.sub("-", part.lower()).strip("-") for part in parts if part)


def shown(report: Report) -> tuple[ShownSection, ...]:
    """Every section as text, in order."""
    names = [(name, table) for name, table in tables_of(report).items()]
    sections, start = [], 0
    taken: set[str] = set()
    for section in report.sections:
        own = names[start : start + len(section.tables)]
        start += len(section.tables)
        sections.append(_section(section, own, taken))
    return tuple(sections)


def _free(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 1
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    taken.add(name)
    return name


def _section(section: Section, named: Sequence[tuple[str, Table]], taken: set[str]) -> ShownSection:
    key = _free(anchor(section.key) or "part", taken)
    tables = {table.key: _table(table, name, taken) for name, table in named}
    documents = {table.key: table for _, table in named}
    drawn = {picture.table for picture in section.pictures}
    return ShownSection(
        anchor=key,
        title=section.title,
        intro=section.intro,
        figures=tuple(_figure(one, _free(anchor(key, one.key), taken)) for one in section.figures),
        pictures=tuple(
            ShownPicture(
                _free(anchor(key, one.key, "picture"), taken),
                one,
                documents[one.table],
                tables[one.table],
                one.table not in [earlier.table for earlier in section.pictures[:place]],
            )
            for place, one in enumerate(section.pictures)
        ),
        tables=tuple(one for table, one in tables.items() if table not in drawn),
        notes=section.notes,
    )


def _figure(figure: Figure, own: str) -> ShownFigure:
    low, high = bounds(figure)
    unit = figure.unit
    interval = ""
    if low is not None and high is not None:
        interval = f"95% interval: {written(low, unit)} to {written(high, unit)}"
    value = figure.value
    text = _WORDS[value] if isinstance(value, Withheld) else written(value, unit)
    return ShownFigure(
        anchor=own,
        label=figure.label,
        value=text,
        # Words, and what is not shown, are not set as large as a number.
        is_number=not isinstance(value, Withheld) and len(text) < _LONG_WORDS,
        interval=interval,
        target="" if figure.target is None else f"Target: {written(figure.target, unit)}",
        note=figure.note,
        definition=figure.definition,
        rule=figure.rule,
        source=figure.source,
        drill=figure.drill,
    )


def _table(table: Table, name: str, taken: set[str]) -> ShownTable:
    columns = table.columns
    drills = table.drills if len(table.drills) == len(table.rows) else (None,) * len(table.rows)
    return ShownTable(
        anchor=_free(anchor("table", name), taken),
        file=name,
        title=table.title,
        heads=tuple(headings(columns)) if _mixed(columns) else tuple(_labels(columns)),
        meanings=tuple(column.meaning for column in columns),
        numeric=tuple(is_number(column.unit) for column in columns),
        rows=tuple(
            _row(row, columns, drill) for row, drill in zip(table.rows, drills, strict=True)
        ),
        total=None if table.total is None else _row(table.total, columns, None),
        note=table.note,
        legend=_legend(table),
    )


def _mixed(columns: Sequence[Column]) -> bool:
    """Whether two columns share a label, so that each needs a heading of its own."""
    return len({column.label for column in columns}) < len(columns)


def _labels(columns: Sequence[Column]) -> list[str]:
    return [column.label or column.key for column in columns]


def _row(values: Sequence[Value], columns: Sequence[Column], drill: Drill | None) -> ShownRow:
    texts = [_cell(value, column.unit) for value, column in zip(values, columns, strict=True)]
    return ShownRow(texts[0], tuple(texts[1:]), drill) if texts else ShownRow("", (), drill)


def _cell(value: Value, unit: Unit) -> str:
    if value in {Withheld.SMALL, Withheld.COMPLEMENT}:
        return NOT_SHOWN
    # A dash says that there is no number; words and days that are not there say nothing.
    return "" if value is None and not is_number(unit) else written(value, unit)


def _legend(table: Table) -> tuple[str, ...]:
    used = {
        value
        for row in (*table.rows, *((table.total,) if table.total else ()))
        for value in row
        if isinstance(value, Withheld)
    }
    found = [_WORDS[one] for one in Withheld if one in used and one is not Withheld.NOT_KNOWN]
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a figure or a column is, for the page of definitions."""

    name: str
    unit: str
    definition: str
    rule: str = ""
    source: str = ""


def meanings(report: Report, *, once: bool = False) -> list[tuple[str, str, list[Meaning]]]:
    """What everything in the report means, by its parts: the part, its kind, and its names.

    ``once`` leaves out what an earlier table has said already in the same words, as on paper.
    """
    found: list[tuple[str, str, list[Meaning]]] = []
    for section in report.sections:
        if section.figures:
            figures = [
                Meaning(one.label, UNIT_WORDS[one.unit], one.definition, one.rule, one.source)
                for one in section.figures
            ]
            found.append((section.title, "figures", figures))
        for table in section.tables:
            names = headings(table.columns)
            columns = [
                Meaning(name, UNIT_WORDS[column.unit], column.meaning)
                for name, column in zip(names, table.columns, strict=True)
            ]
            found.append((table.title, "columns", columns))
    return _said_once(found) if once else found


def _said_once(
    found: Sequence[tuple[str, str, list[Meaning]]],
) -> list[tuple[str, str, list[Meaning]]]:
    said: set[Meaning] = set()
    fresh = []
    for title, kind, items in found:
        new = [one for one in items if one not in said]
        said.update(new)
        if new:
            fresh.append((title, kind, new))
    return fresh
