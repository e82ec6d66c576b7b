"""Every migration runs up and down on a database with something in every table, and loses nothing.

``make prove`` walks the demonstration's thousands of rows as well.
"""

from __future__ import annotations

import os
import shutil
from itertools import product
from pathlib import Path

import pytest
from alembic.script import Script, ScriptDirectory
from sqlalchemy import column, insert, select, table, text

from portal.cli.schema import alembic_config, downgrade, upgrade
from portal.db.session import Database
from portal.diagnostics.models import ScoreHistogram
from portal.reports.facts.catalogue import derived_rows
from portal.reports.facts.dialect import SQLITE
from tests.support import databases
from tests.support.whole_database import (
    TableState,
    copy_rows,
    fill_empty,
    losses,
    state,
    tidy,
)

BIG = os.environ.get("BIG") == "1"
NEWEST = 3
# `make prove` comes up again from each migration, `make test` from every so manieth.
AGAIN = 1 if BIG else 18
# What a migration does lose, and why. Nothing else may be.
LOST_ON_THE_WAY_DOWN: dict[str, dict[str, str]] = {
    "037_score_counts": {
        "score_histograms": "its counts become a row each; tests of its own hold them together",
    },
    "024_network_more": {
        "mail_refusals": "refusals of event news have no place in the table before it",
    },
}
LOST_ON_THE_WAY_UP: dict[str, dict[str, str]] = {
    "037_score_counts": {
        "score_histograms": "rows of one group become one; tests of its own hold them together",
    },
    "007_cases": {
        "employer_timeline": "made by it, from what happened before",
    },
}
# Kept by triggers and counted afresh whenever the newest migration is reached.
COUNTED_AFRESH = (
    *("report_cells", "report_definitions", "report_deltas"),
    *(item.table for item in derived_rows(SQLITE)),
)


def revisions() -> list[Script]:
    """Every migration, the newest first."""
    return list(ScriptDirectory.from_config(alembic_config()).walk_revisions())


def _filled() -> Path:
    """A SQLite database with rows in every table, made once a run."""
    made = databases.SHARED / "filled.db"
    with databases.locked("filled"):
        if not made.exists():
            building = databases.new_sqlite(databases.shared_folder("filling"))
            database = Database(building)
            empty = fill_empty(database.engine)
            database.dispose()
            assert empty == [], f"nothing could be put into {empty}: help tests/support"
            path = Path(building.removeprefix("sqlite:///"))
            tidy(path)
            path.rename(made)
    return made


def _demonstration(folder: Path) -> Path:
    """The demonstration, with rows in the tables that it leaves empty."""
    from tests.e2e.support import demonstration

    server = demonstration(folder)
    database = Database(f"sqlite:///{server.database}")
    fill_empty(database.engine)
    database.dispose()
    tidy(server.database)
    return server.database


def _database(kind: str, filled: Path, folder: Path) -> Database:
    if kind == "sqlite":
        path = folder / "migrating.db"
        shutil.copy(filled, path)
        return Database(f"sqlite:///{path}")
    database = Database(databases.new_postgres())
    copy_rows(filled, database.engine)
    return database


def _state(database: Database) -> dict[str, TableState]:
    with database.engine.connect() as connection:
        return state(connection)


def walk(database: Database, steps: int | None = None) -> list[str]:
    """Down to nothing and up again, one migration at a time; what was lost on the way."""
    faults = []
    now = _state(database)
    for number, script in enumerate(revisions()[:steps]):
        before = now
        downgrade(database, str(script.down_revision or "base"))
        now = _state(database)
        allowed = (*COUNTED_AFRESH, *LOST_ON_THE_WAY_DOWN.get(script.revision, {}))
        faults += [f"{script.revision} down: {f}" for f in losses(before, now, allowed=allowed)]
        if script.down_revision is None:
            assert now == {}, "the first migration leaves something behind"
            continue
        if number % AGAIN:
            continue
        # Up from here as well, onto what is left, and back to go on.
        upgrade(database, script.revision)
        again = _state(database)
        allowed = (*COUNTED_AFRESH, *LOST_ON_THE_WAY_UP.get(script.revision, {}))
        faults += [f"{script.revision} up: {f}" for f in losses(now, again, allowed=allowed)]
        assert again.keys() == before.keys(), script.revision
        downgrade(database, str(script.down_revision))
    upgrade(database)
    return faults


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_migration_loses_a_row_in_either_direction(kind: str, tmp_path: Path) -> None:
    database = _database(kind, _filled(), tmp_path)
    filled = _state(database)
    assert [name for name, one in filled.items() if not one.rows] == []
    assert walk(database) == []
    assert _state(database).keys() == filled.keys()
    database.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_counts_of_scores_are_the_same_rows_and_arrays(kind: str, tmp_path: Path) -> None:
    """What was a row a score is a place among 101, and again a row: nobody is lost or doubled."""
    database = Database(databases.new_database(kind, tmp_path))
    downgrade(database, "036_standing_index")
    group = ("questionnaire_key", "dimension", "sector", "size_tier", "district")
    rows = [
        ("q", dimension, sector, "small", district, score, number)
        for number, (dimension, sector, district, score) in enumerate(
            product(("overall", "pay"), ("retail", "other"), ("", "leeds"), (0, 57, 100)), 1
        )
    ]
    old = table("score_histograms", *map(column, (*group, "score", "n")))
    # Of the last group everybody left: nothing to carry.
    left = ("q", "pay", "retail", "large", "", 3, 0)
    with database.engine.begin() as connection:
        connection.execute(
            insert(old), [dict(zip(old.c.keys(), row, strict=True)) for row in (*rows, left)]
        )
    upgrade(database, "037_score_counts")
    with database.engine.connect() as connection:
        found = connection.execute(
            select(*(getattr(ScoreHistogram, name) for name in (*group, "counts")))
        ).all()
    assert len(found) == 8
    assert all(len(row.counts) == 101 for row in found)
    arrays = [(*row[:5], score, n) for row in found for score, n in enumerate(row.counts) if n]
    assert sorted(arrays) == sorted(rows)
    downgrade(database, "036_standing_index")
    with database.engine.connect() as connection:
        again = connection.execute(select(old)).all()
    assert sorted(tuple(row) for row in again) == sorted(rows)
    upgrade(database)
    database.dispose()


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600 if BIG else 900)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nor_does_it_on_the_demonstration(kind: str, tmp_path: Path) -> None:
    """Thousands of rows in full; as a short cut only the newest migrations, on few."""
    filled = _demonstration(tmp_path) if BIG else _filled()
    database = _database(kind, filled, tmp_path)
    assert walk(database, None if BIG else NEWEST) == []
    database.dispose()


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("DELETE FROM user_sessions", "user_sessions: 2 rows became 0"),
        ("UPDATE users SET name = 'Nobody'", "users.name has changed"),
        ("UPDATE users SET email = 'x@x.example' WHERE id = 1", "users.email has changed"),
    ],
)
def test_a_migration_that_loses_is_noticed(harm: str, words: str, tmp_path: Path) -> None:
    """The control: the same walk with one step that takes or changes something."""
    database = _database("sqlite", _filled(), tmp_path)
    before = _state(database)
    with database.engine.begin() as connection:
        connection.execute(text(harm))
    assert words in losses(before, _state(database))
    database.dispose()
