"""The application with files in object storage, by settings alone: put here, read there."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdf
import pytest
from flask import Flask
from sqlalchemy import update

from portal.db import unit_of_work
from portal.db.outbox import OutboxEntry
from portal.integrations.scanning import SCANNER_EXTENSION, ClamdScanner
from portal.integrations.sealing import make_key_file
from portal.integrations.storage import STORAGE_EXTENSION, ObjectStorage, init_storage
from portal.kernel.clock import utc_now
from tests.factories import files as samples
from tests.factories.accounts import sign_in
from tests.factories.action_plans import make_party, make_plan
from tests.factories.caseload import make_case, make_provider
from tests.integration.backup.test_drill import everything, fill
from tests.support.clamd import clamd
from tests.support.client import PortalClient
from tests.support.drill import empty_database, flask, moved
from tests.support.s3_server import S3Server


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    server = S3Server()
    server.start()
    server.make_bucket()
    server.guard()
    yield server
    server.close()


@pytest.fixture
def another_process(app: Flask, server: S3Server) -> Iterator[Callable[[], None]]:
    """Makes the application's storage anew from settings, as each process does at its start."""
    before, settings = app.extensions[STORAGE_EXTENSION], app.config["SETTINGS"]
    app.config["SETTINGS"] = settings.model_copy(
        update=type(settings)(portal_env="test", **server.settings()).model_dump(
            include={*server.settings()}
        )
    )

    def start() -> None:
        init_storage(app)
        assert isinstance(app.extensions[STORAGE_EXTENSION], ObjectStorage)

    start()
    yield start
    app.extensions[STORAGE_EXTENSION], app.config["SETTINGS"] = before, settings


def test_evidence_is_uploaded_scanned_and_downloaded(
    app: Flask,
    client: PortalClient,
    server: S3Server,
    another_process: Callable[[], None],
    run_jobs: Callable[[], int],
) -> None:
    with unit_of_work():
        provider = make_provider()
        case = make_case(provider).reference
    sign_in(client, provider.adviser)
    before = app.extensions[SCANNER_EXTENSION]
    with clamd() as scanner:
        app.extensions[SCANNER_EXTENSION] = ClamdScanner(
            ("127.0.0.1", scanner.server_address[1]), seconds=5
        )
        known = set(server.keys())
        sent = {"kind": "attendance_sheet", "file": (io.BytesIO(samples.pdf()), "sheet.pdf")}
        page = client.submit(f"/cases/{case}/evidence", sent).get_data(as_text=True)
        assert "Waiting for the virus scan" in page
        another_process()
        run_jobs()
        assert scanner.seen == [samples.pdf()]
        app.extensions[SCANNER_EXTENSION] = before
    assert len(set(server.keys()) - known) == 1
    another_process()
    soup = client.soup(f"/cases/{case}/evidence")
    link = soup.select_one('main a[href^="/evidence/"]')
    assert link is not None
    answer = client.get(str(link["href"]))
    assert (answer.status_code, answer.data) == (200, samples.pdf())


def test_a_plan_that_a_worker_draws_is_read_by_the_web_process(
    client: PortalClient,
    server: S3Server,
    another_process: Callable[[], None],
    run_jobs: Callable[[], int],
) -> None:
    party = make_party()
    make_plan(party)
    sign_in(client, party.owner)
    base = f"/employers/{party.employer}/plan"
    client.submit(base, form=f"{base}/versions")
    another_process()
    # The service is out of reach when the worker is done with drawing: it draws again later.
    server.stop()
    run_jobs()
    assert client.get(f"{base}/versions/1/file").status_code != 200
    server.start()
    due_now()
    run_jobs()
    another_process()
    answer = client.get(f"{base}/versions/1/file")
    assert answer.status_code == 200
    assert "Example Bakers Ltd" in pypdf.PdfReader(io.BytesIO(answer.data)).pages[0].extract_text()


def due_now() -> None:
    """Let the waiting work be due, as time would."""
    with unit_of_work() as session:
        session.execute(update(OutboxEntry).values(due_at=utc_now()))


@pytest.mark.parametrize("committed_app", ["sqlite"], indirect=True)
def test_a_backup_takes_what_is_in_the_bucket_and_puts_it_into_another(
    committed_app: Flask, server: S3Server, tmp_path: Path
) -> None:
    app = committed_app
    make_key_file(tmp_path / "key")
    key = {"backup_key_file": tmp_path / "key"}
    url = app.extensions["portal_db"].url
    here = ObjectStorage(f"s3://{server.name}/here", server.bucket())
    there = ObjectStorage(f"s3://{server.name}/there", server.bucket())
    with moved(app, url, here, **key):
        fill(app)
        flask(app, "backup", tmp_path / "one.backup")
        flask(app, "backup", "verify", tmp_path / "one.backup")
        original, files = everything(app)
    assert files
    assert {f"here/{name}" for name in files} <= set(server.keys())
    with moved(app, empty_database("sqlite", tmp_path), there, **key):
        flask(app, "restore", tmp_path / "one.backup")
        assert everything(app) == (original, files)
    assert {f"there/{name}" for name in files} <= set(server.keys())
