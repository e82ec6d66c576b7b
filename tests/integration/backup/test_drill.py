"""The drill: fill, back up while people write, restore on an empty machine, and compare."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.cli.backup.naming import named_files
from portal.cli.schema import differences
from portal.db import audit, current_session, outbox, unit_of_work
from portal.db.session import Database
from portal.integrations.backup_record import last_backup
from portal.integrations.jobs import sweep
from portal.integrations.sealing import make_key_file
from portal.integrations.storage import storage
from tests.factories.accounts import make_user, sign_in_with_password
from tests.integration.accounts.journeys import is_signed_in
from tests.support import claims_world as world
from tests.support.client import PortalClient
from tests.support.drill import empty_database, flask, moved
from tests.support.whole_database import state

EMAIL = "owner@cafe.example"


@pytest.fixture
def portal(committed_app: Flask, tmp_path: Path) -> Iterator[Flask]:
    """A portal in use, with a folder and a key for its backups."""
    make_key_file(tmp_path / "key")
    settings = {"backup_key_file": tmp_path / "key", "backup_folder": tmp_path / "backups"}
    url = committed_app.extensions["portal_db"].url
    with moved(committed_app, url, f"file://{tmp_path / 'files'}", **settings):
        yield committed_app


def fill(app: Flask) -> None:
    """Money paid, its remittance advice drawn and kept as a file, somebody who can sign in."""
    with app.app_context():
        with unit_of_work():
            desk = world.make_desk()
            world.add_work(desk, *world.october(3))
            make_user(EMAIL)
        with unit_of_work():
            world.pay(desk)
        sweep()


def kind_of(app: Flask) -> str:
    database: Database = app.extensions["portal_db"]
    return "sqlite" if database.is_sqlite else "postgresql"


def everything(app: Flask) -> tuple[dict, dict[str, bytes]]:
    """Every row, and every file that is named."""
    with app.app_context(), app.extensions["portal_db"].engine.connect() as connection:
        kept = storage()
        files = {
            file.key: kept.get(file.key)
            for file in named_files(connection)
            if kept.exists(file.key)
        }
        return state(connection), files


class Writers:
    """People who write all the time: always two rows at once, so that halves show."""

    def __init__(self, app: Flask) -> None:
        self.acknowledged = 0
        self._app = app
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def _write(self) -> None:
        while not self._stop.is_set():
            with self._app.app_context(), unit_of_work():
                number = self.acknowledged + 1
                audit.record(action="drill.written", subject=f"drill:{number}", actor_id=None)
                outbox.add(kind="drill", payload={}, unique_key=f"drill:{number}")
            self.acknowledged = number
            self._stop.wait(0.002)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()


def pairs(app: Flask) -> tuple[set[str], set[str]]:
    """The two halves of what the writers wrote."""
    with app.app_context():
        session = current_session()
        entries = select(audit.AuditEntry.subject).where(audit.AuditEntry.action == "drill.written")
        promises = select(outbox.OutboxEntry.unique_key).where(outbox.OutboxEntry.kind == "drill")
        return set(session.scalars(entries)), set(session.scalars(promises))


def test_a_restored_portal_is_the_portal(portal: Flask, tmp_path: Path) -> None:
    fill(portal)
    kind = kind_of(portal)
    busy, quiet = tmp_path / "busy.backup", tmp_path / "quiet.backup"
    with Writers(portal) as writers:
        while writers.acknowledged < 5:
            threading.Event().wait(0.01)
        known = writers.acknowledged
        flask(portal, "backup", busy)
        during = writers.acknowledged - known
    assert during > 0, "nobody wrote while it was made: this proves nothing"
    flask(portal, "backup", quiet)
    original, files = everything(portal)
    assert sum(one.rows for one in original.values()) > 100
    assert files, "no file was made: this proves nothing"

    # While people wrote: whole transactions, all those from before it.
    with moved(portal, empty_database(kind, tmp_path), f"file://{tmp_path / 'there'}"):
        flask(portal, "restore", busy)
        entries, promises = pairs(portal)
        assert entries == promises
        assert known <= len(entries) <= writers.acknowledged
        assert entries == {f"drill:{number + 1}" for number in range(len(entries))}
        flask(portal, "payments", "verify")

    # An empty machine with another kind of storage.
    with moved(portal, empty_database(kind, tmp_path), "memory:///") as database:
        said = flask(portal, "restore", quiet)
        assert "is restored" in said
        assert everything(portal) == (original, files)
        assert differences(database) == []
        assert "whole" in flask(portal, "audit", "verify")
        assert "The ledger is whole" in flask(portal, "payments", "verify")
        assert "is what the records say" in flask(portal, "reports", "check")
        _can_be_used(portal)


def _can_be_used(app: Flask) -> None:
    """Somebody signs in, keys go on where they were, and what is final stays final."""
    with app.app_context():
        user = make_user("new@cafe.example")
        assert user.id is not None
    client = app.test_client()
    assert isinstance(client, PortalClient)
    with app.app_context():
        from portal.accounts.models import User

        owner = current_session().scalars(select(User).where(User.email == EMAIL)).one()
        sign_in_with_password(client, owner)
    assert is_signed_in(client)
    for statement in ("UPDATE audit_entries SET action = 'x'", "DELETE FROM audit_entries"):
        with (
            pytest.raises(DBAPIError, match="append-only"),
            app.app_context(),
            unit_of_work() as session,
        ):
            session.execute(text(statement))


def test_a_row_or_file_that_is_missing_would_show(portal: Flask, tmp_path: Path) -> None:
    """The control: the comparison notices one row and one byte."""
    fill(portal)
    original = everything(portal)
    with portal.app_context(), unit_of_work() as session:
        session.execute(text("UPDATE users SET name = 'Nobody' WHERE email = :e"), {"e": EMAIL})
    changed = everything(portal)
    assert changed[0] != original[0]
    assert changed[1] == original[1]
    key = next(iter(original[1]))
    (tmp_path / "files" / key).write_bytes(b"another")
    assert everything(portal)[1] != original[1]


def test_the_daily_backup_is_made_read_back_noted_and_the_oldest_go(
    portal: Flask, tmp_path: Path
) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for day in ("20260101", "20260102", "20260103"):
        (folder / f"portal-{day}T000000Z.backup").write_bytes(b"old")
    (folder / "something-else.txt").write_text("stays")
    assert last_backup(folder) is None
    kept = portal.config["SETTINGS"].model_copy(update={"backup_keep": 2})
    portal.config["SETTINGS"] = kept
    with portal.app_context():
        from portal.cli.backup.keeping import make_due

        make_due()
        names = sorted(path.name for path in folder.glob("*.backup"))
        assert len(names) == 2
        assert names[0] == "portal-20260103T000000Z.backup"
        last = last_backup(folder)
        assert last is not None
        assert last.name == names[1]
        assert last.verified_at is not None
        assert last.age.total_seconds() < 600
        assert last.rows > 0
        make_due()
        assert sorted(path.name for path in folder.glob("*.backup")) == names, "made already"
    assert (folder / "something-else.txt").exists()
    assert "read back" in flask(portal, "backup", "status")
