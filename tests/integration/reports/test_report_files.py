"""Files of a live report: typed values with their meaning, no formula, nothing that is withheld."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import current_session
from portal.db.audit import AuditEntry
from portal.kernel.clock import freeze
from portal.reports.files.texts import sheet_bytes
from portal.reports.files.workbook import workbook_bytes
from portal.reports.rules.document import fingerprint
from portal.reports.rules.scope import View
from portal.reports.rules.sheets import sheets_of
from portal.reports.service import exporting, printing
from portal.reports.service.building import Builder
from tests.factories.reports import SECRETS, Reader, everything, full_report, person, registered
from tests.support.workbooks import read

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EVIL = (
    '=HYPERLINK("http://evil.example","x")',
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    " =1+1",
    "\uff1d1+1",
)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with freeze(NOW):
        yield


@pytest.fixture
def reports(app: Flask) -> Iterator[Builder]:
    """The small report and one with everything in it."""
    with registered(everything()) as builder:
        yield builder


@pytest.fixture
def head(app: Flask) -> Reader:
    """A manager of the LEP."""
    return person(app, "lep_manager")


def take(client: Any, name: str, query: str = "?from=2026-07&to=2026-09") -> Any:
    """A file of the live report, asked for as its page's buttons do."""
    page = f"/reports/everything{query}"
    forms = client.soup(page).find("main").find_all("form")
    action = next(form["action"] for form in forms if "/take" in form.get("action", ""))
    return client.submit(page, {"file": name}, form=action)


def table(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(data.decode("utf-8-sig"))))


def test_csv_holds_numbers_a_program_reads(reports: Builder, head: Reader) -> None:
    answer = take(head.client, "kinds.csv")
    assert answer.mimetype == "text/csv"
    name = "everything-2026-07-to-2026-09-kinds.csv"
    assert name in answer.headers["Content-Disposition"]
    assert table(answer.data) == [
        ["Group", "Employers", "Paid (£)", "Share (%)", "First", "Month", "Waiting (days)"],
        ["Retail", "[c]", "12.50", "33.3", "2026-07-03", "2026-08-01", "12"],
        ["Care", "61", "-0.99", "[z]", "2026-07-09", "2026-09-01", "[u]"],
        ["Other", "[c]", "0.00", "100.0", "2026-07-31", "2026-07-01", "1"],
        ["All", "120", "11.51", "100.0", "[z]", "[z]", "[x]"],
    ]


def test_the_workbook_says_what_it_is_and_what_everything_means(
    reports: Builder, head: Reader
) -> None:
    answer = take(head.client, "report.xlsx")
    book = read(answer.data)
    assert list(book) == [
        *("About", "Figures", "By group", "Sessions by month", "Not yet", "Data dictionary"),
    ]
    about = {row[0].value: row[1].value for row in book["About"].rows if row[0] and len(row) > 1}
    assert about["Period"] == "July to September 2026"
    assert str(about["State"]).startswith("Live")
    assert about["Figures as at"] == "22 November 2026 at 12:00, London time"
    assert about["Sector"] == "Retail"
    assert "do not publish" in str(about["How to handle it"])
    entry = current_session().scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert about["Export"] == entry.detail["export"]
    assert entry.detail["from"] == "2026-07"
    words = " ".join(
        str(cell.value) for row in book["Data dictionary"].rows for cell in row if cell
    )
    for wanted in ("How it is counted.", "What was paid", "pounds sterling", "Sessions in month 2"):
        assert wanted in words
    kinds = [cell for cell in book["By group"].row("Retail") if cell]
    assert [cell.value for cell in kinds] == ["Retail", "[c]", 12.5, 0.333, 46206, 46235, 12]
    assert [cell.format for cell in kinds[2:5]] == ["£#,##0.00", "0.0%", "d mmm yyyy"]
    assert [page.tables for page in book.values()] == [0, 1, 1, 1, 1, 1]
    assert book["Not yet"].row("Nothing yet")


