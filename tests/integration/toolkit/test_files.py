"""Files are made of what is published, once, and handed out to anybody as they were made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import select

from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.integrations.packages import is_whole
from portal.integrations.pdf import PdfError, page_count
from portal.integrations.storage import LocalStorage, storage
from portal.kernel.clock import freeze, utc_now
from portal.kernel.people import PORTAL
from portal.toolkit.models import Resource, ResourceFile
from portal.toolkit.queries import files as found
from portal.toolkit.queries import resources as reading
from portal.toolkit.rules.content import Source
from portal.toolkit.service import documents, resources
from portal.toolkit.views import files
from tests.factories.toolkit import make_content, make_draft, make_published
from tests.support.client import PortalClient

Jobs = Callable[[], int]
WORKBOOK: dict[str, Any] = {
    "sheets": [
        {
            "name": "Hours",
            "columns": [{"title": "Task"}, {"title": "Hours", "kind": "hours"}],
            "blank": 5,
            "totals": {"Hours": "sum"},
        }
    ]
}


def publish_all_kinds(**changes: Any) -> Resource:
    with unit_of_work():
        return make_published(
            kind="template",
            downloads=("docx", "xlsx", "pptx"),
            workbook=WORKBOOK,
            illustrative=True,
            **changes,
        )


def files_of(resource: Resource) -> list[ResourceFile]:
    current_session().expire_all()
    return list(
        current_session().scalars(
            select(ResourceFile)
            .where(ResourceFile.resource_id == resource.id)
            .order_by(ResourceFile.id)
        )
    )


def test_each_kind_is_made_after_publication_and_handed_out(
    client: PortalClient, run_jobs: Jobs
) -> None:
    resource = publish_all_kinds()
    listed = found.ready_files(resource.id, 1)
    assert [(one.kind, one.ready) for one in listed] == [
        ("pdf", False),
        ("docx", False),
        ("xlsx", False),
        ("pptx", False),
    ]
    waiting = client.get(f"/toolkit/{resource.slug}/files/pdf")
    assert waiting.status_code == 503
    assert waiting.headers["Retry-After"] == "60"
    assert "being prepared" in waiting.text
    run_jobs()
    for one in files_of(resource):
        assert (one.state, one.tries, one.failure) == ("ready", 1, None)
        answer = client.get(f"/toolkit/{resource.slug}/files/{one.kind}")
        assert answer.status_code == 200
        assert answer.content_type == one.media_type
        assert sha256(answer.data).hexdigest() == one.sha256
        assert answer.content_length == one.size_bytes
        headers = answer.headers
        assert headers["Content-Disposition"] == f"attachment; filename={resource.slug}.{one.kind}"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "no-cache" in headers["Cache-Control"]
        assert "Set-Cookie" not in headers
        assert page_count(answer.data) if one.kind == "pdf" else is_whole(answer.data)
    assert all(one.ready and one.size.endswith(" KB") for one in found.ready_files(resource.id, 1))


def test_a_copy_that_is_kept_is_asked_for_by_its_mark(client: PortalClient, run_jobs: Jobs) -> None:
    resource = publish_all_kinds()
    run_jobs()
    path = f"/toolkit/{resource.slug}/files/pdf"
    first = client.get(path)
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert client.get(path, headers={"If-None-Match": '"older"'}).status_code == 200
    head = client.head(path)
    assert (head.status_code, head.data) == (200, b"")


def test_the_pdf_is_tagged_named_and_complete(client: PortalClient, run_jobs: Jobs) -> None:
    with unit_of_work():
        resource = make_published(
            title="Keep hours & move up",
            body="Say so [@report].\n\n## First\n\n"
            "| Task | Hours |\n| --- | --- |\n| Rota | |\n\n- [ ] Done",
            sources=(Source("report", "A report", "Somebody", 2020, "https://example.org/a"),),
            illustrative=True,
        )
    run_jobs()
    reader = PdfReader(BytesIO(client.get(f"/toolkit/{resource.slug}/files/pdf").data))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert "pdfuaid:part" in root["/Metadata"].get_data().decode()
    assert reader.metadata is not None
    assert reader.metadata.title == "Keep hours & move up"
    text = " ".join(page.extract_text() for page in reader.pages)
    for said in (
        "Illustrative example",
        "1 November 2027",
        f"/toolkit/{resource.slug}",
        "Page 1 of",
        "A report",
        "Somebody, 2020",
    ):
        assert said in text, said
    links = [
        note.get_object()["/A"]["/URI"]
        for page in reader.pages
        for note in page.get("/Annots", [])
        if "/URI" in note.get_object().get("/A", {})
    ]
    assert "https://example.org/a" in links
    assert [item.title for item in reader.outline if not isinstance(item, list)]


def test_downloads_are_counted_with_their_version(
    client: PortalClient, run_jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[tuple[str, int, int]] = []

    def count(kind: str, *, resource_id: int, number: int) -> None:
        counted.append((kind, resource_id, number))

    monkeypatch.setattr(files, "count_later", count)
    resource = publish_all_kinds()
    client.get(f"/toolkit/{resource.slug}/files/pdf")
    assert counted == []
    run_jobs()
    client.get(f"/toolkit/{resource.slug}/files/pdf")
    assert counted == [("download", resource.id, 1)]


def test_only_what_is_published_is_handed_out(client: PortalClient, run_jobs: Jobs) -> None:
    with unit_of_work():
        draft = make_draft(downloads=("docx",))
        resource = make_published()
    run_jobs()
    assert client.get(f"/toolkit/{draft.slug}/files/pdf").status_code == 404
    assert client.get(f"/toolkit/{resource.slug}/files/docx").status_code == 404
    assert client.get(f"/toolkit/{resource.slug}/files/exe").status_code == 404
    assert client.get(f"/toolkit/{resource.slug}/files/added").status_code == 404
    assert client.get("/toolkit/nothing-here/files/pdf").status_code == 404
    assert client.get(f"/toolkit/{resource.slug}/files/pdf").status_code == 200
    with unit_of_work():
        resources.retire(
            reference=resource.reference,
            revision=resource.revision,
            reason="Out of date",
            replaced_by="",
            by=PORTAL,
        )
    assert client.get(f"/toolkit/{resource.slug}/files/pdf").status_code == 404


def test_a_new_version_has_files_of_its_own(client: PortalClient, run_jobs: Jobs) -> None:
    with unit_of_work():
        resource = make_published(body="The first text.", sources=())
    run_jobs()
    path = f"/toolkit/{resource.slug}/files/pdf"
    first = client.get(path)
    with unit_of_work():
        resources.save_version(
            reference=resource.reference,
            revision=resource.revision,
            content=make_content(title=resource.title, body="The second text.", sources=()),
            change_note="",
            by=PORTAL,
        )
    run_jobs()
    assert client.get(path).data == first.data
    with unit_of_work():
        resources.publish(
            reference=resource.reference,
            revision=resource.revision,
            reason="Small change",
            by=PORTAL,
        )
    run_jobs()
    second = client.get(path)
    assert second.headers["ETag"] != first.headers["ETag"]
    assert [one.number for one in files_of(resource)] == [1, 2]


def test_making_a_file_twice_makes_it_once(session: PortalSession, run_jobs: Jobs) -> None:
    resource = publish_all_kinds()
    run_jobs()
    before = [(one.sha256, one.storage_key, one.tries) for one in files_of(resource)]
    for one in files_of(resource):
        documents.make_file({"file": one.reference})
    documents.make_file({"file": "NOBODY"})
    with unit_of_work():
        held = reading.to_change(resource.reference)
        assert held is not None
        documents.queue_files(held, resources.version_of(held, 1))
    assert [(one.sha256, one.storage_key, one.tries) for one in files_of(resource)] == before


def test_a_crash_after_storing_costs_nothing(session: PortalSession) -> None:
    resource = publish_all_kinds()
    for one in files_of(resource):
        facts = reading.resource(resource.reference, number=1)
        assert facts is not None
        storage().put(one.storage_key, documents._BUILDERS[one.kind](facts))
        documents.make_file({"file": one.reference})
    assert {one.state for one in files_of(resource)} == {"ready"}


def test_what_fails_is_tried_again(
    app: Flask, client: PortalClient, monkeypatch: pytest.MonkeyPatch, run_jobs: Jobs
) -> None:
    with unit_of_work():
        resource = make_published()

    def broken(_facts: object) -> bytes:
        raise OSError("no room")

    builders = documents._BUILDERS
    monkeypatch.setattr(documents, "_BUILDERS", {**builders, "pdf": broken})
    run_jobs()
    (file,) = files_of(resource)
    assert (file.state, file.failure, file.tries) == ("failed", documents.TRY_AGAIN, 1)
    assert [one.ready for one in found.ready_files(resource.id, 1)] == [False]
    monkeypatch.setattr(documents, "_BUILDERS", builders)
    with freeze(utc_now() + timedelta(minutes=10)):
        run_jobs()
    (file,) = files_of(resource)
    assert (file.state, file.failure, file.tries) == ("ready", None, 2)


def test_what_is_too_long_to_print_is_not_tried_again(
    session: PortalSession, monkeypatch: pytest.MonkeyPatch, run_jobs: Jobs
) -> None:
    with unit_of_work():
        resource = make_published()

    def too_large(_facts: object) -> bytes:
        raise PdfError("500 pages")

    monkeypatch.setattr(documents, "_BUILDERS", {**documents._BUILDERS, "pdf": too_large})
    run_jobs()
    documents.repair()
    run_jobs()
    (file,) = files_of(resource)
    assert (file.state, file.failure, file.tries) == ("failed", documents.TOO_LARGE, 1)


def test_the_daily_job_mends_what_is_missing_or_damaged(
    client: PortalClient, run_jobs: Jobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource = publish_all_kinds()
    run_jobs()
    gone, damaged, lost, kept = files_of(resource)
    before = {one.kind: (one.sha256, one.storage_key) for one in files_of(resource)}
    kept_in = storage()
    assert isinstance(kept_in, LocalStorage)
    kept_in.delete(gone.storage_key)
    kept_in._path(damaged.storage_key).write_bytes(b"not what it was")
    answer = client.get(f"/toolkit/{resource.slug}/files/docx")
    assert answer.status_code == 503
    with unit_of_work() as session:
        session.delete(session.merge(lost))
    documents.repair()
    run_jobs()
    after = {one.kind: one for one in files_of(resource)}
    assert {one.state for one in after.values()} == {"ready"}
    assert {kind: one.sha256 for kind, one in after.items()} == {
        kind: digest for kind, (digest, _key) in before.items()
    }
    assert after[kept.kind].storage_key == before[kept.kind][1]
    assert after["docx"].storage_key != before["docx"][1]
    assert client.get(f"/toolkit/{resource.slug}/files/docx").status_code == 200


def test_the_database_holds_one_made_file_of_a_kind(session: PortalSession) -> None:
    resource = publish_all_kinds()
    first = files_of(resource)[0]
    with pytest.raises(Exception, match=r"(?i)unique"), unit_of_work() as writing:
        writing.add(
            ResourceFile(
                resource_id=resource.id,
                number=1,
                kind=first.kind,
                file_name="x.pdf",
                media_type="application/pdf",
                storage_key="toolkit/x",
            )
        )
        writing.flush()


def add_file(resource: Resource, data: bytes, **changes: Any) -> ResourceFile:
    with unit_of_work() as session:
        key = f"toolkit/{resource.reference}/added/{len(files_of(resource))}.csv"
        values = {
            "resource_id": resource.id,
            "number": 1,
            "kind": "added",
            "state": "ready",
            "file_name": "Umfrage für “Team”.csv",
            "media_type": "text/csv",
            "words": "Survey to hand out",
            "size_bytes": len(data),
            "sha256": storage().put(key, data),
            "storage_key": key,
            **changes,
        }
        file = ResourceFile(**values)
        session.add(file)
        session.flush()
        return file


def test_files_that_editors_add_are_handed_out_once_proved(client: PortalClient) -> None:
    with unit_of_work():
        resource, draft = make_published(), make_draft()
    file = add_file(resource, b"a,b\n1,2\n")
    answer = client.get(f"/toolkit/files/{file.reference}")
    assert (answer.status_code, answer.data) == (200, b"a,b\n1,2\n")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert "\n" not in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert [one.words for one in found.ready_files(resource.id, 1)] == ["PDF", "Survey to hand out"]
    hidden = [
        add_file(draft, b"draft"),
        add_file(resource, b"later", number=2),
        add_file(resource, b"taken back", state="withdrawn"),
    ]
    for one in hidden:
        assert client.get(f"/toolkit/files/{one.reference}").status_code == 404
    changed = add_file(resource, b"as it was", sha256="0" * 64)
    assert client.get(f"/toolkit/files/{changed.reference}").status_code == 503
    assert client.get("/toolkit/files/NOTHING").status_code == 404


def test_the_list_of_files_says_what_and_how_large(app: Flask, run_jobs: Jobs) -> None:
    resource = publish_all_kinds()
    page = app.jinja_env.get_template("toolkit/_files.html")
    with app.test_request_context("/toolkit/x?c=spring"):
        waiting = page.render(files=found.ready_files(resource.id, 1))
        run_jobs()
        current_session().expire_all()
        ready = page.render(files=found.ready_files(resource.id, 1))
        assert page.render(files=[]).strip() == ""
    assert waiting.count("being prepared") == 4
    assert f"/toolkit/{resource.slug}/files/docx?c=spring" in ready
    assert "Word document to fill in" in ready
    assert ready.count(" KB)") == 4


def test_papers_hold_what_the_version_says(app: Flask) -> None:
    with unit_of_work():
        resource = make_published(
            body="[@second] then [@first]",
            sources=(
                Source("first", "One", "A", 2020, "/data/one"),
                Source("second", "Two", "B", 2021),
            ),
        )
    facts = reading.resource(resource.reference)
    assert facts is not None
    paper = documents.paper_of(facts)
    base = app.config["SETTINGS"].public_url.rstrip("/")
    assert [(one.number, one.title, one.url) for one in paper.references] == [
        (1, "Two", ""),
        (2, "One", f"{base}/data/one"),
    ]
    assert dict(paper.facts) == {
        "For": "Managers",
        "About": "Progression routes",
        "Sectors": "Retail",
        "Sizes": "Every size",
        "Version": "1",
        "Review by": "1 November 2027",
    }
    assert documents._pdf(facts) == documents._pdf(facts)
    long = replace(facts, content=replace(facts.content, body="word " * 9000, sources=()))
    assert page_count(documents._pdf(long)) > 5
