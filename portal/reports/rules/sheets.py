"""A report as tables for files: figures, each table, the data dictionary and what it is about.

Values keep their type, so that a spreadsheet can add them up: money in pounds, shares as
fractions, days as days. What is not shown is a symbol in square brackets, as official statistics
write it, and never a blank that could be read as nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from portal.reports.rules.document import Column, Figure, Report, Table, Unit, Value, Withheld

Plain = int | Decimal | date | str | None
# Whether a number is small, or only stands beside one, would narrow what it can be: one symbol.
SYMBOLS: Final[Mapping[Withheld, str]] = {
    Withheld.SMALL: "[c]",
    Withheld.COMPLEMENT: "[c]",
    Withheld.TOO_FEW: "[u]",
    Withheld.NOT_KNOWN: "[x]",
}
NOT_APPLICABLE: Final = "[z]"
SYMBOL_WORDS: Final[Mapping[str, str]] = {
    "[c]": "Not shown: a small number, or one from which a small number could be worked out",
    "[u]": "Not shown: too few to say anything",
    "[x]": "Not known",
    NOT_APPLICABLE: "Does not apply here",
}
UNIT_WORDS: Final[Mapping[Unit, str]] = {
    Unit.COUNT: "a number",
    Unit.PENCE: "pounds sterling",
    Unit.PER_MILLE: "percent",
    Unit.DAYS: "days",
    Unit.TENTHS: "points from 0 to 100",
    Unit.MINUTES: "minutes",
    Unit.TEXT: "words",
    Unit.MONTH: "a month",
    Unit.DAY: "a day",
}
_SHORT: Final[Mapping[Unit, tuple[str, str]]] = {
    # What a heading must say about its numbers, and the word that says it already.
    Unit.PENCE: ("£", "£"),
    Unit.PER_MILLE: ("%", "%"),
    Unit.DAYS: ("days", "day"),
    Unit.MINUTES: ("minutes", "minute"),
}
_WORDS: Final = frozenset({Unit.TEXT, Unit.MONTH, Unit.DAY})
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]+")
_FILE_SAFE: Final = re.compile(r"[^a-z0-9]+")
_LONGEST_SHEET: Final = 31
FIGURES: Final = "figures"
DICTIONARY: Final = "data-dictionary"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table for a file. ``units`` holds a row's units where they are not the columns' own."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    has_total: bool = False
    notes: tuple[str, ...] = ()
    units: tuple[tuple[Unit, ...], ...] = ()

    def unit_of(self, row: int, column: int) -> Unit:
        """The unit of one value."""
        return self.units[row][column] if self.units else self.columns[column].unit


def plain(value: Value, unit: Unit) -> Plain:
    """A value as a file holds it; a share in percent."""
    if isinstance(value, Withheld):
        return SYMBOLS[value]
    if value is None:
        return None if unit is Unit.TEXT else NOT_APPLICABLE
    if isinstance(value, str):
        return _day(value, unit)
    if unit is Unit.PENCE:
        return Decimal(value).scaleb(-2)
    if unit in {Unit.PER_MILLE, Unit.TENTHS}:
        return Decimal(value).scaleb(-1)
    return value


def _day(text: str, unit: Unit) -> date | str:
    if unit not in {Unit.MONTH, Unit.DAY}:
        return text
    try:
        return date.fromisoformat(text if unit is Unit.DAY else f"{text[:7]}-01")
    except ValueError:
        return text


def heading(column: Column) -> str:
    """A column's heading with its unit, where the words do not say it already."""
    short, said = _SHORT.get(column.unit, ("", ""))
    label = column.label
    return f"{label} ({short})" if short and said not in label.lower() else label


def headings(columns: Sequence[Column]) -> list[str]:
    """The headings of a table, each unlike the others, as a spreadsheet's table wants them."""
    found: list[str] = []
    taken: set[str] = set()
    for column in columns:
        text = heading(column) or column.key
        number = 1
        while (text if number == 1 else f"{text} {number}").lower() in taken:
            number += 1
        text = text if number == 1 else f"{text} {number}"
        taken.add(text.lower())
        found.append(text)
    return found


def tables_of(report: Report) -> dict[str, Table]:
    """The report's tables by the names of their files, in order, each name given once."""
    found: dict[str, Table] = {}
    for table in report.tables:
        base = _FILE_SAFE.sub("-", table.key.lower()).strip("-") or "table"
        name, number = base, 1
        while name in found or name in {FIGURES, DICTIONARY}:
            number += 1
            name = f"{base}-{number}"
        found[name] = table
    return found


