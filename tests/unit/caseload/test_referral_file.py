"""Reading a file of referrals, and every fault in its own cell."""

from __future__ import annotations

import pytest

from portal.caseload.rules.referral_file import (
    COLUMNS,
    MAX_ROWS,
    WHOLE_ROW,
    check_rows,
    given_of,
    read_file,
    template_rows,
)
from portal.employers.rules.register_file import RegisterFileError

SECTORS = {"retail": "Retail", "social_care": "Social care"}
HEAD = "Employer name,Contact name,Contact email,Employer agreed to be contacted,Sector\n"
ROW = "Example Café,Ann Example,ann@example.org,yes,Social care\n"


def check(text: str):
    return check_rows(read_file(text.encode()), sectors=SECTORS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_the_encodings_of_spreadsheets_are_read(encoding: str) -> None:
    row = check_rows(read_file((HEAD + ROW).encode(encoding)), sectors=SECTORS)[0]
    assert row.faults == {}
    assert row.given is not None
    assert (row.given.employer_name, row.given.sector) == ("Example Café", "social_care")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"PK\x03\x04rest", "spreadsheet"),
        (b"%PDF-1.7", "PDF"),
        (b"<html></html>", "web page"),
        ((HEAD + ROW).encode("utf-16"), "UTF-16"),
        (HEAD.encode() + b"\x81\x8d,x,y\n", "neither UTF-8 nor"),
        (b"Name,Contact\na,b\n", "required column is missing: Employer name"),
        (HEAD.encode(), "no rows"),
        ((HEAD.strip() + ",Sector\n" + ROW).encode(), "stands in the file twice"),
        ((HEAD + '"broken').encode(), "stray quotation mark"),
        ((HEAD + ROW * (MAX_ROWS + 1)).encode(), "at most 500"),
        (b"x" * 1_000_001, "larger than 1 MB"),
    ],
)
def test_a_file_that_is_none_gets_one_clear_message(content: bytes, says: str) -> None:
    with pytest.raises(RegisterFileError, match=says):
        read_file(content)


def test_every_cell_says_what_is_wrong_in_it() -> None:
    rows = check(
        "Employer name,Contact name,Contact email,Contact phone,Postcode,Company number,"
        "Sector,Employer agreed to be contacted\n"
        ",,not an address,abc,nowhere,12x,fishing,no\n"
    )
    assert rows[0].number == 2
    assert rows[0].given is None
    assert set(rows[0].faults) == {
        *("employer_name", "contact_name", "contact_email", "contact_phone"),
        *("postcode", "company_number", "sector", "consent"),
    }
    assert "write “yes” if it did" in rows[0].faults["consent"]
    assert "LS1 4AP" in rows[0].faults["postcode"]


def test_rows_keep_the_number_a_spreadsheet_shows() -> None:
    rows = check(HEAD + ROW + ",,,,\n" + ROW.replace("yes", "maybe"))
    assert [row.number for row in rows] == [2, 4]
    assert rows[1].faults == {"consent": "Write “yes” if the employer agreed to be contacted"}


def test_a_row_with_too_many_cells_is_at_fault_as_a_whole() -> None:
    assert "needs quotation marks" in check(HEAD + "Bakers, Ltd," + ROW)[0].faults[WHOLE_ROW]


def test_semicolons_and_guarded_cells_are_read() -> None:
    text = (HEAD + ROW).replace(",", ";").replace("Ann Example", "'+Ann")
    row = check(text)[0]
    assert row.cells["contact_name"] == "+Ann"
    assert row.faults == {}


def test_the_template_reads_but_its_example_is_no_referral() -> None:
    lines = [",".join(line) for line in template_rows(SECTORS.values())]
    row = check("\n".join(lines))[0]
    assert list(row.faults) == [WHOLE_ROW]
    assert "Delete this row" in row.faults[WHOLE_ROW]
    assert list(row.cells) == list(COLUMNS)


def test_a_kept_row_is_a_referral_once_more() -> None:
    row = check(HEAD + ROW)[0]
    assert given_of(row.cells, sectors=SECTORS) == row.given
    assert given_of({**row.cells, "consent": "no"}, sectors=SECTORS) is None
