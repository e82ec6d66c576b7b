"""The list of resources, their life, and files beside them."""

from __future__ import annotations

import io
from typing import Any

import pytest

from portal.db import current_session, unit_of_work
from portal.toolkit.models import ResourceFile
from portal.toolkit.queries import added_files, managing
from portal.toolkit.queries.managing import Wanted
from portal.toolkit.rules.states import ResourceState
from portal.toolkit.service import added_files as service
from tests.factories import files
from tests.factories.accounts import sign_in
from tests.factories.caseload import Provider, author_of, make_provider
from tests.factories.toolkit import make_draft, make_published
from tests.integration.toolkit.pages import text_of, the_resource
from tests.integration.toolkit.test_resources import feedback_from


@pytest.fixture
def provider(session: Any) -> Provider:
    with unit_of_work():
        return make_provider()


@pytest.fixture
def manager(client: Any, provider: Provider) -> Any:
    sign_in(client, provider.manager)
    return client


def test_the_list_counts_by_state_and_narrows(manager: Any, provider: Provider) -> None:
    with unit_of_work():
        make_draft(title="Alpha draft", by=author_of(provider.manager))
        make_draft(title="Beta draft")
        make_published(title="Gamma guide")
    page = text_of(manager.get("/toolkit/manage"))
    for words in ("All (3)", "Draft (2)", "Published (1)", "Review due (0)"):
        assert words in page
    assert "not tested with employers (1)" in page
    mine = text_of(manager.get("/toolkit/manage?mine=1"))
    assert "Alpha draft" in mine
    assert "Beta draft" not in mine
    drafts = text_of(manager.get("/toolkit/manage?state=draft&q=BETA"))
    assert "Beta draft" in drafts
    assert "Alpha draft" not in drafts
    assert "No resource fits" in text_of(manager.get("/toolkit/manage?state=retired"))


def test_what_is_due_and_what_nobody_tested_is_found(session: Any) -> None:
    with unit_of_work():
        first = make_published(title="Tested")
        make_published(title="Untested")
        feedback_from(first.id, 1, 1)
    due = Wanted(due_by=first.review_by)
    assert [line.title for line in managing.managed(due)[0]] == ["Tested", "Untested"]
    assert [line.title for line in managing.managed(Wanted(untested=True))[0]] == ["Untested"]
    assert managing.managed(Wanted(words="%"))[0] == []


def test_a_life_from_draft_to_retired_with_its_history(manager: Any) -> None:
    with unit_of_work():
        reference = make_draft(title="A life").reference
        instead = make_published(title="Read this instead")
        slug = instead.slug
    base = f"/toolkit/manage/{reference}"
    assert "Testing has begun" in text_of(manager.submit(base, form=f"{base}/testing"))
    page = text_of(manager.get(f"{base}/publish"))
    assert "Feedback from 2 employers comes first; there is feedback from 0" in page
    refused = text_of(manager.submit(f"{base}/publish", {"reason": " "}))
    assert "say why it is published without" in refused
    assert "Published." in text_of(manager.submit(f"{base}/publish", {"reason": "A small fix"}))
    assert the_resource(reference).state == "published"
    assert "Say why it is retired" in text_of(manager.submit(f"{base}/retire"))
    wrong = text_of(manager.submit(f"{base}/retire", {"reason": "Old", "replaced_by": "nothing"}))
    assert "Choose another published resource" in wrong
    done = manager.submit(f"{base}/retire", {"reason": "Old", "replaced_by": f"/toolkit/{slug}"})
    assert "Retired. Readers no longer see it" in text_of(done)
    history = text_of(done).partition("History")[2]
    for words in ("Retired", "Published", "Testing began", "Begun", "A small fix", "Old"):
        assert words in history
    again = manager.submit(f"{base}/draft", {"note": "Write it anew"})
    assert "It is a draft again" in text_of(again)
    assert the_resource(reference).state == ResourceState.DRAFT.value
    assert "is draft" in text_of(manager.get(f"{base}/publish", follow_redirects=True))


def test_a_page_left_open_moves_nothing(manager: Any) -> None:
    with unit_of_work():
        reference = make_draft().reference
    base = f"/toolkit/manage/{reference}"
    token = manager.soup(base).find("input", {"name": "csrf_token"})["value"]
    for revision in ("7", "", "x", "9" * 30):
        answer = manager.post(
            f"{base}/testing",
            data={"csrf_token": token, "revision": revision},
            follow_redirects=True,
        )
        assert "Somebody else has changed this resource" in text_of(answer)
    assert the_resource(reference).state == "draft"