def test_nothing_withheld_and_no_way_round_it_is_in_any_file(app: Flask) -> None:
    report = full_report()
    mark = fingerprint(report)
    workbook = workbook_bytes(report, view=View.STATISTICS, fingerprint=mark)
    with zipfile.ZipFile(BytesIO(workbook)) as archive:
        parts = [archive.read(name) for name in archive.namelist()]
    files = [*parts, *(sheet_bytes(sheet) for sheet in sheets_of(report).values())]
    files.append(printing.html_of(report, view=View.STATISTICS, fingerprint="").encode())
    for data in files:
        for secret in SECRETS:
            for near in range(secret - 5, secret + 6):
                assert str(near).encode() not in data
                assert f"{near:,}".encode() not in data
    # The same report without protection holds them: the search above would have found them.
    open_book = workbook_bytes(full_report(secret=False), view=View.FULL, fingerprint=mark)
    with zipfile.ZipFile(BytesIO(open_book)) as archive:
        found = b"".join(archive.read(name) for name in archive.namelist())
    assert str(SECRETS[0]).encode() in found


@pytest.mark.parametrize("label", EVIL)
def test_no_name_is_a_formula_anywhere(label: str) -> None:
    report = full_report(label=label)
    for sheet in sheets_of(report).values():
        for row in table(sheet_bytes(sheet)):
            for cell in row:
                number = re.fullmatch(r"-?\d+(\.\d+)?", cell)
                assert number or cell.lstrip()[:1] not in set("=+-@\uff1d\uff0b\uff0d\uff20"), cell
                assert cell[:1] not in set("\t\r")
    data = workbook_bytes(report, view=View.FULL, fingerprint=fingerprint(report))
    book = read(data)
    assert not any(page.formulas for page in book.values())
    held = [cell.value for cell in book["By group"].rows[-4] if cell]
    assert held[0] == label
    with zipfile.ZipFile(BytesIO(data)) as archive:
        for name in archive.namelist():
            assert b"TargetMode" not in archive.read(name)


def test_equal_reports_give_equal_workbooks_at_any_time() -> None:
    report = full_report()
    made = []
    for days in (0, 40):
        with freeze(NOW + timedelta(days=days)):
            made.append(workbook_bytes(report, view=View.FULL, fingerprint=fingerprint(report)))
    assert made[0] == made[1]


def test_a_table_of_a_hundred_columns_and_names_alike_is_taken_whole(app: Flask) -> None:
    report = full_report(months=100, label="Retail " * 40)
    book = read(workbook_bytes(report, view=View.FULL, fingerprint=fingerprint(report)))
    assert max(len(row) for row in book["Sessions by month"].rows) == 101
    html = printing.html_of(report, view=View.FULL, fingerprint="")
    assert "(part 13 of 13)" in html
    assert printing.pdf_of(report, view=View.FULL).startswith(b"%PDF")


def test_the_same_address_answers_once_while_nothing_changes(
    app: Flask, reports: Builder, head: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = take(head.client, "kinds.csv")
    address = f"{answer.request.path}?{answer.request.query_string.decode()}"
    with freeze(NOW + timedelta(minutes=5)):
        again = head.client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        # The file is of the period asked for: with another one it is asked for again.
        other = head.client.get(address.replace("2026-07", "2026-08"))
        assert other.status_code == 302
    assert person(app, "lep_officer").client.get(address).status_code == 302
    monkeypatch.setattr(exporting, "GOOD_FOR", -1)
    assert head.client.get(address).status_code == 302


@pytest.mark.parametrize(
    "name", ["nothing.csv", "report.pdf", "../x.csv", "kinds", "kinds.csv.csv"]
)
def test_a_file_that_is_not_there_is_not_found(
    app: Flask, reports: Builder, head: Reader, name: str
) -> None:
    assert take(head.client, name).status_code == 404
