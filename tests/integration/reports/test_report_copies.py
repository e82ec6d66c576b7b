"""Frozen reports: the same to the byte whenever they are read, for the same eyes, never changed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

import pypdf
import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DatabaseError

from portal.db import current_session, unit_of_work
from portal.db.audit import AuditEntry
from portal.integrations.storage import storage
from portal.kernel.clock import freeze
from portal.kernel.people import PORTAL
from portal.programme.models import StaffPost
from portal.reports.files.texts import sheet_bytes
from portal.reports.files.workbook import workbook_bytes
from portal.reports.models import ReportCopy, ReportCopyFile
from portal.reports.queries import copies as found
from portal.reports.rules.scope import Scope, View
from portal.reports.rules.sheets import sheets_of
from portal.reports.service import copies as service
from portal.reports.service import printing
from portal.reports.service.building import Builder
from tests.factories.employers import make_employer
from tests.factories.reports import KEY, SECRETS, Reader, everything, person, registered

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
FILES = {
    *("report.pdf", "report.xlsx", "report.json", "figures.csv", "kinds.csv", "months.csv"),
    *("empty.csv", "data-dictionary.csv"),
}


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


def frozen(client: Any, key: str = "everything", query: str = "?from=2026-07&to=2026-09") -> str:
    """Freeze a report through its page; the address of the copy."""
    page = client.submit(f"/reports/{key}/freeze{query}", {"note": "For the board"})
    assert page.status_code == 200
    path: str = page.request.path
    assert path.startswith("/reports/copies/")
    return path


def taken(client: Any, page: str, name: str) -> Any:
    """A file of a copy, asked for as its page's buttons do."""
    return client.submit(page, {"file": name}, form=f"{page}/take")


def reference_of(page: str) -> str:
    return page.rsplit("/", 1)[1]


def test_a_frozen_report_gives_the_same_bytes_after_its_records_and_its_maker_changed(
    app: Flask, reports: Builder, head: Reader, run_jobs
) -> None:
    with unit_of_work():
        make_employer(sector="retail")
    page = frozen(head.client, KEY)
    assert "being made" in head.client.get(page).get_data(as_text=True)
    run_jobs()
    files = found.files_of(found.copy_of(reference_of(page)).id)
    first = {name: taken(head.client, page, name).data for name in files}
    words = head.client.soup(page).find("main").get_text(" ", strip=True)
    with unit_of_work():
        for _ in range(3):
            make_employer(sector="retail")
    with freeze(NOW + timedelta(days=400)):
        reader = person(app, "lep_officer")
        for name, data in first.items():
            assert taken(reader.client, page, name).data == data, name
        assert reader.client.soup(page).find("main").get_text(" ", strip=True) == words


def test_the_files_can_be_made_again_from_the_text_to_the_byte(
    reports: Builder, head: Reader, run_jobs
) -> None:
    page = frozen(head.client)
    run_jobs()
    copy = found.copy_of(reference_of(page))
    files = found.files_of(copy.id)
    assert set(files) == FILES
    report = service.report_of(copy)
    again = {
        "report.pdf": printing.pdf_of(report, view=copy.view),
        "report.xlsx": workbook_bytes(report, view=copy.view, fingerprint=copy.fingerprint),
        "report.json": found.text_of(copy.id).encode(),
        **{f"{name}.csv": sheet_bytes(sheet) for name, sheet in sheets_of(report).items()},
    }
    for name, file in files.items():
        kept = taken(head.client, page, name)
        assert kept.data == again[name], name
        assert sha256(kept.data).hexdigest() == file.sha256
        assert len(kept.data) == file.size
    assert sha256(again["report.json"]).hexdigest() == copy.fingerprint
    assert json.loads(again["report.json"])["frozen_on"] == "2026-11-22"


