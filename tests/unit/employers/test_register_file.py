"""Reading a register file: what it takes, and one clear message for what it does not."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import portal.employers
from portal.employers.rules.register_file import RegisterFileError, read_register
from portal.employers.rules.register_row import Refusal, RowReader, content_hash, submitted_day

SAMPLE = Path(portal.employers.__file__).parent / "data" / "register-sample.csv"
HEAD = "EmployerName,EmployerId,Address,PostCode,CompanyNumber,SicCodes,EmployerSize,CurrentName\n"
ROW = 'A LTD,1,"1 High St, Leeds",ls14ap,3261722,"1,\n1470,47110",250 to 499,A LTD\n'


def file(text: str, encoding: str = "utf-8") -> bytes:
    return text.encode(encoding)


def read_one(text: str):
    found = read_register(file(text))
    reader = RowReader(columns=found.columns, width=found.width)
    number, raw = next(found.numbered())
    cells = reader.cells(number, raw)
    if isinstance(cells, Refusal):
        return cells, reader
    return reader.entry(cells, "test", content_hash(cells)), reader


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "old Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08", "gzip"),
        ((HEAD + ROW).encode("utf-16"), "UTF-16"),
        ((HEAD + ROW).encode("utf-16-le"), "UTF-16"),
        ((HEAD + ROW.replace("A LTD", "ARETÉ")).encode("cp1252"), "line 2"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        ((HEAD + ROW).replace("LTD", "L\x00TD").encode(), "binary"),
        (file("Name,Id\na,1\n"), "required column is missing: EmployerName, EmployerId"),
        (file(HEAD.replace(",", ";") + ROW), "semicolons"),
        (file(HEAD.replace(",", "\t")), "tabs"),
        (file(HEAD.replace("Address", "EmployerName") + ROW), "twice"),
        (file(HEAD), "no rows"),
        (file(HEAD + '"broken,1\n'), "breaks off"),
    ],
)
def test_a_file_that_is_none_gets_one_clear_message(content, says) -> None:
    with pytest.raises(RegisterFileError, match=says):
        read_register(content)


def test_a_row_is_made_into_an_entry() -> None:
    entry, reader = read_one("\ufeff" + HEAD + ROW)
    assert entry["name"] == "A LTD"
    assert entry["postcode"] == "LS1 4AP"
    assert entry["company_number"] == "03261722"
    assert entry["sic_codes"] == ["01470", "47110"]
    assert entry["size_band"] == "250 to 499"
    assert entry["search_text"].split() == ["a", "zz0a", "03261722", "3261722"]
    assert reader.notes["SicCodes", "1 stands for unknown, left out"] == 1


def test_other_orders_and_extra_columns_make_the_same_entry() -> None:
    rows = list(csv.reader(io.StringIO(HEAD + ROW)))
    turned = io.StringIO()
    csv.writer(turned).writerows([*reversed(row), "extra"] for row in rows)
    again, _reader = read_one(turned.getvalue().replace("extra", "DiffMeanHourlyPercent", 1))
    assert again == read_one(HEAD + ROW)[0]


def test_missing_optional_columns_are_left_empty() -> None:
    entry, _reader = read_one("employer name,EMPLOYER_ID\nB & Q,7\n")
    assert entry["current_name"] == "B & Q"
    assert entry["address"] == ""
    assert entry["postcode"] is entry["company_number"] is entry["submitted_on"] is None


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (",1,,,,,,\n", "EmployerName", "is empty"),
        ("A,,,,,,,\n", "EmployerId", "is empty"),
        (f"{'A' * 201},1,,,,,,\n", "EmployerName", "longer than 200"),
        (f"A,1,,,,,,{'A' * 201}\n", "CurrentName", "longer than 200"),
        (f"A,{'1' * 41},,,,,,\n", "EmployerId", "longer than 40"),
        ('"A\nB",1,,,,,,\n', "EmployerName", "line break"),
        ("A,1,x\n", "(row)", "has 3 columns where the headings have 8"),
    ],
)
def test_a_row_that_cannot_be_taken_names_its_column(row, column, reason) -> None:
    refusal, _reader = read_one(HEAD + row)
    assert isinstance(refusal, Refusal)
    assert (refusal.row, refusal.column) == (2, column)
    assert reason in refusal.reason


def test_the_second_of_two_rows_with_one_number_is_refused() -> None:
    found = read_register(file(HEAD + ROW + "\n" + ROW))
    reader = RowReader(columns=found.columns, width=found.width)
    last = [reader.cells(number, raw) for number, raw in found.numbered()][-1]
    assert isinstance(last, Refusal)
    assert last.reason == "1 is already in row 2"


def test_dangerous_addresses_are_left_out() -> None:
    head = "EmployerName,EmployerId,CompanyLinkToGPGInfo\n"
    entry, reader = read_one(head + "A,1,javascript:alert(1)\n")
    assert entry["url"] is None
    assert sum(reader.notes.values()) == 1


def test_the_sample_keeps_every_oddity_of_the_full_file() -> None:
    content = SAMPLE.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    found = read_register(content)
    reader = RowReader(columns=found.columns, width=found.width)
    cells = [reader.cells(number, raw) for number, raw in found.numbered()]
    assert len(cells) == 1500
    assert not [c for c in cells if isinstance(c, Refusal)]
    sics = [c[6] for c in cells]
    assert any("\n" in sic for sic in sics)
    assert any(part.strip() == "1" for sic in sics for part in sic.split(","))
    assert any(len(part.strip()) == 4 for sic in sics for part in sic.split(","))
    assert len({c[7] for c in cells}) == 7
    for column in (3, 4, 5, 6, 8):
        assert any(not c[column] for c in cells), column
    assert any('"' in c[0] for c in cells)
    assert any(not c[0].isascii() for c in cells)
    assert any(c[0] != c[2] for c in cells)
    entries = [reader.entry(c, "test", "") for c in cells]
    assert all(e["submitted_on"] for e in entries)
    assert submitted_day(cells[0]) == entries[0]["submitted_on"]
    assert min(e["submitted_on"] for e in entries) > date(2021, 1, 1)


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_in_words(content) -> None:
    for data in (content, HEAD.encode() + content):
        try:
            found = read_register(data)
        except RegisterFileError as error:
            assert str(error)  # noqa: PT017
            continue
        reader = RowReader(columns=found.columns, width=found.width)
        for number, raw in found.numbered():
            cells = reader.cells(number, raw)
            if not isinstance(cells, Refusal):
                reader.entry(cells, "test", content_hash(cells))
