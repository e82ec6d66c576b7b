"""A whole database as bytes, as of one moment while people work, and back again.

SQLite: VACUUM INTO, a transaction of its own; what was deleted does not come along in free pages.
PostgreSQL: pg_dump on the snapshot of a transaction that we read in as well, so that what is
counted and which files are named is of the same moment.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import subprocess
import tempfile
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Protocol

from sqlalchemy import Connection, create_engine, text

from portal.db.session import Database
from portal.integrations.postgres_tools import connection_of, find_tool, version_of
from portal.kernel.result import Err

PART: Final = 4 * 1024 * 1024
_SWIFT: Final = 3


class DumpError(RuntimeError):
    """A database could not be copied or put back; the words say what to do."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A database as of one moment: a connection that sees it, and its bytes in parts."""

    kind: str
    # The major version of the program that reads it again; 0 where none is needed.
    tool: int
    connection: Connection
    parts: Callable[[], Iterator[bytes]]


# Given the rows of each table; raises when they are not what they should be.
RowCheck = Callable[[dict[str, int]], None]


class Sink(Protocol):
    """Takes the bytes of a database back."""

    def write(self, part: bytes) -> None:
        """Take the next part."""

    def finish(self, check: RowCheck) -> None:
        """Everything came: look through it, have its rows checked, and only then make it count."""

    def abandon(self) -> None:
        """Leave everything as it was."""


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
    return _of_sqlite(database) if database.is_sqlite else _of_postgresql(database)


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
                    yield zlib.compress(plain, _SWIFT)

        with reading_file(copy) as connection:
            yield Snapshot("sqlite", 0, connection, parts)


def server_version(connection: Connection) -> int:
    """The major version of a PostgreSQL server."""
    return int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10_000


def _tool(name: str, server: int) -> str:
    found = find_tool(name, server=server)
    if isinstance(found, Err):
        raise DumpError(found.problem.message)
    return str(found.value)


@contextlib.contextmanager
def _of_postgresql(database: Database) -> Iterator[Snapshot]:
    with database.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="REPEATABLE READ")
        # It waits for pg_dump, however long that takes.
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        moment = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        program = _tool("pg_dump", server_version(connection))
        address, environment = connection_of(database.url)
        command = [program, "--format=custom", "--no-owner", "--no-privileges", "--no-sync"]
        command += [f"--snapshot={moment}", f"--dbname={address}"]

        def parts() -> Iterator[bytes]:
            with _running(command, environment) as (process, failed):
                assert process.stdout is not None  # noqa: S101 - asked for below
                while part := process.stdout.read(PART):
                    yield part
                if process.wait():
                    raise DumpError(f"pg_dump failed: {failed()}")

        try:
            yield Snapshot("postgresql", version_of(Path(program)), connection, parts)
        finally:
            connection.rollback()


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        # A program that has ended already does not read what was left for it.
        with contextlib.suppress(OSError):
            pipe.close()


@contextlib.contextmanager
def _running(
    command: list[str], environment: dict[str, str], stdin: int | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], str]]]:
    """A program, and a way to ask for the end of what it complained about."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command, stdin=stdin, stdout=subprocess.PIPE, stderr=complaints, env=environment
        )

        def said() -> str:
            complaints.seek(0)
            lines = complaints.read().decode(errors="replace").strip().splitlines()
            return "; ".join(lines[:3]) or "no reason given"

        try:
            yield process, said
        finally:
            if process.poll() is None:
                process.kill()
            _close(process.stdin)
            _close(process.stdout)
            process.wait()


def count_rows(connection: Connection) -> dict[str, int]:
    """The rows of every table, without what search indexes keep for themselves."""
    if connection.dialect.name == "sqlite":
        made = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL"
        tables: dict[str, str] = {row[0]: row[1] for row in connection.execute(text(made))}
        indexes = [name for name, sql in tables.items() if sql.startswith("CREATE VIRTUAL")]
        names = [
            name
            for name in tables
            if not name.startswith("sqlite_")
            and not any(name == index or name.startswith(f"{index}_") for index in indexes)
        ]
    else:
        listed = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        names = list(connection.execute(text(listed)).scalars())
    return {
        name: int(connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one())  # noqa: S608 - names of our own tables
        for name in sorted(names)
    }


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

    def finish(self, check: RowCheck) -> None:
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
            check(count_rows(connection))
        if self._target is not None:
            put_aside(self._target)
            self.path.replace(self._target)

    def abandon(self) -> None:
        """Nothing was put into place."""
        self._handle.close()


class PostgresSink:
    """Feeds a dump through pg_restore; the rows of each table are counted as they pass.

    With an address everything goes into that database in one transaction, which also removes what
    was there when ``replace`` is set: until ``finish`` nothing has happened.
    """

    def __init__(self, *, tool: int, url: str | None = None, replace: bool = False) -> None:
        self._stack = contextlib.ExitStack()
        address, environment = connection_of(url or "postgresql://")
        command = [_tool("pg_restore", tool), "--no-owner", "--no-privileges", "--file=-"]
        running = _running(command, environment, stdin=subprocess.PIPE)
        self._restore, self._restore_said = self._stack.enter_context(running)
        self._psql: subprocess.Popen[bytes] | None = None
        if url is not None:
            command = [_tool("psql", tool), f"--dbname={address}", "--no-psqlrc", "--quiet"]
            command += ["--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
            if replace:
                command.append("--command=DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            running = _running([*command, "--file=-"], environment, stdin=subprocess.PIPE)
            self._psql, self._psql_said = self._stack.enter_context(running)
        self.rows: dict[str, int] = {}
        self._pump = threading.Thread(target=self._pass_on, daemon=True)
        self._pump.start()

    def _pass_on(self) -> None:
        assert self._restore.stdout is not None  # noqa: S101 - asked for
        onward = self._psql.stdin if self._psql else None
        table: str | None = None
        # A pipe that broke is seen in what the program says at the end.
        with contextlib.suppress(OSError, ValueError):
            for line in self._restore.stdout:
                if table is None:
                    if line.startswith(b"COPY public.") and line.endswith(b" FROM stdin;\n"):
                        table = line[12:].split(b" ", 1)[0].decode().strip('"')
                        self.rows[table] = 0
                elif line == b"\\.\n":
                    table = None
                else:
                    self.rows[table] += 1
                if onward is not None:
                    onward.write(line)

    def write(self, part: bytes) -> None:
        """Pass the next part on."""
        assert self._restore.stdin is not None  # noqa: S101 - asked for
        try:
            self._restore.stdin.write(part)
        except OSError as error:
            raise DumpError(f"pg_restore failed: {self._restore_said()}") from error

    def finish(self, check: RowCheck) -> None:
        """Wait until all of it has passed, then commit. The caller abandons it when this fails."""
        _close(self._restore.stdin)
        self._pump.join()
        if self._psql is not None and self._psql.poll():
            raise DumpError(f"PostgreSQL refused the restore: {self._psql_said()}")
        if self._restore.wait():
            raise DumpError(f"The dump in the backup is damaged: {self._restore_said()}")
        check(self.rows)
        if self._psql is not None:
            _close(self._psql.stdin)
            if self._psql.wait():
                raise DumpError(f"PostgreSQL refused the restore: {self._psql_said()}")
        self._stack.close()

    def abandon(self) -> None:
        """End the programs; the transaction was never committed."""
        # First psql: an end of its input would be taken for the end of the dump.
        if self._psql is not None:
            self._psql.kill()
            self._psql.wait()
        self._stack.close()
        self._pump.join(timeout=10)
