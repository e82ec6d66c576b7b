"""A whole database as bytes, as of one moment while people work, and back again.

SQLite: VACUUM INTO, a transaction of its own; what was deleted does not come along in free pages.
PostgreSQL: its rows as COPY writes them, read in one transaction; see postgres_copy. What is
counted and which files are named is of the same moment as what is copied.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, create_engine, text

from portal.db.session import Database
from portal.integrations.dump_parts import (
    PART,
    SWIFT,
    Check,
    DumpError,
    Sink,
    Snapshot,
    count_rows,
)
from portal.integrations.postgres_copy import PostgresSink, Target, of_postgresql


def sqlite_path(url: str) -> Path:
    """The file of a SQLite address."""
    return Path(url.removeprefix("sqlite:///"))


@contextlib.contextmanager
def private_folder(url: str) -> Iterator[Path]:
    """A folder that only we can read, beside a SQLite database: as safe as that, and with room.

    What an interrupted run left there goes first.
    """
    beside = sqlite_path(url).parent if url.startswith("sqlite") else Path(tempfile.gettempdir())
    beside.mkdir(parents=True, exist_ok=True)
    for left in beside.glob(".backup-*-*"):
        if not Path("/proc", left.name.split("-")[1]).exists():
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f".backup-{os.getpid()}-", dir=beside) as name:
        yield Path(name)


def snapshot(database: Database) -> contextlib.AbstractContextManager[Snapshot]:
    """The database as of now."""
    return _of_sqlite(database) if database.is_sqlite else of_postgresql(database)


@contextlib.contextmanager
def reading_file(path: Path) -> Iterator[Connection]:
    """A connection that reads a SQLite file and leaves no trace in it or beside it."""
    engine = create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(f"file:{path}?immutable=1", uri=True)
    )
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextlib.contextmanager
def _of_sqlite(database: Database) -> Iterator[Snapshot]:
    with private_folder(database.url) as folder:
        copy = folder / "copy.db"
        raw = database.engine.raw_connection()
        try:
            raw.driver_connection.execute("VACUUM INTO ?", (str(copy),))  # type: ignore[union-attr]
        finally:
            raw.close()

        def parts() -> Iterator[bytes]:
            with copy.open("rb") as handle:
                while plain := handle.read(PART):
                    yield zlib.compress(plain, SWIFT)

        with reading_file(copy) as connection:
            yield Snapshot("sqlite", connection, parts)


def put_aside(path: Path) -> None:
    """Make a SQLite file ready to be replaced: one file, used by nobody.

    Raises:
        DumpError: when somebody has it open.
    """
    if not path.exists():
        return
    old = sqlite3.connect(path, timeout=1)
    try:
        # Takes what is still in the log into the file; refused while another has it open.
        old.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.OperationalError as error:
        raise DumpError(f"{path} is in use: stop web and worker first") from error
    except sqlite3.DatabaseError:
        # Broken: why else would somebody restore?
        pass
    finally:
        old.close()
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


class SqliteSink:
    """Puts a SQLite database into a file beside its place, and into its place at the end."""

    def __init__(self, folder: Path, target: Path | None) -> None:
        self.path = folder / "restored.db"
        self._target = target
        self._handle: IO[bytes] = self.path.open("xb")

    def write(self, part: bytes) -> None:
        """Unpack the next part into the file."""
        self._handle.write(zlib.decompress(part))

    def finish(self, check: Check) -> None:
        """Look through the file, then put it where it belongs in one step."""
        self._handle.flush()
        os.fsync(self._handle.fileno())
        self._handle.close()
        with reading_file(self.path) as connection:
            faults = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check"))]
            if faults != ["ok"]:
                raise DumpError(f"The database in the backup is damaged: {faults[0]}")
            if connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
                raise DumpError("Rows of the database in the backup point at nothing")
            check(count_rows(connection), connection)
        if self._target is not None:
            put_aside(self._target)
            self.path.replace(self._target)

    def abandon(self) -> None:
        """Nothing was put into place."""
        self._handle.close()


__all__ = [
    "DumpError",
    "PostgresSink",
    "Sink",
    "Snapshot",
    "SqliteSink",
    "Target",
    "count_rows",
    "private_folder",
    "reading_file",
    "snapshot",
    "sqlite_path",
]
