"""A full SQLite installation, and databases to move it into."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, table, text

from portal.db import audit, unit_of_work
from portal.db.session import Database
from portal.governance.service.audit_chain import check
from portal.reports.service import counting
from tests.support import claims_world as world
from tests.support import databases
from tests.support.drill import moved
from tests.support.whole_database import fill_empty, tidy

ODD = "Ünïcode \u2019 \\ \t tab, \r\n lines, 'quotes' \"more\" \\N {curly} 🙂 \u2028 end"


def _make(app: Flask, path: Path) -> None:
    """Claims paid through the portal, awkward values, and rows in every table that has none."""
    database = Database(f"sqlite:///{path}")
    with app.app_context(), unit_of_work():
        desk = world.make_desk()
        world.add_work(desk, *world.october(3))
    with app.app_context(), unit_of_work():
        world.pay(desk)
    with app.app_context(), unit_of_work():
        detail = {"b": 1.0, "a": [0.1, 1.5e-7, 10**17, None, True, ODD], "": {"x": {}}}
        audit.record(action="odd", subject=ODD[:60], detail=detail, actor_id=None)
        audit.record(action="big", subject="big", detail={"text": ODD * 20_000}, actor_id=None)
        early = datetime(1, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
        audit.record(action="old", subject="old", detail={}, actor_id=None).at = early
    with app.app_context():
        # Found whole; made up, checks would know of links that never were.
        check("command")
    assert fill_empty(database.engine) == []
    with app.app_context(), unit_of_work() as session:
        # Caps at random are below what was paid, and counts at random count nothing.
        session.execute(text("DELETE FROM contract_caps"))
        counting.rebuild()
    database.dispose()
    tidy(path)


@pytest.fixture(scope="session")
def full_file(committing_app, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once a run, and copied."""
    made = databases.SHARED / "to-be-moved.db"
    with databases.locked("to-be-moved"):
        if not made.exists():
            url = databases.new_sqlite(databases.shared_folder("moving"))
            path = Path(url.removeprefix("sqlite:///"))
            with moved(committing_app("sqlite"), url, f"file://{path.parent / 'files'}"):
                _make(committing_app("sqlite"), path)
            path.rename(made)
    return made


@pytest.fixture
def full(committing_app, full_file: Path, tmp_path: Path) -> Iterator[Flask]:
    """The application on a copy of it."""
    path = tmp_path / "full.db"
    shutil.copy(full_file, path)
    app = committing_app("sqlite")
    with moved(app, f"sqlite:///{path}", f"file://{tmp_path / 'files'}"):
        yield app


@pytest.fixture
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated PostgreSQL database with nothing in it."""
    database = Database(databases.new_postgres())
    yield database
    database.dispose()


def rows_of(database: Database) -> int:
    """How many rows there are that no migration wrote."""
    with database.engine.connect() as connection:
        return sum(
            int(connection.execute(select(func.count()).select_from(table(name))).scalar_one())
            for name in ("users", "employers", "audit_entries", "ledger_entries", "report_cells")
        )