def test_the_pdf_is_tagged_whole_and_keeps_what_is_withheld(
    reports: Builder, head: Reader, run_jobs
) -> None:
    page = frozen(head.client)
    run_jobs()
    reader = pypdf.PdfReader(BytesIO(taken(head.client, page, "report.pdf").data))
    words = " ".join(one.extract_text() for one in reader.pages)
    catalogue = reader.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert catalogue["/Lang"] == "en-GB"
    assert b"pdfuaid:part" in catalogue["/Metadata"].get_object().get_data()
    for wanted in ("Everything", "July to September 2026", "£1,204.50", "95% interval", "Frozen"):
        assert wanted in words
    for wanted in ("How it is counted.", "What the figures mean", "Not shown"):
        assert wanted in words
    assert not any(str(near) in words for secret in SECRETS for near in (secret, secret - 5))


def test_nobody_changes_or_removes_a_frozen_report_in_the_database(
    app: Flask, reports: Builder, head: Reader, run_jobs
) -> None:
    page = frozen(head.client)
    run_jobs()
    copy = found.copy_of(reference_of(page))
    attempts = (
        update(ReportCopy).where(ReportCopy.id == copy.id).values(text="{}"),
        update(ReportCopy).where(ReportCopy.id == copy.id).values(kind="print"),
        update(ReportCopy).where(ReportCopy.id == copy.id).values(view="statistics"),
        update(ReportCopyFile).values(sha256="0" * 64),
        delete(ReportCopyFile).where(ReportCopyFile.copy_id == copy.id),
        delete(ReportCopy).where(ReportCopy.id == copy.id),
    )
    for attempt in attempts:
        with pytest.raises(DatabaseError, match="never changed or removed"), unit_of_work():
            current_session().execute(attempt)
    assert head.client.get(page).status_code == 200


