"""One sheet of a workbook, read from its description: columns, rows, totals."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from portal.toolkit.rules import formulas
from portal.toolkit.rules.functions import Value

HEAD_ROW: Final = 3
FIRST_ROW: Final = 4
GUIDE_NAME: Final = "How to use"
KINDS: Final = ("text", "number", "hours", "pounds", "percent", "date", "choice", "formula")
_FIGURES: Final = frozenset({"number", "hours", "pounds", "percent"})
_FORMATS: Final = ("number", "hours", "pounds", "percent", "text")
_TOTALS: Final = {"sum": "SUM", "average": "AVERAGE", "count": "COUNTA"}
_SHEET_KEYS: Final = frozenset({"name", "intro", "columns", "rows", "blank", "totals"})
_COLUMN_KEYS: Final = frozenset(
    {"title", "width", "kind", "choices", "formula", "format", "hint", "min", "max"}
)
_NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
MOST_COLUMNS: Final = 20
MOST_ROWS: Final = 300
_LONGEST_NAME: Final = 31
_LONGEST_TITLE: Final = 60
_LONGEST_LIST: Final = 255
_LONGEST_INTRO: Final = 500
_LONGEST_CELL: Final = 1000
_WIDTHS: Final = (4, 80)
_USUAL_WIDTH: Final = 16


class WorkbookError(ValueError):
    """A description that makes no workbook; the message says what to mend, and where."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; ``look`` is how its values are shown, ``bounds`` what may be typed in it."""

    title: str
    width: float
    kind: str
    look: str
    choices: tuple[str, ...] = ()
    formula: str = ""
    hint: str = ""
    bounds: tuple[float | None, float | None] = (None, None)


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell: a value, or a formula with the value it has in the blank workbook."""

    value: Value = None
    formula: str = ""

    @property
    def is_input(self) -> bool:
        """Whether a person fills it in."""
        return not self.formula


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet with its rows; ``totals`` is its last row, where it has one."""

    name: str
    intro: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[Cell, ...] = ()

    @property
    def last_row(self) -> int:
        """The number of the last row to fill in."""
        return FIRST_ROW + len(self.rows) - 1

    @property
    def end_row(self) -> int:
        """The number of the last row of all."""
        return self.last_row + bool(self.totals)

    def at(self, column: int, row: int) -> Cell | None:
        """The cell at a column and row from 1, if the sheet has one there."""
        if not 1 <= column <= len(self.columns):
            return None
        if self.totals and row == self.last_row + 1:
            return self.totals[column - 1]
        place = row - FIRST_ROW
        return self.rows[place][column - 1] if 0 <= place < len(self.rows) else None


def read_sheet(said: object, place: int) -> Sheet:
    """A sheet from its description; ``place`` is its number from 1.

    Raises:
        WorkbookError: for the first thing that is wrong.
    """
    where = f"Sheet {place}"
    if not isinstance(said, Mapping):
        raise WorkbookError(f"{where} is not described by names with values")
    _only(said, _SHEET_KEYS, where)
    name = str(said.get("name") or "").strip()
    if not 1 <= len(name) <= _LONGEST_NAME or _NOT_IN_NAMES.search(name) or "'" in name:
        raise WorkbookError(
            f"{where} needs a name of at most {_LONGEST_NAME} characters without [ ] : * ? / \\ '"
        )
    where = f"Sheet “{name}”"
    columns = tuple(_columns(said.get("columns"), where))
    rows, blank = said.get("rows") or [], said.get("blank", 0)
    if not isinstance(rows, list) or not isinstance(blank, int) or isinstance(blank, bool):
        raise WorkbookError(f"{where}: “rows” is a list and “blank” a whole number")
    if blank < 0 or not 1 <= len(rows) + blank <= MOST_ROWS:
        raise WorkbookError(f"{where} has 1 to {MOST_ROWS} rows, those to fill in among them")
    cells = [
        _row(row, columns, f"{where}, row {at}") for at, row in enumerate([*rows, *[[]] * blank], 1)
    ]
    intro = str(said.get("intro") or "").strip()
    if len(intro) > _LONGEST_INTRO:
        raise WorkbookError(f"{where}: shorten its intro to {_LONGEST_INTRO} characters")
    sheet = Sheet(name, intro, columns, tuple(cells))
    return replace(sheet, totals=_totals(said.get("totals"), sheet, where))


def _only(said: Mapping[Any, Any], known: Collection[str], where: str) -> None:
    unknown = sorted(str(key) for key in said if key not in known)
    if unknown:
        raise WorkbookError(f"{where}: nobody knows “{unknown[0]}”")


def _columns(listed: object, where: str) -> Iterator[Column]:
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_COLUMNS:
        raise WorkbookError(f"{where} has 1 to {MOST_COLUMNS} columns")
    titles: set[str] = set()
    for place, said in enumerate(listed, start=1):
        if not isinstance(said, Mapping):
            raise WorkbookError(f"{where}, column {place} is not described by names with values")
        column = _column(said, f"{where}, column {place}")
        if column.title.casefold() in titles:
            raise WorkbookError(f"{where}: two columns are called “{column.title}”")
        titles.add(column.title.casefold())
        yield column


