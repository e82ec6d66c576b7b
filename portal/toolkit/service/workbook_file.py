"""A workbook to fill in as an Excel file: formulas locked and worked out, the rest open.

Nobody needs a password: protection only keeps a formula from being typed over by accident. Equal
papers and sheets give equal bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from io import BytesIO
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from portal.integrations.packages import repacked
from portal.integrations.paper import (
    ILLUSTRATIVE,
    Block,
    Grid,
    Heading,
    Listing,
    Paper,
    Paragraph,
    Quote,
    blocks_of,
    clean,
    words_of,
)
from portal.toolkit.rules.workbook_sheet import (
    FIRST_ROW,
    GUIDE_NAME,
    HEAD_ROW,
    Cell,
    Column,
    Sheet,
)

_A4: Final = 9
_GUIDE_WIDTH: Final = 96
_LINE: Final = 15.5
_ACCENT: Final = "#0B5C66"
_INK: Final = "#14252B"
_LOOKS: Final[Mapping[str, str]] = {
    "number": "General",
    "hours": "0.0#",
    "pounds": "£#,##0.00",
    "percent": "0.0%",
    "date": "d mmm yyyy",
    "text": "@",
    "choice": "@",
}
_BASE: Final = {"font_name": "Arial", "font_size": 11, "font_color": _INK, "valign": "top"}
_EDGES: Final = {"border": 1, "border_color": "#B8C8CB"}
_SAYS: Final[Mapping[str, str]] = {
    "number": "Type a number",
    "hours": "Type hours as a number: 7.5 is seven and a half",
    "pounds": "Type an amount in pounds",
    "percent": "Type a percentage, such as 15%",
    "date": "Type a day, such as 22 November 2026",
    "choice": "Choose from the list",
}
_LOCKED: Final = (
    "Grey cells work themselves out and are locked against typing by accident; to change one, "
    "unprotect its sheet: there is no password."
)
_LONGEST_TITLE: Final = 32
_LONGEST_MESSAGE: Final = 255
# What a person may do in a protected sheet besides filling it in.
_ALLOWED: Final = {
    "select_locked_cells": True,
    "select_unlocked_cells": True,
    "format_cells": True,
    "format_columns": True,
    "format_rows": True,
    "sort": True,
    "autofilter": True,
}


def make_xlsx(paper: Paper, sheets: Sequence[Sheet]) -> bytes:
    """The workbook's bytes: how to use it first, then its sheets."""
    data = BytesIO()
    book = Workbook(
        data,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties(
        {
            "title": clean(paper.title),
            "subject": clean(paper.summary),
            "author": clean(paper.author),
            "keywords": clean(paper.keywords),
            "category": paper.kind,
            "comments": paper.address,
            "created": datetime.combine(paper.written_on, time()),
        }
    )
    writer = _Writer(book, paper)
    writer.guide(sheets)
    for sheet in sheets:
        writer.sheet(sheet)
    book.close()
    return repacked(data.getvalue())


class _Writer:
    """A workbook while it is written, with its formats, each made once."""

    def __init__(self, book: Workbook, paper: Paper) -> None:
        self._book = book
        self._paper = paper
        self._formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def _format(self, **look: Any) -> Any:
        key = tuple(sorted({**_BASE, **look}.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(dict(key))
        return self._formats[key]

    # The text ---------------------------------------------------------------------------------

    def guide(self, sheets: Sequence[Sheet]) -> None:
        """The sheet that says what the workbook is for, with the resource's own text."""
        page, paper = self._book.add_worksheet(GUIDE_NAME), self._paper
        page.hide_gridlines(2)
        page.set_column(0, 0, _GUIDE_WIDTH)
        lines: list[tuple[str, Mapping[str, Any]]] = [
            (paper.kind, {"font_color": "#4A5B62"}),
            (paper.title, {"bold": True, "font_size": 20, "font_color": _ACCENT}),
            (paper.summary, {"font_size": 12}),
        ]
        if paper.illustrative:
            lines.append((ILLUSTRATIVE, {"bold": True, "font_color": "#7A4D00"}))
        lines.append(("The sheets", _HEADING))
        lines += [(f"{one.name}: {one.intro}" if one.intro else one.name, {}) for one in sheets]
        lines.append((_LOCKED, {}))
        lines += _said(blocks_of(paper))
        row = 0
        for text, look in lines:
            row = self._line(page, row, text, look)
        row = self._references(page, row)
        for name, value in paper.facts:
            row = self._line(page, row, f"{name}: {value}", {})
        row = self._line(page, row, paper.small_print, {"font_color": "#4A5B62"})
        page.write_url(row, 0, paper.address, self._link(), string="Page with the latest version")
        page.set_portrait()
        self._print(page, rows=row + 1, columns=1)

    def _line(self, page: Worksheet, row: int, text: str, look: Mapping[str, Any]) -> int:
        page.write_string(row, 0, clean(text), self._format(text_wrap=True, **look))
        size = float(look.get("font_size", 11))
        lines = _lines(text, _GUIDE_WIDTH * 11 / size)
        page.set_row(row, lines * size * 1.4 + (8 if look.get("bold") else 2))
        return row + 1

    def _references(self, page: Worksheet, row: int) -> int:
        if self._paper.references:
            row = self._line(page, row, "Sources", _HEADING)
        for one in self._paper.references:
            text = clean(f"{one.number}. {one.title}, {one.publisher}, {one.year}")
            if one.url:
                page.write_url(row, 0, one.url, self._link(), string=text[:_LONGEST_MESSAGE])
            else:
                page.write_string(row, 0, text, self._format(text_wrap=True))
            page.set_row(row, _lines(text, _GUIDE_WIDTH) * _LINE)
            row += 1
        return row

    def _link(self) -> Any:
        return self._format(font_color=_ACCENT, underline=1, text_wrap=True)

    # A sheet ----------------------------------------------------------------------------------

    def sheet(self, sheet: Sheet) -> None:
        """A sheet with its heads, rows, totals, and what may be typed where."""
        page, last = self._book.add_worksheet(sheet.name), len(sheet.columns) - 1
        page.hide_gridlines(2)
        wide = sum(column.width for column in sheet.columns)
        for at, column in enumerate(sheet.columns):
            page.set_column(at, at, column.width)
        title = self._format(bold=True, font_size=16, font_color=_ACCENT)
        page.write_string(0, 0, f"{clean(self._paper.title)}: {sheet.name}", title)
        page.set_row(0, 26)
        intro = self._format(text_wrap=True)
        if last and sheet.intro:
            page.merge_range(1, 0, 1, last, clean(sheet.intro), intro)
        else:
            page.write_string(1, 0, clean(sheet.intro), intro)
        page.set_row(1, max(_lines(sheet.intro, wide), 1) * _LINE + 4)
        self._heads(page, sheet)
        for place, cells in enumerate(sheet.rows):
            self._row(page, FIRST_ROW - 1 + place, sheet.columns, cells, {})
        if sheet.totals:
            look = {"bold": True, "top": 2, "bg_color": "#E3EFF0"}
            self._row(page, sheet.last_row, sheet.columns, sheet.totals, look)
        for at, column in enumerate(sheet.columns):
            self._validate(page, sheet, at, column)
        page.freeze_panes(HEAD_ROW, 1)
        page.protect("", _ALLOWED)
        page.set_landscape()
        page.repeat_rows(HEAD_ROW - 1)
        self._print(page, rows=sheet.end_row, columns=last + 1)

    def _heads(self, page: Worksheet, sheet: Sheet) -> None:
        head = self._format(
            bold=True, font_color="#FFFFFF", bg_color=_ACCENT, text_wrap=True, **_EDGES
        )
        for at, column in enumerate(sheet.columns):
            page.write_string(HEAD_ROW - 1, at, clean(column.title), head)
        lines = max(_lines(one.title, one.width * 0.9) for one in sheet.columns)
        page.set_row(HEAD_ROW - 1, lines * _LINE + 3)

    def _row(
        self,
        page: Worksheet,
        row: int,
        columns: Sequence[Column],
        cells: Sequence[Cell],
        look: Mapping[str, Any],
    ) -> None:
        lines = 1
        for at, (column, cell) in enumerate(zip(columns, cells, strict=True)):
            self._cell(page, row, at, column, cell, look)
            if isinstance(cell.value, str):
                lines = max(lines, _lines(cell.value, column.width * 0.95))
        if lines > 1:
            page.set_row(row, lines * _LINE)

    def _cell(
        self,
        page: Worksheet,
        row: int,
        at: int,
        column: Column,
        cell: Cell,
        look: Mapping[str, Any],
    ) -> None:
        shown: dict[str, Any] = {"num_format": _LOOKS[column.look], "text_wrap": True, **_EDGES}
        if not cell.is_input:
            shown["bg_color"] = "#EEF1F2"
            if isinstance(cell.value, str):
                shown["num_format"] = "General"
            made = self._format(**{**shown, **look})
            value = cell.value if cell.value is not None else ""
            page.write_formula(row, at, cell.formula, made, value)
            return
        made = self._format(**shown, **look, locked=bool(look))
        if cell.value is None:
            page.write_blank(row, at, None, made)
        elif column.kind == "date" and isinstance(cell.value, str) and not look:
            page.write_datetime(row, at, date.fromisoformat(cell.value), made)
        elif isinstance(cell.value, str):
            page.write_string(row, at, clean(cell.value), made)
        else:
            page.write_number(row, at, float(cell.value), made)

    def _validate(self, page: Worksheet, sheet: Sheet, at: int, column: Column) -> None:
        rule = _rule(column)
        if column.hint:
            rule.update(
                input_title=column.title[:_LONGEST_TITLE],
                input_message=column.hint[:_LONGEST_MESSAGE],
            )
        if not rule or column.kind == "formula":
            return
        rule.setdefault("validate", "any")
        page.data_validation(FIRST_ROW - 1, at, sheet.last_row - 1, at, rule)

    def _print(self, page: Worksheet, *, rows: int, columns: int) -> None:
        page.set_paper(_A4)
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        page.print_area(0, 0, rows - 1, columns - 1)
        page.set_footer("&L&8Part-Time Talent Portal&R&8Page &P of &N")


_HEADING: Final = {"bold": True, "font_size": 14, "font_color": _ACCENT}


def _rule(column: Column) -> dict[str, Any]:
    """What may be typed in a column, as the library wants it said."""
    least, most = column.bounds
    if column.kind == "choice":
        rule: dict[str, Any] = {"validate": "list", "source": list(column.choices)}
    elif column.kind == "date":
        rule = {
            "validate": "date",
            "criteria": "between",
            "minimum": date(2000, 1, 1),
            "maximum": date(2100, 1, 1),
        }
    elif column.kind in {"number", "hours", "pounds", "percent"}:
        if most is None:
            rule = {"validate": "decimal", "criteria": ">=", "value": least}
        else:
            rule = {
                "validate": "decimal",
                "criteria": "between",
                "minimum": least,
                "maximum": most,
            }
    else:
        return {}
    rule.update(
        error_title=column.title[:_LONGEST_TITLE], error_message=_message(column, least, most)
    )
    return rule


def _message(column: Column, least: float | None, most: float | None) -> str:
    said = _SAYS[column.kind]
    if least is None:
        return said
    show = "{:.0%}" if column.kind == "percent" else "{:g}"
    if most is None:
        return f"{said}. It is {show.format(least)} or more"
    return f"{said}. It is from {show.format(least)} to {show.format(most)}"


def _lines(text: str, width: float) -> int:
    """About how many lines a text takes in a column of so many characters."""
    return sum(max(1, -(-len(part) // max(int(width), 1))) for part in text.split("\n"))


def _said(blocks: Sequence[Block], depth: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """The resource's text as lines of one column."""
    indent = {"indent": depth} if depth else {}
    for block in blocks:
        if isinstance(block, Heading):
            size = {2: 14, 3: 12, 4: 11}[block.level]
            yield words_of(block.runs), {**_HEADING, "font_size": size}
        elif isinstance(block, Paragraph):
            yield words_of(block.runs), indent
        elif isinstance(block, Quote):
            yield from _said(block.blocks, depth + 1)
        elif isinstance(block, Listing):
            yield from _items(block, depth + 1)
        elif isinstance(block, Grid):
            for row in (block.head, *block.rows):
                yield " | ".join(words_of(runs) for runs in row), {"indent": depth + 1}


def _items(block: Listing, depth: int) -> Iterator[tuple[str, dict[str, Any]]]:
    for place, item in enumerate(block.items):
        mark = "\u2022" if block.start is None else f"{block.start + place}."
        if item.box is not None:
            mark = "\u2611" if item.box else "\u2610"
        first, *rest = item.blocks or (Paragraph(()),)
        if isinstance(first, Paragraph):
            yield f"{mark} {words_of(first.runs)}", {"indent": depth}
        else:
            rest = [first, *rest]
        yield from _said(rest, depth)
