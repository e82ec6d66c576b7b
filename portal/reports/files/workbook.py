"""A report as a workbook: what it is about, figures, a sheet for each table, and what all means.

One table a sheet, marked as a table, its headings in one row, no merged cells: a screen reader and
a program read it alike. Nothing in it is a formula. Its properties hold no moment but that of the
report, so that the same report gives the same bytes.
"""

from __future__ import annotations

import warnings
from datetime import UTC, date
from decimal import Decimal
from io import BytesIO
from typing import Any, Final

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from portal.integrations.pdf import cap_text
from portal.kernel.clock import london
from portal.reports.rules.document import Report, Unit, Value
from portal.reports.rules.reading import HANDLING, VIEW_WORDS, period_words, state_words
from portal.reports.rules.scope import View
from portal.reports.rules.sheets import (
    SYMBOL_WORDS,
    Sheet,
    headings,
    is_number,
    plain,
    sheet_names,
    sheets_of,
    symbols_in,
)

XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_LONGEST: Final = 32_000
_WIDEST: Final = 60
_NARROWEST: Final = 12
_COVER: Final = "About"
_FORMATS: Final = {
    Unit.COUNT: "#,##0",
    Unit.PENCE: "£#,##0.00",
    Unit.PER_MILLE: "0.0%",
    Unit.DAYS: "#,##0",
    Unit.TENTHS: "0.0",
    Unit.MINUTES: "#,##0",
    Unit.MONTH: "mmm yyyy",
    Unit.DAY: "d mmm yyyy",
}


