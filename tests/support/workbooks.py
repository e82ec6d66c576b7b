"""Reading a workbook as a program would: the sheets by name, their cells, formats and tables."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from io import BytesIO
from xml.etree import ElementTree as ET

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_KEY = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: words or a number, and how a number is written."""

    value: str | float
    format: str


@dataclass(slots=True)
class Page:
    """A sheet: its rows, blank cells left out of none, and how many tables it has."""

    rows: list[list[Cell | None]] = field(default_factory=list)
    tables: int = 0
    formulas: int = 0

    def row(self, first: str) -> list[Cell | None]:
        """The row that begins with these words."""
        return next(row for row in self.rows if row and row[0] and row[0].value == first)


def read(data: bytes) -> dict[str, Page]:
    """Every sheet of a workbook by its name, in order."""
    with zipfile.ZipFile(BytesIO(data)) as book:
        words = ["".join(item.itertext()) for item in _xml(book, "xl/sharedStrings.xml")]
        looks = _formats(_xml(book, "xl/styles.xml"))
        targets = {
            one.get("Id"): f"xl/{one.get('Target')}"
            for one in _xml(book, "xl/_rels/workbook.xml.rels")
        }
        sheets = _xml(book, "xl/workbook.xml").find(f"{_MAIN}sheets")
        assert sheets is not None
        return {
            str(one.get("name")): _page(_xml(book, targets[one.get(_KEY)]), words, looks)
            for one in sheets
        }


def _xml(book: zipfile.ZipFile, name: str) -> ET.Element:
    return ET.fromstring(book.read(name))  # noqa: S314 - our own file


def _formats(styles: ET.Element) -> list[str]:
    own = {one.get("numFmtId"): one.get("formatCode") for one in styles.iter(f"{_MAIN}numFmt")}
    used = styles.find(f"{_MAIN}cellXfs")
    assert used is not None
    return [str(own.get(one.get("numFmtId")) or one.get("numFmtId")) for one in used]


def _page(sheet: ET.Element, words: list[str], looks: list[str]) -> Page:
    page = Page(tables=len(list(sheet.iter(f"{_MAIN}tablePart"))))
    page.formulas = len(list(sheet.iter(f"{_MAIN}f")))
    for row in sheet.iter(f"{_MAIN}row"):
        cells: list[Cell | None] = []
        for cell in row:
            column = _number(re.sub(r"\d", "", str(cell.get("r"))))
            cells += [None] * (column - len(cells))
            held = cell.find(f"{_MAIN}v")
            if held is not None and held.text is not None:
                is_words = cell.get("t") == "s"
                value = words[int(held.text)] if is_words else float(held.text)
                cells.append(Cell(value, looks[int(cell.get("s") or 0)]))
        page.rows.append(cells)
    return page


def _number(letters: str) -> int:
    found = 0
    for letter in letters:
        found = found * 26 + ord(letter) - 64
    return found - 1
