"""Storage is gone, silent or full: pages go on, no file is taken for damaged or half kept."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.caseload.models import EvidenceFile
from portal.caseload.service import evidence
from portal.db import current_session, outbox, unit_of_work
from portal.db.audit import AuditEntry
from portal.integrations import storage as keeping
from portal.integrations.jobs import HUEY_EXTENSION, sweep
from portal.integrations.noting import NOTING_EXTENSION
from portal.integrations.storage import (
    STORAGE_EXTENSION,
    LocalStorage,
    Storage,
    StorageAway,
    StorageError,
    make_storage,
)
from portal.kernel.clock import freeze, utc_now
from portal.kernel.result import Ok
from portal.toolkit.models import ResourceFile
from portal.toolkit.service import documents
from tests.factories.accounts import sign_in
from tests.factories.caseload import make_case, make_provider
from tests.factories.toolkit import make_published
from tests.support.client import PortalClient
from tests.support.line import line_to
from tests.support.markup import parse

SHEET = b"One, Two\n"


@pytest.fixture
def kept(app: Flask, tmp_path: Path) -> Iterator[LocalStorage]:
    """A folder of the test's own."""
    before = app.extensions[STORAGE_EXTENSION]
    app.extensions[STORAGE_EXTENSION] = made = LocalStorage(tmp_path / "kept")
    yield made
    app.extensions[STORAGE_EXTENSION] = before


@contextmanager
def away(kept: LocalStorage) -> Iterator[None]:
    """The disk is not mounted."""
    aside = kept.folder.with_name("aside")
    kept.folder.rename(aside)
    yield
    assert not kept.folder.exists(), "what is put there vanishes when the disk is back"
    aside.rename(kept.folder)


@pytest.fixture
def adviser(client: PortalClient, kept: LocalStorage) -> tuple[PortalClient, str, str]:
    """Somebody at a case that has evidence: the browser, the case, the file."""
    with unit_of_work():
        provider = make_provider()
        case = make_case(provider)
        done = evidence.add(
            case=case, kind="attendance_sheet", subject="", note="", file_name="sheet.txt",
            data=SHEET, by=provider.author,
        )  # fmt: skip
        assert isinstance(done, Ok)
        reference, file = case.reference, done.value.reference
    sweep()
    sign_in(client, provider.adviser)
    return client, reference, file


def words_of(answer: Any) -> str:
    return " ".join(parse(answer.get_data(as_text=True)).select_one("main").get_text().split())


def actions() -> list[str]:
    return list(current_session().scalars(select(AuditEntry.action)))


def run_notes(app: Flask) -> None:
    """Do what the queue holds, as the worker would."""
    huey = app.extensions[HUEY_EXTENSION]
    while (task := huey.dequeue()) is not None:
        huey.execute(task)


def upload(client: PortalClient, case: str, data: bytes) -> Any:
    values = {"kind": "attendance_sheet", "file": (BytesIO(data), "more.txt")}
    return client.submit(f"/cases/{case}/evidence", values)


def test_a_file_out_of_reach_is_not_a_damaged_one(
    kept: LocalStorage, adviser: tuple[PortalClient, str, str]
) -> None:
    client, case, file = adviser
    with away(kept):
        answer = client.get(f"/evidence/{file}")
        assert answer.status_code == 503
        assert "Stored files cannot be reached just now" in words_of(answer)
        assert client.get(f"/cases/{case}").status_code == 200
        assert client.get("/readyz").json["checks"]["storage"] == "failed"
    run_notes(client.application)
    assert "evidence.damaged" not in actions()
    assert client.get(f"/evidence/{file}").data == SHEET


def test_a_file_that_is_lost_is_a_damaged_one(
    kept: LocalStorage, adviser: tuple[PortalClient, str, str]
) -> None:
    """The control: with storage in reach, its absence is noticed."""
    client, _case, file = adviser
    kept.delete(current_session().scalars(select(EvidenceFile.storage_key)).one())
    assert client.get(f"/evidence/{file}").status_code == 500
    run_notes(client.application)
    assert "evidence.damaged" in actions()