class _Styles:
    """The looks of cells, made as they are needed."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._known: dict[tuple[Unit | None, bool, bool], Any] = {}
        self.title = book.add_format({"bold": True, "font_size": 16})
        self.strong = book.add_format({"bold": True, "valign": "top"})
        self.words = book.add_format({"text_wrap": True, "valign": "top"})
        self.head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})

    def of(self, unit: Unit | None, *, bold: bool, right: bool = False) -> Any:
        """The look of a value."""
        key = (unit, bold, right)
        if key not in self._known:
            look: dict[str, Any] = {"valign": "top", "bold": bold}
            if unit in _FORMATS:
                look["num_format"] = _FORMATS[unit]
            if unit is Unit.TEXT:
                look["text_wrap"] = True
            if right:
                look["align"] = "right"
            self._known[key] = self._book.add_format(look)
        return self._known[key]


def workbook_bytes(report: Report, *, view: View, fingerprint: str, export: str = "") -> bytes:
    """The whole report. ``export`` is the key of the entry in the audit trail, where there is one.

    ``fingerprint`` is that of the report's text, so that a workbook can be matched with it.
    """
    file = BytesIO()
    book = Workbook(
        file,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties(
        {
            "title": cap_text(report.title, 200),
            "subject": period_words(report.first, report.last),
            "author": "Part-Time Talent Portal",
            "comments": HANDLING[view],
            "created": report.as_at.astimezone(UTC).replace(tzinfo=None),
        }
    )
    styles = _Styles(book)
    sheets = list(sheets_of(report).values())
    names = sheet_names([_COVER, *(sheet.title for sheet in sheets)])
    cover = book.add_worksheet(names[0])
    about = _about(report, view=view, fingerprint=fingerprint, export=export)
    _cover(cover, report, about, list(zip(sheets, names[1:], strict=True)), styles)
    for number, (sheet, name) in enumerate(zip(sheets, names[1:], strict=True), start=1):
        _sheet(book.add_worksheet(name), sheet, number, names[0], styles)
    book.close()
    return file.getvalue()


def _about(report: Report, *, view: View, fingerprint: str, export: str) -> list[tuple[str, str]]:
    at = london(report.as_at)
    return [
        ("What it says", report.summary),
        ("Period", period_words(report.first, report.last)),
        ("State", state_words(report)),
        ("Figures as at", f"{at.day} {at:%B %Y at %H:%M}, London time"),
        *((name, value) for name, value in report.chosen),
        ("Who it is for", VIEW_WORDS[view]),
        ("How to handle it", HANDLING[view]),
        ("Made by", "Part-Time Talent Portal"),
        ("Fingerprint", f"SHA-256 {fingerprint}"),
        *((("Export", export),) if export else ()),
        *(("Note", note) for note in report.notes),
    ]


def _cover(
    page: Worksheet,
    report: Report,
    about: list[tuple[str, str]],
    contents: list[tuple[Sheet, str]],
    styles: _Styles,
) -> None:
    page.set_column(0, 0, 26)
    page.set_column(1, 1, 90)
    page.hide_gridlines(2)
    page.write_string(0, 0, cap_text(report.title, _LONGEST), styles.title)
    row = 2
    for name, value in about:
        page.write_string(row, 0, cap_text(name, _LONGEST), styles.strong)
        page.write_string(row, 1, cap_text(value, _LONGEST), styles.words)
        row += 1
    row += 1
    page.write_string(row, 0, "Symbols", styles.strong)
    for symbol, words in SYMBOL_WORDS.items():
        page.write_string(row, 1, f"{symbol} {words}", styles.words)
        row += 1
    row += 1
    page.write_string(row, 0, "Contents", styles.strong)
    for sheet, name in contents:
        address = f"internal:'{name.replace(chr(39), chr(39) * 2)}'!A1"
        page.write_url(row, 1, address, string=cap_text(sheet.title, 250))
        row += 1


def _sheet(page: Worksheet, sheet: Sheet, number: int, cover: str, styles: _Styles) -> None:
    heads = headings(sheet.columns)
    page.write_string(0, 0, cap_text(sheet.title, _LONGEST), styles.title)
    page.write_url(1, 0, f"internal:'{cover}'!A1", string="Back to the contents")
    top = 2
    for note in (*sheet.notes, *(f"{one} {SYMBOL_WORDS[one]}" for one in symbols_in(sheet))):
        page.write_string(top, 0, cap_text(note, _LONGEST))
        top += 1
    top += 1
    body = len(sheet.rows) - sheet.has_total
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        page.add_table(
            top,
            0,
            top + max(body, 1),
            len(heads) - 1,
            {
                "name": f"Table_{number}",
                "style": "Table Style Light 1",
                "autofilter": False,
                "columns": [
                    {"header": cap_text(head, 250), "header_format": styles.head} for head in heads
                ],
            },
        )
    page.freeze_panes(top + 1, 1)
    for index, row in enumerate(sheet.rows):
        is_total = sheet.has_total and index == len(sheet.rows) - 1
        for column, value in enumerate(row):
            at = (top + 1 + index, column)
            _write(page, at, value, sheet.unit_of(index, column), styles, bold=is_total)
    if not sheet.rows:
        page.write_string(top + 1, 0, "Nothing yet")
    for column, width in enumerate(_widths(sheet, heads)):
        page.set_column(column, column, width)


def _widths(sheet: Sheet, heads: list[str]) -> list[int]:
    found = []
    for column, head in enumerate(heads):
        longest = max(
            (len(str(row[column])) for row in sheet.rows if row[column] is not None), default=0
        )
        found.append(min(max(longest, len(head) // 2, _NARROWEST) + 2, _WIDEST))
    return found


def _write(
    page: Worksheet,
    at: tuple[int, int],
    value: Value,
    unit: Unit,
    styles: _Styles,
    *,
    bold: bool,
) -> None:
    held = plain(value, unit)
    if held is None or held == "":
        return
    if isinstance(held, date):
        page.write_datetime(*at, held, styles.of(unit, bold=bold))
    elif isinstance(held, int | Decimal):
        number = held / 100 if unit is Unit.PER_MILLE else held
        page.write_number(*at, float(number), styles.of(unit, bold=bold))
    else:
        look = styles.of(Unit.TEXT, bold=bold, right=is_number(unit))
        page.write_string(*at, cap_text(held, _LONGEST), look)