def _column(said: Mapping[Any, Any], where: str) -> Column:
    _only(said, _COLUMN_KEYS, where)
    title, kind = str(said.get("title") or "").strip(), str(said.get("kind") or "text")
    if not 1 <= len(title) <= _LONGEST_TITLE:
        raise WorkbookError(f"{where} needs a title of at most {_LONGEST_TITLE} characters")
    if kind not in KINDS:
        raise WorkbookError(f"{where}: there is no kind “{kind}”, only {', '.join(KINDS)}")
    width = said.get("width", _USUAL_WIDTH)
    if not _is_figure(width) or not _WIDTHS[0] <= width <= _WIDTHS[1]:
        raise WorkbookError(f"{where}: its width is a number from {_WIDTHS[0]} to {_WIDTHS[1]}")
    formula, hint = str(said.get("formula") or ""), str(said.get("hint") or "").strip()
    if (kind == "formula") != bool(formula):
        raise WorkbookError(f"{where}: a column of kind formula has a formula, and no other has")
    look = str(said.get("format") or "number") if kind == "formula" else kind
    if (kind != "formula" and "format" in said) or look not in (*_FORMATS, *KINDS):
        raise WorkbookError(f"{where}: a formula's format is one of {', '.join(_FORMATS)}")
    if len(hint) > _LONGEST_LIST:
        raise WorkbookError(f"{where}: shorten its hint to {_LONGEST_LIST} characters")
    choices = _choices(said.get("choices"), kind, where)
    return Column(
        title, float(width), kind, look, choices, formula, hint, _bounds(said, kind, where)
    )


def _choices(listed: object, kind: str, where: str) -> tuple[str, ...]:
    if (kind == "choice") != bool(listed):
        raise WorkbookError(f"{where}: a column of kind choice has choices, and no other has")
    if not listed:
        return ()
    if not isinstance(listed, list):
        raise WorkbookError(f"{where}: its choices are a list")
    choices = tuple(str(one).strip() for one in listed)
    if any(not one or "," in one for one in choices) or len(",".join(choices)) > _LONGEST_LIST:
        raise WorkbookError(
            f"{where}: a choice is some words without a comma, and all of them together have at "
            f"most {_LONGEST_LIST} characters"
        )
    return choices


def _bounds(said: Mapping[Any, Any], kind: str, where: str) -> tuple[float | None, float | None]:
    given = [said.get("min"), said.get("max")]
    if any(one is not None and not _is_figure(one) for one in given):
        raise WorkbookError(f"{where}: “min” and “max” are numbers")
    if kind not in _FIGURES:
        if given != [None, None]:
            raise WorkbookError(f"{where}: “min” and “max” are for numbers")
        return None, None
    least = 0.0 if given[0] is None else float(given[0] or 0)
    return least, None if given[1] is None else float(given[1] or 0)


def _row(said: object, columns: Sequence[Column], where: str) -> tuple[Cell, ...]:
    if not isinstance(said, list) or len(said) > len(columns):
        raise WorkbookError(f"{where} is a list of at most {len(columns)} cells")
    values = [*said, *[None] * (len(columns) - len(said))]
    return tuple(
        _cell(value, column, f"{where}, “{column.title}”")
        for value, column in zip(values, columns, strict=True)
    )


def _cell(value: object, column: Column, where: str) -> Cell:
    if isinstance(value, str) and value.startswith("="):
        return Cell(formula=value)
    if column.kind == "formula":
        if value is not None:
            raise WorkbookError(f"{where}: leave it empty, the column works it out")
        return Cell(formula=column.formula)
    return Cell() if value is None else Cell(_typed(value, column, where))


def _typed(value: object, column: Column, where: str) -> Value:
    if column.kind in _FIGURES:
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise WorkbookError(f"{where}: “{value}” is not a number")
        return float(value)
    if not isinstance(value, str) or len(value) > _LONGEST_CELL:
        raise WorkbookError(f"{where}: write it as a text in quotes")
    if column.kind == "choice" and value not in column.choices:
        raise WorkbookError(f"{where}: “{value}” is not one of the choices")
    if column.kind == "date":
        try:
            date.fromisoformat(value)
        except ValueError as error:
            raise WorkbookError(f'{where}: write the day as "2026-11-22"') from error
    return value


def _totals(said: object, sheet: Sheet, where: str) -> tuple[Cell, ...]:
    if not said:
        return ()
    if not isinstance(said, Mapping):
        raise WorkbookError(f"{where}: its totals are titles of columns with sum, average or count")
    known = {column.title: column for column in sheet.columns}
    for title, how in said.items():
        if title not in known or how not in _TOTALS:
            raise WorkbookError(f"{where}: a total of “{title}” by “{how}” cannot be made")
        if how != "count" and known[title].look not in _FIGURES:
            raise WorkbookError(f"{where}: “{title}” holds no numbers to add up")
    cells = []
    for place, column in enumerate(sheet.columns, start=1):
        letter = formulas.letter_of(place)
        span = f"{letter}{FIRST_ROW}:{letter}{sheet.last_row}"
        if column.title not in said:
            cells.append(Cell("Total" if place == 1 else None))
        elif said[column.title] == "average":
            cells.append(Cell(formula=f"=IF(COUNT({span})=0,0,AVERAGE({span}))"))
        else:
            cells.append(Cell(formula=f"={_TOTALS[said[column.title]]}({span})"))
    return tuple(cells)


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
