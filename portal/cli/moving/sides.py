"""The two databases of a move: read as of one moment, written in one transaction.

While rows are written, triggers that count, refuse or link are put aside and foreign keys are not
asked row by row. Both happens inside the transaction that writes, and what stood in the schema
before must stand there again before it commits: a process that is killed leaves the database as it
was, and one that ends well leaves nothing switched off.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final, Protocol, cast

import psycopg
from sqlalchemy import Connection, text

from portal.cli.moving.shapes import INDEXING, MoveError, Shape, for_sqlite, meaning
from portal.db.session import WRITE_OPTION, Database
from portal.integrations.dumps import sqlite_path

_AT_ONCE: Final = 5_000
_HERE: Final = "current_schema()::regnamespace"
# What must be after a move as it was before: triggers, constraints, walls between rows.
_TRIGGERS: Final = (
    "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger "  # noqa: S608 - our own words
    "JOIN pg_class c ON c.oid = tgrelid "
    f"WHERE NOT tgisinternal AND c.relnamespace = {_HERE} ORDER BY 1, 2"
)
_CONSTRAINTS: Final = (
    "SELECT conrelid::regclass::text, conname, convalidated, pg_get_constraintdef(oid) "  # noqa: S608
    f"FROM pg_constraint WHERE connamespace = {_HERE} ORDER BY 1, 2"
)
_WALLS: Final = (
    "SELECT oid::regclass::text, relrowsecurity, relforcerowsecurity FROM pg_class "  # noqa: S608
    f"WHERE relkind = 'r' AND relnamespace = {_HERE} ORDER BY 1"
)
_WHERE: Final = re.compile(r"line (\d+), column (\w+)")
_FOREIGN: Final = (
    "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "  # noqa: S608
    f"WHERE contype = 'f' AND connamespace = {_HERE} ORDER BY 1, 2"
)


class Side(Protocol):
    """One of the two databases, inside a transaction."""

    connection: Connection

    def rows(self, shape: Shape) -> Generator[tuple[Any, ...]]:
        """What the rows of a table mean, in the order of its key, a few at a time."""

    def write(self, shape: Shape, rows: Iterable[tuple[Any, ...]]) -> None:
        """Add rows."""

    def put_aside(self) -> None:
        """Let rows in as they are."""

    def put_back(self) -> None:
        """Everything that was put aside, and prove that nothing is missing."""


class SqliteSide:
    """A SQLite file."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._driver: Any = connection.connection.driver_connection
        self._schema: list[tuple[str, str]] = []

    def rows(self, shape: Shape) -> Generator[tuple[Any, ...]]:
        """As the driver reads them."""
        columns, order = _listed(shape.columns), _listed(shape.keys)
        found = self._driver.execute(f'SELECT {columns} FROM "{shape.name}" ORDER BY {order}')  # noqa: S608 - our own names
        yield from map(meaning(shape, sqlite=True), found)

    def write(self, shape: Shape, rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert them, a few thousand in each call."""
        marks = ", ".join("?" for _ in shape.columns)
        insert = f'INSERT INTO "{shape.name}" ({_listed(shape.columns)}) VALUES ({marks})'  # noqa: S608 - our own names
        waiting = map(for_sqlite(shape), rows)
        while part := list(islice(waiting, _AT_ONCE)):
            self._driver.executemany(insert, part)

    def _triggers(self) -> list[tuple[str, str]]:
        kept = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        return [(row[0], row[1]) for row in self._driver.execute(kept)]

    def put_aside(self) -> None:
        """Drop the triggers, which is part of the transaction as all else."""
        self._schema = self._triggers()
        for name, _ in self._schema:
            if name not in INDEXING:
                self._driver.execute(f'DROP TRIGGER "{name}"')

    def put_back(self) -> None:
        """Make them again in their own words, and ask every foreign key."""
        for name, sql in self._schema:
            if name not in INDEXING:
                self._driver.execute(sql)
        if self._triggers() != self._schema:
            raise MoveError("The target's triggers are not what they were: nothing was kept")
        odd = self._driver.execute("PRAGMA foreign_key_check").fetchone()
        if odd is not None:
            raise MoveError(f"A row of {odd[0]} (rowid {odd[1]}) points at nothing in {odd[2]}")
        for name in (name.removesuffix("_insert") for name in INDEXING):
            self._driver.execute(f"INSERT INTO {name}({name}, rank) VALUES ('integrity-check', 1)")  # noqa: S608 - our own names
        self._driver.execute("ANALYZE")


class PostgresSide:
    """A PostgreSQL database. The role that moves must own its tables, as for migrations."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._driver: Any = connection.connection.driver_connection
        # Rows that a policy would hide must be a fault, not a copy that lacks them.
        for setting in ("row_security = off", "statement_timeout = 0",
                        "idle_in_transaction_session_timeout = 0"):  # fmt: skip
            connection.execute(text(f"SET LOCAL {setting}"))
        connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))
        self._keys: list[tuple[str, str, str]] = []
        self._before: list[tuple[Any, ...]] = []
        self._off: list[tuple[str, str]] = []
        self._forced: list[str] = []

    def rows(self, shape: Shape) -> Generator[tuple[Any, ...]]:
        """Through a cursor of the server's."""
        columns = ", ".join(
            f'"{name}"::text' if kind == "document" else f'"{name}"'
            for name, kind in zip(shape.columns, shape.kinds, strict=True)
        )
        order = ", ".join(
            f'"{name}" COLLATE "C"'
            if shape.kinds[shape.columns.index(name)] == "text"
            else f'"{name}"'
            for name in shape.keys
        )
        with self._driver.cursor(name="portal_move") as cursor:
            cursor.itersize = _AT_ONCE
            cursor.execute(f'SELECT {columns} FROM "{shape.name}" ORDER BY {order}')  # noqa: S608 - our own names
            yield from map(meaning(shape, sqlite=False), cursor)

    def write(self, shape: Shape, rows: Iterable[tuple[Any, ...]]) -> None:
        """By COPY, which sends them on as they come."""
        try:
            with (
                self._driver.cursor() as cursor,
                cursor.copy(f'COPY "{shape.name}" ({_listed(shape.columns)}) FROM STDIN') as copy,
            ):
                for row in rows:
                    copy.write_row(row)
        except psycopg.DataError as error:
            # Where, and which limit; what stands there may be what people wrote.
            found = _WHERE.search(str(error.diag.context or ""))
            where = "" if found is None else f" row {found[1]} by key, column {found[2]}"
            reason = str(error).splitlines()[0]
            raise MoveError(f"PostgreSQL cannot keep {shape.name}{where}: {reason}") from error

    def _said(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.connection.execute(text(query))]

    def _rules(self) -> list[tuple[Any, ...]]:
        """Every trigger with whether it is on, every constraint, every wall of rows."""
        return [row for query in (_TRIGGERS, _CONSTRAINTS, _WALLS) for row in self._said(query)]

    def _triggers(self) -> list[tuple[str, str]]:
        """Those that are on, without those that fill a search index."""
        return [
            (table, name)
            for table, name, state in self._said(_TRIGGERS)
            if state == "O" and name not in INDEXING
        ]

    def put_aside(self) -> None:
        """Switch the triggers off and take the foreign keys away, for this transaction alone."""
        self._before = self._rules()
        self._keys = cast("list[tuple[str, str, str]]", self._said(_FOREIGN))
        for table, name, _ in self._keys:
            self.connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        self._off = self._triggers()
        for table, name in self._off:
            self.connection.exec_driver_sql(f'ALTER TABLE {table} DISABLE TRIGGER "{name}"')
        self._forced = [table for table, _, forced in self._said(_WALLS) if forced]
        for table in self._forced:
            self.connection.exec_driver_sql(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")

    def put_back(self) -> None:
        """Bring all of it back, each foreign key proved over every row."""
        for table, name in self._off:
            self.connection.exec_driver_sql(f'ALTER TABLE {table} ENABLE TRIGGER "{name}"')
        for table in self._forced:
            self.connection.exec_driver_sql(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for table, name, sql in self._keys:
            try:
                self.connection.exec_driver_sql(
                    f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {sql}'
                )
            except Exception as error:
                raise MoveError(f"A row of {table} points at nothing: {name}") from error
        if self._rules() != self._before:
            raise MoveError("The target's rules are not what they were: nothing was kept")
        self._move_sequences()
        self.connection.execute(text("ANALYZE"))

    def _move_sequences(self) -> None:
        """The next row of each table comes after the last one copied."""
        owned = self._said(
            "SELECT d.refobjid::regclass::text, a.attname, s.oid::regclass::text FROM pg_class s "
            "JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i') "
            "JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid "
            "WHERE s.relkind = 'S' AND s.relnamespace = current_schema()::regnamespace"
        )
        for table, column, sequence in owned:
            self.connection.execute(
                text(
                    f"SELECT setval('{sequence}', coalesce(max({column}), 0) + 1, false) "  # noqa: S608 - names of our own
                    f"FROM {table}"
                )
            )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


@contextlib.contextmanager
def reading(database: Database) -> Iterator[Side]:
    """A database as of one moment, whoever writes to it meanwhile."""
    with database.engine.connect() as plain:
        if database.is_sqlite:
            # The first statement begins a transaction, and the first look fixes the moment.
            plain.execute(text("SELECT count(*) FROM sqlite_master"))
            yield SqliteSide(plain)
            return
        yield PostgresSide(plain.execution_options(isolation_level="REPEATABLE READ"))


@contextlib.contextmanager
def watching(database: Database) -> Iterator[Callable[[], bool]]:
    """Tells afterwards whether anybody has written to a database meanwhile.

    On PostgreSQL the server's own counts tell, which may be a second behind.
    """
    raw = database.engine.raw_connection()
    try:
        driver: Any = raw.driver_connection
        if not database.is_sqlite:
            driver.autocommit = True

        def state() -> Any:
            if database.is_sqlite:
                return driver.execute("PRAGMA data_version").fetchone()
            return driver.execute(
                "SELECT sum(n_tup_ins), sum(n_tup_upd), sum(n_tup_del) FROM pg_stat_user_tables"
            ).fetchone()

        before = state()
        yield lambda: bool(state() != before)
    finally:
        raw.invalidate()


@contextlib.contextmanager
def writing(database: Database) -> Iterator[Side]:
    """One transaction that is kept when all went well, and else never was."""
    with database.engine.connect() as plain:
        if not database.is_sqlite:
            with plain.begin():
                yield PostgresSide(plain)
            return
        # Cannot be changed inside a transaction; it is looked after at the end, over all rows.
        driver: Any = plain.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            connection = plain.execution_options(**{WRITE_OPTION: True})
            with connection.begin():
                yield SqliteSide(connection)
        finally:
            driver.execute("PRAGMA foreign_keys=ON")


def exists(database: Database) -> bool:
    """Whether there is anything to open."""
    return not database.is_sqlite or Path(sqlite_path(database.url)).exists()
