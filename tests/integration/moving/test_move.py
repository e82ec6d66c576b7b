"""A SQLite installation moves into PostgreSQL and home again, and nothing of it changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import JSON, inspect, literal, select, table, text
from sqlalchemy.exc import DBAPIError

from portal.cli.moving.copying import Steps, _check_target, move
from portal.cli.moving.shapes import SEEDED
from portal.cli.schema import SEARCH_TABLES, load_metadata
from portal.db import audit, unit_of_work
from portal.db.session import Database
from tests.support import databases
from tests.support.drill import empty_database, flask, moved
from tests.support.whole_database import state

INDEXES = {
    "employer_search": "employers",
    "employer_letters": "employers",
    "register_search": "register_entries",
    "library_search": "library_entries",
    "forum_search": "forum_entries",
}


def own(app: Flask) -> Database:
    database: Database = app.extensions["portal_db"]
    return database


def test_everything_moves_and_works_there_and_comes_home(full: Flask, tmp_path: Path) -> None:
    source = own(full)
    url = empty_database("postgresql", tmp_path)
    said = flask(full, "db", "move", "--to", url)
    assert "rows of 1" in said
    assert "audit verify" in said
    assert "every figure agrees" in said
    assert "file://" in said
    assert "ledger_entries" in said
    there = Database(url)
    with there.engine.connect() as connection:
        for index, content in INDEXES.items():
            counted = text(
                f"SELECT (SELECT count(*) FROM {index}), (SELECT count(*) FROM {content})"  # noqa: S608
            )
            found, wanted = connection.execute(counted).one()
            assert found == wanted > 0, index
        off = connection.execute(text("SELECT tgname FROM pg_trigger WHERE tgenabled <> 'O'"))
        assert off.all() == []
    with (
        there.engine.connect() as connection,
        pytest.raises(DBAPIError, match=r"never|append|chang"),
    ):
        connection.execute(text("UPDATE audit_entries SET action = 'x'"))
    there.dispose()
    with moved(full, url, f"file://{tmp_path / 'files'}"):
        # New rows get new keys, links and counts there.
        with full.app_context(), unit_of_work():
            audit.record(action="after", subject="after", actor_id=None)
        for words in (("payments", "verify"), ("audit", "verify"), ("reports", "check")):
            flask(full, *words)
        home = f"sqlite:///{tmp_path / 'home' / 'portal.db'}"
        assert "Moved and proved" in flask(full, "db", "move", "--to", home)
    with moved(full, home, f"file://{tmp_path / 'files'}"):
        for words in (("payments", "verify"), ("audit", "verify"), ("reports", "check")):
            flask(full, *words)
    _only_what_was_added(source, Database(home))


def _only_what_was_added(source: Database, home: Database) -> None:
    """The file that came home is the one that left, but for what was done there on purpose."""
    added = {"audit_entries", "audit_links", "audit_heads", "audit_checks", "payment_proofs"}
    with source.engine.connect() as one, home.engine.connect() as other:
        before, after = state(one), state(other)
        assert before.keys() == after.keys()
        names = {name for name in before if before[name].rows != after[name].rows}
        assert names - added <= {"ledger_proofs"}, names
        odd = [name for name in before if name not in names and before[name] != after[name]]
        # Documents come home with their names in another order; all else is the same to a byte.
        documents = {
            table.name
            for table in load_metadata().tables.values()
            if any(isinstance(column.type, JSON) for column in table.columns)
        }
        assert set(odd) <= documents | {"audit_heads", "report_definitions"}
        triggers = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
        assert one.execute(triggers).all() == other.execute(triggers).all()
        for index in INDEXES:
            other.exec_driver_sql(
                f"INSERT INTO {index}({index}, rank) VALUES ('integrity-check', 1)"  # noqa: S608
            )
    source.dispose()
    home.dispose()


def test_what_migrations_write_is_known(tmp_path: Path) -> None:
    """A new row in a migration must be named, or no migrated database would count as empty."""
    for kind in ("sqlite", "postgresql"):
        database = Database(databases.new_database(kind, tmp_path))
        _check_target(database)
        with database.engine.connect() as connection:
            full = {
                name
                for name in inspect(connection).get_table_names()
                if not name.startswith(SEARCH_TABLES) or name.endswith("_state")
                if connection.execute(select(literal(1)).select_from(table(name)).limit(1)).first()
            }
        assert full == {*SEEDED, "alembic_version", "report_definitions"}
        database.dispose()


def test_a_copy_is_as_of_one_moment(full: Flask, target: Database) -> None:
    """What is written while it goes on is noticed; a rehearsal may leave it behind."""

    def write(_target: object) -> None:
        with full.app_context(), unit_of_work():
            audit.record(action="late", subject="late", actor_id=None)

    odd = move(own(full), target, tell=lambda _words: None, steps=Steps(copied=write))
    assert len(odd) == 1
    assert "written to meanwhile" in odd[0]
    odd = move(
        own(full), target, tell=lambda _words: None, steps=Steps(copied=write), allow_writes=True
    )
    assert odd == []
    with target.engine.connect() as connection:
        late = text("SELECT count(*) FROM audit_entries WHERE action = 'late'")
        # The one of the first try; that of the second came after its moment.
        assert connection.execute(late).scalar_one() == 1