def test_a_copy_whose_text_or_file_was_changed_is_not_shown(
    app: Flask, reports: Builder, head: Reader, run_jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = frozen(head.client)
    run_jobs()
    kept = storage().get
    monkeypatch.setattr(type(storage()), "get", lambda _self, key: kept(key) + b" ")
    answer = taken(head.client, page, "kinds.csv")
    assert answer.mimetype == "text/html"
    assert "damaged" in answer.get_data(as_text=True)
    copy = found.copy_of(reference_of(page))
    monkeypatch.setattr(found, "text_of", lambda _id: "{}")
    with pytest.raises(ValueError, match="was changed"):
        service.report_of(copy)


def test_a_worker_that_died_half_way_takes_what_it_kept(
    reports: Builder, head: Reader, run_jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = frozen(head.client)
    reference = reference_of(page)
    storage().put(f"reports/{reference}/report.pdf", b"drawn before the crash")
    # Whoever has waited too long asks again: the files are made once all the same.
    again = head.client.submit(page, {}, form=f"{page}/again")
    assert "being made" in again.get_data(as_text=True)
    run_jobs()
    assert taken(head.client, page, "report.pdf").data == b"drawn before the crash"
    service.make({"copy": reference})
    service.make({"copy": "NOTTHERE00"})
    assert len(found.files_of(found.copy_of(reference).id)) == len(FILES)


def test_each_copy_is_for_the_eyes_of_its_view(app: Flask, reports: Builder, head: Reader) -> None:
    own = person(app, "provider_manager", organisation="Example Provider")
    other = person(app, "provider_manager", organisation="Another Provider")
    evaluator = person(app, "evaluator")
    full, theirs = frozen(head.client), frozen(own.client)
    assert person(app, "lep_officer").client.get(full).status_code == 200
    assert own.client.get(theirs).status_code == 200
    for stranger, page in (
        *((one, full) for one in (own, other, evaluator)),
        *((one, theirs) for one in (other, evaluator, head)),
    ):
        for way in ("", "/definitions", "/files", "/files/report.pdf"):
            assert stranger.client.get(f"{page}{way}").status_code == 404
        reference = reference_of(page)
        assert reference not in stranger.client.get("/reports/copies").get_data(as_text=True)
        assert reference not in stranger.client.get("/reports").get_data(as_text=True)
    # Who leaves the provider no longer opens what they froze there.
    with unit_of_work():
        current_session().execute(delete(StaffPost).where(StaffPost.user_id == own.user.id))
    assert own.client.get(theirs).status_code == 404


def test_released_statistics_are_open_to_the_evaluator_and_the_lep(
    app: Flask, reports: Builder, head: Reader
) -> None:
    evaluator = person(app, "evaluator")
    provider = person(app, "provider_manager", organisation="Example Provider")
    page = frozen(head.client)
    report = service.report_of(found.copy_of(reference_of(page)))
    with unit_of_work():
        released = service.freeze(
            report, view=View.STATISTICS, organisation_id=None, note="", by=PORTAL
        )
    for one in (evaluator, head):
        assert one.client.get(f"/reports/copies/{released}").status_code == 200
        assert released in one.client.get("/reports/copies").get_data(as_text=True)
    assert provider.client.get(f"/reports/copies/{released}").status_code == 404


def test_a_file_is_had_by_who_asked_for_it_and_every_time_is_noted(
    app: Flask, reports: Builder, head: Reader, run_jobs
) -> None:
    page = frozen(head.client)
    run_jobs()
    answer = taken(head.client, page, "kinds.csv")
    address = f"{answer.request.path}?{answer.request.query_string.decode()}"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    tag = answer.headers["ETag"]
    assert not tag.startswith("W/")
    same = head.client.get(address, headers={"If-None-Match": tag})
    assert (same.status_code, same.data) == (304, b"")
    # Without the key, with somebody else's, or later, it is asked for again.
    for client, way in (
        (head.client, answer.request.path),
        (person(app, "lep_officer").client, address),
        (head.client, address.replace("kinds.csv", "months.csv")),
    ):
        assert client.get(way).status_code == 302
    entries = current_session().scalars(
        select(AuditEntry).where(AuditEntry.action == "report.exported")
    )
    (entry,) = entries
    assert entry.actor_id == head.user.id
    assert entry.subject == f"report_copy:{reference_of(page)}"
    assert entry.detail["file"] == "kinds.csv"
    assert len(entry.detail["export"]) == 10
    copy = found.copy_of(reference_of(page))
    assert entry.detail["fingerprint"] == copy.fingerprint


def test_a_print_is_its_makers_alone_and_goes_after_a_week(
    app: Flask, reports: Builder, head: Reader, run_jobs
) -> None:
    asked = head.client.submit("/reports/everything", {}, form=print_of(head))
    page = asked.request.path
    assert "being made" in asked.get_data(as_text=True)
    assert head.client.get(f"{page}/files", headers={"X-Poll": "1"}).status_code == 202
    run_jobs()
    head.client.check_pages = False
    assert "report.pdf" in head.client.get(f"{page}/files", headers={"X-Poll": "1"}).text
    head.client.check_pages = True
    assert taken(head.client, page, "report.pdf").mimetype == "application/pdf"
    assert set(found.files_of(found.copy_of(reference_of(page)).id)) == {"report.pdf"}
    assert person(app, "lep_manager").client.get(page).status_code == 404
    assert reference_of(page) not in head.client.get("/reports/copies").get_data(as_text=True)
    key = f"reports/{reference_of(page)}/report.pdf"
    assert storage().exists(key)
    with freeze(NOW + timedelta(days=6)):
        assert service.clear_prints() == 0
    with freeze(NOW + timedelta(days=9)):
        assert service.clear_prints() == 1
        assert service.clear_prints() == 0
    assert not storage().exists(key)
    assert head.client.get(page).status_code == 404


def print_of(reader: Reader) -> str:
    forms = reader.client.soup("/reports/everything").find("main").find_all("form")
    return next(form["action"] for form in forms if "/print" in form.get("action", ""))


def test_the_list_goes_on_in_pages(app: Flask, reports: Builder, head: Reader) -> None:
    with unit_of_work():
        made = everything().build(Scope(date(2026, 7, 1), date(2026, 9, 30)))
        references = [
            service.freeze(made, view=View.FULL, organisation_id=None, note="", by=PORTAL)
            for _ in range(found.PAGE + 2)
        ]
    first = head.client.soup("/reports/copies").find("main")
    few = len(head.client.statements)
    assert [one in str(first) for one in references] == [False, False] + [True] * found.PAGE
    older = first.find("a", rel="next")["href"]
    second = str(head.client.soup(older).find("main"))
    assert [one in second for one in references[:3]] == [True, True, False]
    assert few <= 4
    assert current_session().scalar(text("SELECT count(*) FROM report_copies")) == len(references)