def test_with_the_queue_gone_a_read_is_on_record_all_the_same(
    app: Flask, adviser: tuple[PortalClient, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _case, file = adviser

    def deaf(*_args: Any) -> None:
        raise ConnectionError("no queue")

    monkeypatch.setitem(app.extensions, NOTING_EXTENSION, deaf)
    assert client.get(f"/evidence/{file}").data == SHEET
    entry = current_session().scalars(
        select(AuditEntry).where(AuditEntry.action == "evidence.read")
    )
    assert entry.one().actor_id is not None


def test_an_upload_meanwhile_says_that_nothing_was_saved(
    kept: LocalStorage, adviser: tuple[PortalClient, str, str]
) -> None:
    client, case, _file = adviser
    with away(kept):
        answer = upload(client, case, SHEET * 2)
        assert "Nothing was saved: try again" in words_of(answer)
    assert len(current_session().scalars(select(EvidenceFile.id)).all()) == 1
    upload(client, case, SHEET * 2)
    assert len(current_session().scalars(select(EvidenceFile.id)).all()) == 2


def test_on_a_full_disk_nothing_half_written_is_kept(
    kept: LocalStorage, adviser: tuple[PortalClient, str, str]
) -> None:
    client, case, _file = adviser
    before = {path for path in kept.folder.rglob("*") if path.is_file()}
    large = b"Name, Hours\n" * 100_000
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The system itself refuses to let any file of this process grow further.
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
    try:
        with pytest.raises(StorageError, match="try again"):
            kept.put("a/b", large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {path for path in kept.folder.rglob("*") if path.is_file()} == before
    kept.put("a/b", large)
    assert kept.get("a/b") == large
    assert client.get(f"/cases/{case}").status_code == 200


def states() -> list[str]:
    current_session().expire_all()
    return list(current_session().scalars(select(ResourceFile.state)))


def test_papers_are_made_when_storage_is_back(app: Flask, kept: LocalStorage) -> None:
    with away(kept):
        with unit_of_work():
            make_published(downloads=("docx",))
        assert sweep() == 0
        assert set(states()) == {"failed"}, "said to be tried again"
    with freeze(utc_now() + timedelta(hours=2)):
        sweep()
    assert set(states()) == {"ready"}


def test_the_daily_look_takes_nothing_for_damaged_meanwhile(app: Flask, kept: LocalStorage) -> None:
    with unit_of_work():
        make_published(downloads=("docx",))
    sweep()
    with away(kept), pytest.raises(StorageAway):
        documents.repair()
    assert set(states()) == {"ready"}
    documents.repair()
    assert outbox.waiting() == []


# Another machine ---------------------------------------------------------------------------------


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Any, Storage]]:
    """Storage on another machine, and the line to it, on which nobody answers."""
    monkeypatch.setattr(keeping, "_CLIENT", {"connect_timeout": "1s", "timeout": "1s"})
    for name, value in {
        "AWS_ACCESS_KEY_ID": "example",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_REGION": "eu-west-2",
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    with line_to(lambda: socket.create_connection(("127.0.0.1", 9))) as line:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{line.port}")
        yield line, make_storage("s3://bucket/prefix")


@pytest.mark.parametrize("how", ["cut", "silence"])
def test_storage_elsewhere_that_does_not_answer_is_away(far: tuple[Any, Storage], how: str) -> None:
    line, storage = far
    getattr(line, how)()
    started = time.monotonic()
    with pytest.raises(StorageAway):
        storage.get("a/b")
    assert time.monotonic() - started < 10, "a page waited too long"
    if how == "silence":
        return
    for asked in (storage.exists, storage.delete):
        with pytest.raises(StorageAway):
            asked("a/b")
    with pytest.raises(StorageError, match="try again"):
        storage.put("a/b", b"x")


def test_a_page_waits_for_it_less_long_than_a_process_may() -> None:
    """Two tries at most, and gunicorn gives a request 30 seconds."""
    tries = 2 * int(keeping._CLIENT["timeout"].removesuffix("s"))
    assert tries + int(keeping._CLIENT["connect_timeout"].removesuffix("s")) < 30
