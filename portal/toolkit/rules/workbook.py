"""What an Excel workbook to fill in holds: read from its description and checked.

::

    sheets:
      - name: Tasks
        intro: What the sheet is for.
        columns:
          - {title: Task, width: 40}
          - {title: Who, kind: choice, choices: [Post holder, Somebody else], hint: "Choose one"}
          - {title: Hours, kind: hours, hint: "A usual week", min: 0, max: 168}
          - {title: Share, kind: formula, format: percent,
             formula: "=IF(SUM(C{first}:C{last})=0,0,C{row}/SUM(C{first}:C{last}))"}
        rows: [[Opening the shop, Post holder, 5]]   # filled in already; text with = is a formula
        blank: 12                                    # rows to fill in
        totals: {Hours: sum}                         # sum, average or count

A sheet has its title in row 1, its intro in row 2, the heads in row 3 and the first row in row 4.
In a formula ``{row}`` is its row, ``{first}`` and ``{last}`` are the first and last row to fill in
and ``{total}`` the row of totals; ``{first:Tasks}`` is that of another sheet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import Final

from portal.toolkit.rules import formulas
from portal.toolkit.rules.functions import FormulaError, Value
from portal.toolkit.rules.workbook_sheet import (
    FIRST_ROW,
    GUIDE_NAME,
    Cell,
    Sheet,
    WorkbookError,
    read_sheet,
)

_PLACE: Final = re.compile(r"\{(row|first|last|total)(?::([^{}]+))?\}")
MOST_SHEETS: Final = 8
# Cells that all formulas together look at: enough for hundreds of sums over a whole sheet.
_MOST_LOOKS: Final = 200_000


def read(spec: object) -> tuple[Sheet, ...]:
    """The sheets of a workbook, with every formula worked out.

    Raises:
        WorkbookError: for the first thing that is wrong.
    """
    listed = spec.get("sheets") if isinstance(spec, Mapping) else None
    if not isinstance(spec, Mapping) or set(spec) - {"sheets"} or not isinstance(listed, list):
        raise WorkbookError("A workbook is described by its “sheets”, a list")
    if not 1 <= len(listed) <= MOST_SHEETS:
        raise WorkbookError(f"A workbook has 1 to {MOST_SHEETS} sheets")
    sheets = [read_sheet(one, place) for place, one in enumerate(listed, start=1)]
    names = [sheet.name.casefold() for sheet in sheets] + [GUIDE_NAME.casefold()]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise WorkbookError(f"Two sheets are called “{twice}”")
    return _worked_out(sheets)


def fault(spec: object) -> str | None:
    """What is wrong with a description, in words for the person who writes it."""
    try:
        read(spec)
    except WorkbookError as error:
        return str(error)
    return None


# Working out -----------------------------------------------------------------------------------


def _worked_out(sheets: Sequence[Sheet]) -> tuple[Sheet, ...]:
    book = _Book(sheets)
    return tuple(
        replace(
            sheet,
            rows=tuple(
                tuple(book.finished(sheet, place, at) for place in range(1, len(sheet.columns) + 1))
                for at in range(FIRST_ROW, sheet.last_row + 1)
            ),
            totals=tuple(
                book.finished(sheet, place, sheet.end_row)
                for place in range(1, len(sheet.totals) + 1)
            ),
        )
        for sheet in sheets
    )


class _Book:
    """All sheets while their formulas are worked out, each cell once."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self._sheets = {sheet.name.casefold(): sheet for sheet in sheets}
        self._known: dict[tuple[str, int, int], Value] = {}
        self._open: set[tuple[str, int, int]] = set()
        self._looks = 0

    def finished(self, sheet: Sheet, column: int, row: int) -> Cell:
        cell = sheet.at(column, row)
        if cell is None or cell.is_input:
            return cell or Cell()
        name = f"{formulas.letter_of(column)}{row}"
        try:
            formula = self._placed(cell.formula, sheet, row)
            return Cell(self._value(sheet, column, row), formula)
        except FormulaError as error:
            raise WorkbookError(
                f"Sheet “{sheet.name}”, cell {name}: the formula {cell.formula} does not work: "
                f"{error}"
            ) from error
        except RecursionError as error:
            raise WorkbookError(f"Sheet “{sheet.name}”, cell {name}: too many steps") from error

    def _placed(self, formula: str, sheet: Sheet, row: int) -> str:
        def put(found: re.Match[str]) -> str:
            which, other = found[1], found[2]
            if which == "row" and other:
                raise FormulaError("{row} is that of its own sheet")
            at = self._named(other) if other else sheet
            rows = {"row": row, "first": FIRST_ROW, "last": at.last_row, "total": at.end_row}
            return str(rows[which])

        return _PLACE.sub(put, formula)

    def _named(self, name: str) -> Sheet:
        if name.casefold() not in self._sheets:
            raise FormulaError(f"there is no sheet “{name}”")
        return self._sheets[name.casefold()]

    def _value(self, sheet: Sheet, column: int, row: int) -> Value:
        key = (sheet.name.casefold(), column, row)
        self._looks += 1
        if self._looks > _MOST_LOOKS:
            raise FormulaError("all formulas together look at too many cells")
        if key in self._known:
            return self._known[key]
        cell = sheet.at(column, row)
        if cell is None:
            raise FormulaError(f"there is nothing in {formulas.letter_of(column)}{row} to use")
        if cell.is_input:
            return cell.value
        if key in self._open:
            raise FormulaError("it comes back to itself")
        self._open.add(key)
        try:
            value = self._work_out(cell.formula, sheet, row)
        finally:
            self._open.discard(key)
        self._known[key] = value
        return value

    def _work_out(self, formula: str, sheet: Sheet, row: int) -> Value:
        node = formulas.parse(self._placed(formula, sheet, row))
        for area in formulas.areas(node):
            at = self._named(area.sheet) if area.sheet else sheet
            for corner in ((area.left, area.top), (area.right, area.bottom)):
                if at.at(*corner) is None:
                    name = f"{formulas.letter_of(corner[0])}{corner[1]}"
                    raise FormulaError(f"“{at.name}” has nothing to fill in at {name}")
        value = formulas.work_out(
            node, lambda name, x, y: self._value(self._named(name) if name else sheet, x, y)
        )
        if isinstance(value, float) and not isfinite(value):
            raise FormulaError("its value is too large (#NUM!)")
        return 0.0 if value is None else value