def sheets_of(report: Report) -> dict[str, Sheet]:
    """Everything a report says as tables, by the names of their files: figures, tables, meaning."""
    found = {FIGURES: figures_sheet(report)} if report.figures else {}
    for name, table in tables_of(report).items():
        found[name] = Sheet(
            name,
            table.title,
            table.columns,
            (*table.rows, table.total) if table.total else table.rows,
            has_total=table.total is not None,
            notes=(table.note,) if table.note else (),
        )
    found[DICTIONARY] = dictionary_sheet(report)
    return found


def sheet_names(titles: Sequence[str]) -> list[str]:
    """Names that a workbook takes: 31 characters at most, unlike each other in any case."""
    found: list[str] = []
    taken: set[str] = {"history"}
    for title in titles:
        base = " ".join(_FORBIDDEN.sub(" ", title).split()).strip("'") or "Table"
        name, number = base[:_LONGEST_SHEET].rstrip(" '"), 1
        while not name or name.lower() in taken:
            number += 1
            name = f"{base[: _LONGEST_SHEET - 4].rstrip()} {number}"
        taken.add(name.lower())
        found.append(name)
    return found


def _column(key: str, label: str, meaning: str, unit: Unit = Unit.TEXT) -> Column:
    return Column(key, label, unit, meaning)


_FIGURE_COLUMNS: Final = (
    _column("part", "Part of the report", "The heading under which the figure stands"),
    _column("figure", "Figure", "What it is called"),
    _column("value", "Value", "The figure, in the unit beside it"),
    _column("unit", "Unit", "What the value is counted or measured in"),
    _column("low", "Interval from", "The lower end of its 95% interval, where it is an estimate"),
    _column("high", "Interval to", "The upper end of its 95% interval, where it is an estimate"),
    _column("target", "Target", "What it is held against"),
    _column("note", "Note", "What a reader should know about it"),
)


def figures_sheet(report: Report) -> Sheet:
    """All figures as one table, one row each."""
    pairs = list(_figures(report))
    rows = tuple(
        (
            part,
            figure.label,
            figure.value,
            UNIT_WORDS[figure.unit],
            *(None if isinstance(figure.value, Withheld) else end for end in bounds(figure)),
            figure.target,
            figure.note,
        )
        for part, figure in pairs
    )
    text = Unit.TEXT
    units = tuple(
        (text, text, one.unit, text, one.unit, one.unit, one.unit, text) for _, one in pairs
    )
    return Sheet(FIGURES, "Figures", _FIGURE_COLUMNS, rows, units=units)


def bounds(figure: Figure) -> tuple[int | None, int | None]:
    """The ends of a figure's interval; none of one that is not shown, which they would narrow."""
    if isinstance(figure.value, Withheld):
        return None, None
    return figure.low, figure.high


def _figures(report: Report) -> Iterator[tuple[str, Figure]]:
    for section in report.sections:
        for figure in section.figures:
            yield section.title, figure


_DICTIONARY_COLUMNS: Final = (
    _column("where", "Table or part", "Where the column or figure stands"),
    _column("name", "Column or figure", "What it is called"),
    _column("unit", "Unit", "What it is counted or measured in"),
    _column("meaning", "Meaning", "What it is"),
    _column("rule", "How it is counted and dated", "The rule, for figures"),
    _column("source", "Source", "Which records it rests on, for figures"),
)


def dictionary_sheet(report: Report) -> Sheet:
    """What every figure and every column means."""
    rows: list[tuple[Value, ...]] = [
        (part, one.label, UNIT_WORDS[one.unit], one.definition, one.rule, one.source)
        for part, one in _figures(report)
    ]
    for table in report.tables:
        names = headings(table.columns)
        rows += [
            (table.title, name, UNIT_WORDS[column.unit], column.meaning, "", "")
            for name, column in zip(names, table.columns, strict=True)
        ]
    return Sheet(DICTIONARY, "Data dictionary", _DICTIONARY_COLUMNS, tuple(rows))


def is_number(unit: Unit) -> bool:
    """Whether values of a unit stand to the right, as numbers do."""
    return unit not in _WORDS


def symbols_in(sheet: Sheet) -> list[str]:
    """The symbols that a table uses, in their order."""
    used = {
        plain(value, sheet.unit_of(number, column))
        for number, row in enumerate(sheet.rows)
        for column, value in enumerate(row)
    }
    return [symbol for symbol in SYMBOL_WORDS if symbol in used]
