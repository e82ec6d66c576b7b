"""A backup of PostgreSQL is rows: proved in an empty database, whatever stands in them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import inspect, text

from portal.cli.backup import making
from portal.db import unit_of_work
from portal.db.session import Database
from portal.integrations.sealing import make_key_file
from tests.factories.accounts import make_user
from tests.support import claims_world as world
from tests.support.drill import empty_database, flask, moved, refused
from tests.support.whole_database import state

# Whatever COPY writes in a way of its own, and what its end looks like.
AWKWARD = ("tab\there", "line\nline\r\n", "\\.", "\\N", "back\\slash\\n", "né 名 🙂", "")


@pytest.fixture
def portal(committed_app: Flask, tmp_path: Path) -> Iterator[Flask]:
    """A portal that has paid money, and whose people have odd names."""
    make_key_file(tmp_path / "key")
    url = committed_app.extensions["portal_db"].url
    files = f"file://{tmp_path / 'files'}"
    with moved(committed_app, url, files, backup_key_file=tmp_path / "key"):
        with committed_app.app_context():
            with unit_of_work():
                desk = world.make_desk()
                world.add_work(desk, *world.october(2))
                for number, name in enumerate(AWKWARD):
                    make_user(f"n{number}@cafe.example").name = name
            with unit_of_work():
                world.pay(desk)
        yield committed_app


def harm(app: Flask, table: str, change: str) -> None:
    """Change what is append-only, as somebody with the database's own password could."""
    database: Database = app.extensions["portal_db"]
    with database.engine.begin() as connection:
        if database.is_sqlite:
            found = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t"
            for name in connection.execute(text(found), {"t": table}).scalars().all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        connection.execute(text(f"UPDATE {table} SET {change}"))  # noqa: S608 - ours


HARMS = {
    "audit trail in the backup is not whole": ("audit_entries", "action = 'nothing'"),
    "ledger in the backup is not whole": ("ledger_entries", "pence = pence + 1"),
}


@pytest.mark.parametrize("words", HARMS)
def test_the_proofs_are_run_on_what_is_in_it(portal: Flask, tmp_path: Path, words: str) -> None:
    kind = "sqlite" if portal.extensions["portal_db"].is_sqlite else "postgresql"
    good, bad = tmp_path / "good.backup", tmp_path / "bad.backup"
    flask(portal, "backup", good)
    harm(portal, *HARMS[words])
    flask(portal, "backup", bad)
    scratch: list[object] = []
    if kind == "postgresql":
        scratch = ["--scratch", empty_database(kind, tmp_path)]
        assert "Rows were counted" in flask(portal, "backup", "verify", bad)
    assert words in refused(portal, "backup", "verify", *scratch, bad)
    # The control, in the same database: it was left as empty as it was.
    said = flask(portal, "backup", "verify", *scratch, good)
    assert "The ledger is whole" in said
    assert "The audit trail is whole" in said
    assert "Reports agree" in said


@pytest.mark.parametrize("committed_app", ["postgresql"], indirect=True)
def test_the_daily_backup_is_proved_in_the_scratch_database_that_is_named(
    portal: Flask, tmp_path: Path
) -> None:
    url, empty = portal.extensions["portal_db"].url, empty_database("postgresql", tmp_path)
    known = {"backup_key_file": tmp_path / "key", "backup_folder": tmp_path / "backups"}
    with moved(portal, url, "memory:///", backup_scratch_url=empty, **known):
        flask(portal, "backup")
        harm(portal, *HARMS["audit trail in the backup is not whole"])
        (made,) = (tmp_path / "backups").glob("*.backup")
        made.unlink()
        assert "audit trail in the backup is not whole" in refused(portal, "backup")
    scratch = Database(empty)
    with scratch.engine.connect() as connection:
        assert inspect(connection).get_table_names() == []
    scratch.dispose()
    # A database that somebody uses for something is left alone.
    assert "not empty" in refused(portal, "backup", "verify", "--scratch", url, made_again(portal))


def made_again(app: Flask) -> Path:
    path = Path(app.config["SETTINGS"].backup_key_file).parent / "again.backup"
    flask(app, "backup", path)
    return path


@pytest.mark.parametrize("committed_app", ["postgresql"], indirect=True)
def test_rows_come_back_as_they_were_without_any_program_of_postgresql(
    portal: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_args: object, **_named: object) -> None:
        raise AssertionError("a program was started")

    monkeypatch.setattr(subprocess, "Popen", none)
    database: Database = portal.extensions["portal_db"]
    named = f"ALTER DATABASE {database.engine.url.database}"
    with database.engine.begin() as connection:
        connection.execute(text(f"{named} SET datestyle = 'SQL, DMY'"))
        connection.execute(text("CREATE TABLE theirs (id INTEGER)"))
        connection.execute(text("INSERT INTO theirs VALUES (1), (2)"))
    database.dispose()
    path = tmp_path / "one.backup"
    flask(portal, "backup", path)
    with database.engine.begin() as connection:
        connection.execute(text(f"{named} RESET datestyle"))
    database.dispose()
    with database.engine.connect() as connection:
        before = state(connection)
    assert before.pop("theirs").rows == 2
    with moved(portal, empty_database("postgresql", tmp_path), "memory:///") as there:
        said = flask(portal, "restore", path)
        assert "Tables that are not the portal's" in said
        assert "theirs (2 rows)" in said
        with there.engine.connect() as connection:
            assert state(connection) == before
            names = set(connection.execute(text("SELECT name FROM users")).scalars())
            assert set(AWKWARD) <= names
            loose = "SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'O'"
            assert connection.execute(text(loose)).scalar() == 0
        assert keys(there) == keys(database) - {("theirs", "")}
        assert "The ledger is whole" in flask(portal, "payments", "verify")


def keys(database: Database) -> set[tuple[str, str]]:
    """Every constraint and trigger of the portal's tables."""
    with database.engine.connect() as connection:
        made = connection.execute(
            text(
                "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint "
                "WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 UNION ALL "
                "SELECT tgrelid::regclass::text, pg_get_triggerdef(oid) FROM pg_trigger "
                "WHERE NOT tgisinternal"
            )
        )
        return {(row[0], row[1]) for row in made}


@pytest.mark.parametrize("committed_app", ["postgresql"], indirect=True)
def test_rows_that_point_at_nothing_are_refused_and_what_was_there_stays(
    portal: Flask, tmp_path: Path
) -> None:
    url = portal.extensions["portal_db"].url
    with moved(portal, url, "memory:///") as source, source.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("DELETE FROM users WHERE id = (SELECT min(id) FROM users)"))
    path = tmp_path / "torn.backup"
    flask(portal, "backup", path)
    with moved(portal, empty_database("postgresql", tmp_path), "memory:///") as there:
        flask(portal, "db", "upgrade")
        with portal.app_context(), unit_of_work():
            make_user("kept@cafe.example")
        there.dispose()
        assert "violates foreign key constraint" in refused(portal, "restore", "--force", path)
        with there.engine.connect() as connection:
            assert list(connection.execute(text("SELECT email FROM users")).scalars()) == [
                "kept@cafe.example"
            ]


@pytest.mark.parametrize("committed_app", ["postgresql"], indirect=True)
def test_what_pg_dump_made_is_left_to_the_version_that_made_it(
    portal: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "FORMAT", 1)
    path = tmp_path / "old.backup"
    flask(portal, "backup", path)
    assert "made this backup with pg_dump" in refused(portal, "backup", "verify", path)
    monkeypatch.setattr(making, "FORMAT", 3)
    flask(portal, "backup", "--force", path)
    assert "A newer version" in refused(portal, "backup", "verify", path)