# --- Files ------------------------------------------------------------------------------------


def pptx() -> bytes:
    kind = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
    types = f'<Types><Override PartName="/ppt/p.xml" ContentType="{kind}"/></Types>'.encode()
    return files.zipped({"[Content_Types].xml": types, "ppt/p.xml": b"<p/>"})


def send(manager: Any, reference: str, name: str, data: bytes, words: str = "") -> Any:
    base = f"/toolkit/manage/{reference}"
    token = manager.soup(base).find("input", {"name": "csrf_token"})["value"]
    return manager.post(
        f"{base}/files",
        data={"csrf_token": token, "words": words, "file": (io.BytesIO(data), name)},
        content_type="multipart/form-data",
        follow_redirects=True,
    )


@pytest.mark.parametrize(
    ("name", "data", "kept"),
    [
        ("Slides.pptx", pptx(), "Slides.pptx"),
        ("policy.docx", files.docx(), "policy.docx"),
        ("sheet.xlsx", files.xlsx(), "sheet.xlsx"),
        ("guide.exe", files.pdf(), "guide.exe.pdf"),
    ],
)
def test_files_are_added_and_taken_away(manager: Any, name: str, data: bytes, kept: str) -> None:
    with unit_of_work():
        reference = make_published().reference
    page = send(manager, reference, name, data, words="For your next meeting")
    assert f"{kept} is added" in text_of(page)
    row = current_session().query(ResourceFile).filter_by(kind="added").one()
    assert (row.state, row.file_name, row.words) == ("ready", kept, "For your next meeting")
    assert "This file is there already" in text_of(send(manager, reference, name, data))
    away = manager.submit(
        f"/toolkit/manage/{reference}", form=f"/toolkit/manage/files/{row.reference}/withdraw"
    )
    assert "taken away from readers" in text_of(away)
    assert added_files.live_of(row.resource_id) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (files.docm(), "holds macros, which are programs"),
        (files.png(), "This is a file of another kind (PNG picture). Add the file as DOCX"),
        (b"MZ\x90\x00" + b"\x00" * 100, "Add the file as DOCX, XLSX, PPTX or PDF"),
        (b"", "The file is empty"),
    ],
    ids=["macros", "picture", "program", "empty"],
)
def test_other_files_are_refused_with_the_reason(manager: Any, data: bytes, reason: str) -> None:
    with unit_of_work():
        reference = make_draft().reference
    page = send(manager, reference, "policy.docx", data, words="Kept name")
    assert reason in text_of(page)
    assert 'value="Kept name"' in page.get_data(as_text=True)
    assert current_session().query(ResourceFile).filter_by(kind="added").count() == 0


def test_a_file_over_the_limit_is_refused_with_the_reason(
    manager: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "largest", lambda: 2048)
    with unit_of_work():
        reference = make_draft().reference
    page = send(manager, reference, "guide.pdf", files.pdf() + b"x" * 4096)
    assert "The file must be 2 KB or smaller" in text_of(page)


def test_fifty_megabytes_are_refused_before_they_are_read(manager: Any) -> None:
    with unit_of_work():
        reference = make_draft().reference

    read = []

    class Endless(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            read.append(size)
            return b"x" * 1024

    answer = manager.post(
        f"/toolkit/manage/{reference}/files",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(50 * 1024 * 1024), "wsgi.input": Endless()},
    )
    assert answer.status_code == 413
    assert "too large" in text_of(answer)
    assert read == []


def test_where_files_are_scanned_readers_wait_for_it(
    session: Any, provider: Provider, monkeypatch: pytest.MonkeyPatch, run_jobs: Any
) -> None:
    from portal.integrations.scanning import Verdict

    class Scanner:
        scans = True
        outcome = "clean"

        def scan(self, data: bytes) -> Verdict:
            assert data.startswith(b"%PDF")
            return Verdict(self.outcome)  # type: ignore[arg-type]

    found = Scanner()
    monkeypatch.setattr(service, "scanner", lambda: found)
    for outcome, state in (("clean", "ready"), ("infected", "failed")):
        found.outcome = outcome
        kept = service.keep("a.pdf", files.pdf(outcome))
        with unit_of_work():
            reference = make_draft().reference
            added = service.add(
                reference=reference,
                words="",
                kept=kept.value,  # type: ignore[union-attr]
                by=author_of(provider.manager),
            ).value  # type: ignore[union-attr]
            assert added.state == "queued"
            key = added.reference
        run_jobs()
        row = current_session().query(ResourceFile).filter_by(reference=key).one()
        current_session().refresh(row)
        assert row.state == state
