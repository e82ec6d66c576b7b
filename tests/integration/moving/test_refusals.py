"""What a move refuses, and that what differs is found: by name, and without keeping anything."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from portal.cli.moving.copying import Steps, check, move
from portal.cli.moving.shapes import MoveError
from portal.cli.moving.sides import PostgresSide, Side
from portal.db.session import Database
from tests.integration.moving.conftest import rows_of
from tests.support import databases
from tests.support.drill import refused

BIG = os.environ.get("BIG") == "1"


def quiet(_words: str) -> None:
    """Say nothing."""


def own(app: Flask) -> Database:
    database: Database = app.extensions["portal_db"]
    return database


def change(app: Flask, sql: str) -> None:
    """Write to the source past everything that would refuse it."""
    path = own(app).url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql)
        connection.commit()


SPOILED = {
    "UPDATE users SET name = 'Changed' WHERE id = 2": "users row id=2 differs in name",
    "DELETE FROM mailbox_messages WHERE id = 2": "mailbox_messages row id=2 is missing",
    "INSERT INTO roles (name, description) VALUES ('x', '')": "only in the target",
    "UPDATE audit_entries SET at = at + interval '1us' WHERE id = 5": "id=5 differs in at",
    """UPDATE outbox SET payload = payload || '{"z": 1}' WHERE id = 1""": "differs in payload",
    "UPDATE ledger_entries SET pence = pence + 1 WHERE id = 4": "ledger_entries row id=4",
    "UPDATE claims SET updated_at = updated_at - interval '1 hour'": "claims row id=1",
    "INSERT INTO library_search_terms (term, stem) VALUES ('x', 'x')": "term=x is only",
}


def test_rows_that_differ_are_found(full: Flask, target: Database) -> None:
    """After the copy and before it is kept: each is named, and nothing of it stays."""

    def spoil(side: Side) -> None:
        side.connection.execute(text("SET LOCAL session_replication_role = replica"))
        for sql in SPOILED:
            side.connection.exec_driver_sql(sql)

    odd = move(own(full), target, tell=quiet, steps=Steps(copied=spoil))
    for named in SPOILED.values():
        assert any(named in words for words in odd), (named, odd)
    assert "ledger_entries.pence adds up to another sum in the target" in odd
    assert any("ledger in the target is not whole" in words for words in odd)
    assert any("audit trail in the target is not whole" in words for words in odd)
    assert rows_of(target) == 0


def test_a_row_that_is_changed_later_is_found_by_check(full: Flask, target: Database) -> None:
    assert move(own(full), target, tell=quiet) == []
    assert check(own(full), target, tell=quiet) == []
    with target.engine.begin() as connection:
        connection.execute(text("UPDATE employers SET headcount = headcount + 1 WHERE id = 2"))
    said = refused(full, "db", "move", "--check", "--to", target.url)
    assert "employers row id=2 differs in headcount" in said
    # And nothing is moved on top of it.
    assert "not empty" in refused(full, "db", "move", "--to", target.url)


def test_what_postgresql_cannot_keep_is_named(full: Flask, target: Database) -> None:
    change(full, "UPDATE users SET name = printf('%0999d', 0) WHERE id = 2")
    said = refused(full, "db", "move", "--to", target.url)
    assert "PostgreSQL cannot keep users row 2 by key, column name: value too long" in said
    assert "000000" not in said
    assert rows_of(target) == 0


def test_a_source_of_another_version_is_refused(full: Flask, target: Database) -> None:
    change(full, "CREATE TABLE strange (id INTEGER)")
    said = refused(full, "db", "move", "--to", target.url)
    assert "table that the portal does not know: strange" in said
    change(full, "UPDATE alembic_version SET version_num = '035_retention'")
    assert "stands at 035_retention" in refused(full, "db", "move", "--to", target.url)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (
            "INSERT INTO chain_heads (chain, sequence, hash) VALUES ('x', 0, '')",
            "chain_heads holds",
        ),
        ("UPDATE alembic_version SET version_num = '999_later'", "stands at 999_later, which"),
        ("DROP TABLE alembic_version", "tables that are not the portal's"),
    ],
)
def test_a_target_that_is_not_empty_or_not_ours_is_refused(
    full: Flask, target: Database, sql: str, words: str
) -> None:
    with target.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(sql))
    assert words in refused(full, "db", "move", "--to", target.url)


def test_addresses_that_cannot_be_are_refused(full: Flask) -> None:
    assert "in DATABASE_URL itself" in refused(full, "db", "move", "--to", own(full).url)
    assert "--to takes" in refused(full, "db", "move", "--to", "mysql://example/x")
    assert "not the address" in refused(full, "db", "move", "--to", "rubbish")
    nobody = "postgresql://nobody:secret@127.0.0.1:1/none"
    said = refused(full, "db", "move", "--to", nobody)
    assert "did not do it" in said
    assert "secret" not in said


def test_rules_that_are_not_back_are_noticed(full: Flask, target: Database) -> None:
    """A trigger that stays off, or a constraint that is gone, keeps nothing of the copy."""
    put_back = PostgresSide.put_back
    for sql, name in (
        ("DROP TRIGGER ledger_entries_no_change ON ledger_entries", "ledger_entries_no_change"),
        ("ALTER TABLE claims DROP CONSTRAINT uq_claims_reference", ""),
    ):

        def forgetful(side: PostgresSide, sql: str = sql, name: str = name) -> None:
            side.connection.execute(text(sql))
            side._off = [pair for pair in side._off if pair[1] != name]
            put_back(side)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(PostgresSide, "put_back", forgetful)
            with pytest.raises(MoveError, match="not what they were"):
                move(own(full), target, tell=quiet)
        assert rows_of(target) == 0


MOMENTS = ("ledger_entries", "bringing back", "comparing", "payments verify")


def killed(app: Flask, target: Database, moment: str) -> None:
    """Move in a process of its own that is killed when it says the words."""
    source = own(app)
    source.dispose()
    target.dispose()
    child = os.fork()
    if child == 0:

        def tell(words: str) -> None:
            if moment in words:
                os.kill(os.getpid(), signal.SIGKILL)

        try:
            move(Database(source.url), Database(target.url), tell=tell)
        finally:
            os._exit(0)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1]), f"it ended before {moment}"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["postgresql", "sqlite"] if BIG else ["postgresql"])
@pytest.mark.parametrize("moment", MOMENTS if BIG else MOMENTS[1:2])
def test_killed_at_any_moment_it_can_be_done_again(
    full: Flask, tmp_path: Path, kind: str, moment: str
) -> None:
    target = Database(databases.new_database(kind, tmp_path))
    before = rules(target)
    killed(full, target, moment)
    assert rules(target) == before
    assert rows_of(target) == 0
    assert move(own(full), target, tell=quiet) == []
    assert rules(target) == before
    assert rows_of(target) > 0
    target.dispose()


def rules(database: Database) -> object:
    """Triggers with their state, and constraints."""
    with database.engine.connect() as connection:
        if database.is_sqlite:
            kept = text(
                "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
            )
            return connection.execute(kept).all()
        return PostgresSide(connection)._rules()
