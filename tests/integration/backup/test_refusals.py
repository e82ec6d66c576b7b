"""What is damaged, cut off, sealed with another key or of another version is refused in words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import inspect, text

from portal.cli.backup import making
from portal.cli.schema import downgrade, load_metadata
from portal.db import unit_of_work
from portal.db.session import Database
from portal.integrations.dumps import private_folder
from portal.integrations.sealing import CHUNK, Secret, make_key_file
from portal.integrations.storage import storage
from portal.kernel.files import REMOVED_KEY
from tests.factories.accounts import make_user
from tests.support import databases
from tests.support.databases import ROOT
from tests.support.drill import empty_database, flask, moved, refused
from tests.support.whole_database import state

BIG = os.environ.get("BIG") == "1"


@pytest.fixture
def portal(committed_app: Flask, tmp_path: Path) -> Iterator[Flask]:
    """A small portal and the key of its backups."""
    make_key_file(tmp_path / "key")
    url = committed_app.extensions["portal_db"].url
    files = f"file://{tmp_path / 'files'}"
    with moved(committed_app, url, files, backup_key_file=tmp_path / "key"):
        with committed_app.app_context(), unit_of_work():
            make_user("owner@cafe.example")
        yield committed_app


@pytest.fixture
def made(portal: Flask, tmp_path: Path) -> Path:
    """A backup of it."""
    path = tmp_path / "one.backup"
    flask(portal, "backup", path)
    return path


def kind_of(app: Flask) -> str:
    return "sqlite" if app.extensions["portal_db"].is_sqlite else "postgresql"


def is_empty(database: Database) -> bool:
    path = Path(database.url.removeprefix("sqlite:///"))
    if database.is_sqlite and not path.exists():
        return True
    with database.engine.connect() as connection:
        return inspect(connection).get_table_names() == []


def test_damage_is_refused_and_nothing_is_changed(
    portal: Flask, made: Path, tmp_path: Path
) -> None:
    whole = made.read_bytes()
    middle = len(whole) // 2
    harms = {
        "damaged": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "cut off": whole[: -CHUNK // 2] if len(whole) > CHUNK else whole[:-20],
        "not a backup": b"%PDF" + whole[4:],
    }
    bad = tmp_path / "bad.backup"
    target = empty_database(kind_of(portal), tmp_path)
    with moved(portal, target, f"file://{tmp_path / 'there'}") as database:
        for words, data in harms.items():
            bad.write_bytes(data)
            assert words in refused(portal, "restore", bad)
            assert words in refused(portal, "backup", "verify", bad)
            assert is_empty(database), words
        assert not any((tmp_path / "there").rglob("*.*"))
        # The control: unharmed, it is taken.
        flask(portal, "backup", "verify", made)
        flask(portal, "restore", made)
        assert not is_empty(database)


def test_another_key_is_called_that(portal: Flask, made: Path, tmp_path: Path) -> None:
    make_key_file(tmp_path / "other")
    url = portal.extensions["portal_db"].url
    with moved(portal, url, "memory:///", backup_key_file=tmp_path / "other"):
        assert "not the one this file was sealed with" in refused(portal, "backup", "verify", made)
    with moved(portal, url, "memory:///", backup_key_file=None):
        assert "always encrypted" in refused(portal, "backup", tmp_path / "plain.backup")
        assert not (tmp_path / "plain.backup").exists()


def test_nothing_is_replaced_without_being_told_to(
    portal: Flask, made: Path, tmp_path: Path
) -> None:
    before = made.read_bytes()
    assert "--force replaces it" in refused(portal, "backup", made)
    assert made.read_bytes() == before
    database: Database = portal.extensions["portal_db"]
    with portal.app_context(), unit_of_work():
        make_user("later@cafe.example")
    with database.engine.connect() as connection:
        kept = state(connection)
    database.dispose()
    assert "--force" in refused(portal, "restore", made)
    with database.engine.connect() as connection:
        assert state(connection) == kept
        connection.rollback()
        # Somebody is still there: not even with --force.
        connection.execute(text("SELECT 1 FROM users")).all()
        other = Database(database.url)
        with moved(portal, database.url, "memory:///"):
            assert "stop web and worker" in refused(portal, "restore", "--force", made)
        other.dispose()
        connection.rollback()
        assert state(connection) == kept
    database.dispose()
    flask(portal, "restore", "--force", made)
    with database.engine.connect() as connection:
        restored = state(connection)
    assert restored["users"].rows == kept["users"].rows - 1


def test_an_older_schema_is_brought_up_to_date_only_when_told_to(
    portal: Flask, tmp_path: Path
) -> None:
    load_metadata()
    database: Database = portal.extensions["portal_db"]
    downgrade(database, "031_report_outcomes")
    old = tmp_path / "old.backup"
    flask(portal, "backup", old)
    with moved(portal, empty_database(kind_of(portal), tmp_path), "memory:///") as there:
        assert "older schema (031_report_outcomes" in refused(portal, "restore", old)
        assert is_empty(there)
        assert "to date" in flask(portal, "restore", "--upgrade", old)
        flask(portal, "reports", "check")
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '999_tomorrow'"))
    flask(portal, "backup", "--force", old)
    with moved(portal, empty_database(kind_of(portal), tmp_path), "memory:///") as there:
        assert "unknown here" in refused(portal, "restore", old)
        assert is_empty(there)


def test_the_other_kind_of_database_is_refused(portal: Flask, made: Path, tmp_path: Path) -> None:
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[kind_of(portal)]
    with moved(portal, empty_database(other, tmp_path), "memory:///") as there:
        assert "DATABASE_URL names one of" in refused(portal, "restore", made)
        assert is_empty(there)


def test_a_file_that_storage_lacks_is_a_fault(portal: Flask, tmp_path: Path) -> None:
    with portal.app_context():
        digest = storage().put("posters/one.pdf", b"one")
        storage().put("posters/two.pdf", b"two")
        database: Database = portal.extensions["portal_db"]
        with database.engine.begin() as connection:
            connection.execute(
                text("CREATE TABLE kept (id INTEGER, storage_key TEXT, sha256 TEXT)")
            )
            for key in ("one", "two", "gone"):
                connection.execute(
                    text("INSERT INTO kept VALUES (1, :key, :sha)"),
                    {"key": f"posters/{key}.pdf", "sha": digest},
                )
            connection.execute(text("INSERT INTO kept VALUES (1, 'not/yet.pdf', NULL)"))
            connection.execute(
                text("INSERT INTO kept VALUES (1, :key, :sha)"),
                {"key": f"{REMOVED_KEY}12", "sha": digest},
            )
    path = tmp_path / "lacking.backup"
    said = refused(portal, "backup", path)
    assert "posters/gone.pdf is not in storage" in said
    assert "posters/two.pdf is not what was stored" in said
    assert "2 files" in said
    assert "/one.pdf" not in said
    assert "/yet.pdf" not in said
    assert path.exists(), "better a backup with a hole than none"
    assert "gone.pdf" in flask(portal, "backup", "verify", path)


def test_what_stands_half_way_is_never_taken_for_a_backup(
    portal: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_named: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making, "_add_files", full)
    folder = tmp_path / "backups"
    folder.mkdir()
    assert "No space left" in refused(portal, "backup", folder / "one.backup")
    assert list(folder.iterdir()) == []


def test_what_a_killed_backup_left_goes(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    left = tmp_path / f".backup-{process.pid}-x"
    left.mkdir()
    (left / "copy.db").write_bytes(b"personal data")
    mine = tmp_path / f".backup-{os.getpid()}-y"
    mine.mkdir()
    with private_folder(f"sqlite:///{tmp_path / 'portal.db'}") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert not left.exists()
        assert mine.exists()


_MEMORY = """
import resource, sys
from pathlib import Path
from portal.cli.backup.making import make
from portal.cli.backup.reading import read, verify
from portal.db.session import Database
from portal.integrations.sealing import Secret
from portal.integrations.storage import make_storage
database, path, key = Database(sys.argv[1]), Path(sys.argv[2]), Secret("key", b"k" * 32)
store = make_storage(sys.argv[3])
scratch = Database(sys.argv[4]) if sys.argv[4:] else None
def used():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
from portal.cli.schema import load_metadata
load_metadata()
before = used()
made = make(database=database, store=store, secret=key, path=path)
verify(path, key, scratch=scratch, beside=sys.argv[1])
print(made.size // 2**20, used() - before)
"""


def _large(url: str, folder: Path, *, files: int, rows: int) -> None:
    """Files of 4 MB each and rows of a megabyte each, of which nothing can be made smaller."""
    (folder / "large").mkdir(parents=True)
    database = Database(url)
    binary = "BLOB" if database.is_sqlite else "BYTEA"
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE kept (id INTEGER, storage_key TEXT, sha256 TEXT)"))
        connection.execute(text(f"CREATE TABLE bulk (id INTEGER PRIMARY KEY, words {binary})"))
        for number in range(files):
            (folder / "large" / str(number)).write_bytes(os.urandom(4 * 2**20))
            connection.execute(
                text("INSERT INTO kept VALUES (:n, :key, NULL)"),
                {"n": number, "key": f"large/{number}"},
            )
    # Half of them in a table that a restore knows.
    with database.engine.begin() as connection:
        for number in range(rows // 2):
            connection.execute(
                text("INSERT INTO bulk (id, words) VALUES (:n, :w)"),
                {"n": number, "w": os.urandom(2**20)},
            )
            connection.execute(
                text(
                    "INSERT INTO outbox (kind, payload, created_at, due_at, attempts) "
                    "VALUES ('test.large', :w, :now, :now, 0)"
                ),
                {"w": json.dumps(os.urandom(2**19).hex()), "now": "2026-11-22 10:00:00"},
            )
    database.dispose()


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_memory_stays_flat(kind: str, tmp_path: Path) -> None:
    """A gigabyte of database and files in `make prove`, 96 MB otherwise: no more memory for it."""
    size = (1024 if BIG else 96) // 2
    files, url = tmp_path / "files", databases.new_database(kind, tmp_path)
    _large(url, files, files=size // 4, rows=size)
    command = [sys.executable, "-c", _MEMORY, url, str(tmp_path / "large.backup")]
    command.append(f"file://{files}")
    if kind == "postgresql":
        command.append(empty_database(kind, tmp_path))
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr[-2000:]
    made, more = (int(word) for word in said.stdout.split()[-2:])
    # Hexadecimal digits of random bytes are packed into half of their length.
    assert made >= size * 1.5 - 8
    assert more <= 90, f"{more} MB more memory for {made} MB"


def test_a_secret_never_shows(portal: Flask, made: Path) -> None:
    assert b"owner@cafe.example" not in made.read_bytes()
    assert made.stat().st_mode & 0o777 == 0o600
    assert "k" * 8 not in repr(Secret("key", b"k" * 32))
