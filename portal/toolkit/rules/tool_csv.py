"""CSV files that tools take: their rows by column, whatever a spreadsheet called the columns."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from portal.employers.rules.register_file import (
    HOW_TO_SAVE,
    RegisterFileError,
    heading_key,
    refuse_other_formats,
    refuse_other_texts,
)
from portal.kernel.result import Problem
from portal.kernel.tables import Table, TableTooLargeError

MOST_BYTES: Final = 2_000_000
_SEPARATORS: Final = (",", ";", "\t")
# Rows with nothing in them are passed over, but not without end.
_MOST_BLANK: Final = 5_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key, its name on screen, and other headings it may have."""

    key: str
    title: str
    also: tuple[str, ...] = ()
    required: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file and its cells by column, empty where the file has none."""

    line: int
    cells: Mapping[str, str]


def read_rows(content: bytes, columns: Sequence[Column], *, most: int) -> list[Row] | Problem:
    """Every row that is not empty, or why the file cannot be read and what to do about it."""
    try:
        return _rows(content, columns, most)
    except RegisterFileError as error:
        return Problem("file", str(error), "file")


def _rows(content: bytes, columns: Sequence[Column], most: int) -> list[Row]:
    if len(content) > MOST_BYTES:
        raise RegisterFileError(
            f"The file is larger than {MOST_BYTES // 1_000_000} MB. Take a shorter time, "
            "and save only the columns that are asked for."
        )
    refuse_other_formats(content)
    text = _decoded(content)
    refuse_other_texts(text)
    first = re.split(r"[\r\n]", text, maxsplit=1)[0]
    separator = max(_SEPARATORS, key=first.count)
    reader = Table(text, delimiter=separator, most_rows=most + _MOST_BLANK)
    try:
        places = _places(next(reader, []), columns)
        found = [
            Row(line, {key: _cell(cells, place) for key, place in places.items()})
            for line, cells in enumerate(reader, start=2)
            if any(cell.strip() for cell in cells)
        ]
    except TableTooLargeError as error:
        raise RegisterFileError(
            f"{error}; at most {most:,} are read. Take a shorter time, and delete empty rows."
        ) from error
    except csv.Error as error:
        raise RegisterFileError(
            f"There is a stray quotation mark near line {reader.line_num}. "
            f"Save the file again. {HOW_TO_SAVE}"
        ) from error
    if not found:
        raise RegisterFileError("The file has headings but no rows below them.")
    if len(found) > most:
        raise RegisterFileError(
            f"The file has {len(found):,} rows; at most {most:,} are read. Take a shorter time."
        )
    return found


def _decoded(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RegisterFileError(f"The file holds characters that cannot be read. {HOW_TO_SAVE}")


def _cell(cells: Sequence[str], place: int | None) -> str:
    return cells[place].strip() if place is not None and place < len(cells) else ""


def _places(headings: Sequence[str], columns: Sequence[Column]) -> dict[str, int | None]:
    keys = [heading_key(heading) for heading in headings]
    places: dict[str, int | None] = {}
    for column in columns:
        names = {heading_key(name) for name in (column.key, column.title, *column.also)}
        there = [place for place, key in enumerate(keys) if key in names]
        if len(there) > 1:
            raise RegisterFileError(f"The column “{column.title}” is there twice. Keep one.")
        places[column.key] = there[0] if there else None
    missing = [one.title for one in columns if one.required and places[one.key] is None]
    if missing:
        raise RegisterFileError(
            f"The first row must name the columns. Missing: {', '.join(missing)}."
        )
    return places
