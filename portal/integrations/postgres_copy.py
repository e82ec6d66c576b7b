r"""The rows of a PostgreSQL database as a stream, as of one moment, and back into an empty one.

Rows and nothing else, in COPY's text format: the tables come from the migrations, at the revision
the database stood at. So no program of PostgreSQL is needed, and its version does not matter.

The stream is UTF-8: for each table a line of JSON (``{"table": …, "columns": […]}``), its rows,
and a line ``\.``, which no row can look like, since COPY doubles backslashes; at the end a line of
JSON that says where sequences stand.
"""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final, NamedTuple

import psycopg
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from portal.db.session import Database
from portal.integrations.dump_parts import PART, SWIFT, Check, DumpError, Snapshot, count_rows

_END: Final = b"\\.\n"
# Whatever the server or its database says otherwise: values come and go alike, and it may take
# its time, as stored files are read meanwhile.
_SETTINGS: Final = (
    *("datestyle = 'ISO, YMD'", "intervalstyle = 'postgres'", "extra_float_digits = 3"),
    *("row_security = off", "statement_timeout = 0", "idle_in_transaction_session_timeout = 0"),
)
_TABLES: Final = """
SELECT c.relname, array_agg(a.attname ORDER BY a.attnum) FILTER (WHERE a.attgenerated = '')
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = to_regnamespace(current_schema()) AND c.relkind = 'r'
GROUP BY c.relname ORDER BY c.relname
"""
_SEQUENCES: Final = (
    "SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema() ORDER BY 1"
)
_KEYS: Final = """
SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
FROM pg_constraint WHERE contype = 'f' AND connamespace = to_regnamespace(current_schema())
ORDER BY 1, 2
"""


@contextlib.contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:
        told: Any = error.orig if isinstance(error, DBAPIError) else error
        # The first line names the fault, those after it quote what was in the row.
        diag = getattr(told, "diag", None)
        words = (diag and diag.message_primary) or str(told).partition("\n")[0]
        raise DumpError(f"PostgreSQL: {words}") from error


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _tables(connection: Connection) -> dict[str, list[str]]:
    return {row[0]: row[1] or [] for row in connection.execute(text(_TABLES))}


def _copy(name: str, columns: list[str], way: str) -> str:
    listed = ", ".join(_quoted(column) for column in columns)
    return f"COPY {_quoted(name)} ({listed}) {way} WITH (FORMAT text, ENCODING 'UTF8')"


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    raw: Any = connection.connection.driver_connection
    return raw  # type: ignore[no-any-return]


def _set(connection: Connection) -> None:
    for setting in _SETTINGS:
        connection.exec_driver_sql(f"SET LOCAL {setting}")


@contextlib.contextmanager
def of_postgresql(database: Database) -> Iterator[Snapshot]:
    """The database as of now."""
    with _in_words(), database.engine.connect() as connection:
        tables = _tables(connection)
    with database.engine.connect() as plain:
        connection = plain.execution_options(isolation_level="REPEATABLE READ")
        try:
            with _in_words():
                _set(connection)
                if tables:
                    # Before the first look, which fixes the moment: no migration comes in between.
                    names = ", ".join(_quoted(name) for name in tables)
                    connection.exec_driver_sql(f"LOCK TABLE {names} IN ACCESS SHARE MODE")
                if _tables(connection) != tables:
                    raise DumpError(
                        "The tables were changed just now, as by a migration: try again"
                    )
            yield Snapshot("postgresql", connection, partial(_parts, connection, tables))
        finally:
            connection.rollback()


def _parts(connection: Connection, tables: dict[str, list[str]]) -> Iterator[bytes]:
    held = bytearray()
    with _in_words():
        for piece in _stream(connection, tables):
            held += piece
            if len(held) >= PART:
                yield zlib.compress(held, SWIFT)
                held.clear()
    if held:
        yield zlib.compress(held, SWIFT)


def _stream(connection: Connection, tables: dict[str, list[str]]) -> Iterator[Any]:
    for name, columns in tables.items():
        yield json.dumps({"table": name, "columns": columns}).encode() + b"\n"
        with (
            _driver(connection).cursor() as cursor,
            cursor.copy(_copy(name, columns, "TO STDOUT").encode()) as rows,
        ):
            yield from rows
        yield _END
    # After the rows: a sequence belongs to no moment, and may be ahead of them but not behind.
    stand = {}
    for name in connection.execute(text(_SEQUENCES)).scalars().all():
        asked = f"SELECT last_value, is_called FROM {_quoted(name)}"  # noqa: S608 - a name of our own
        stand[name] = list(connection.execute(text(asked)).one())
    yield json.dumps({"sequences": stand}).encode() + b"\n"


class Target(NamedTuple):
    """An empty database, or one to be replaced, and what makes its tables at a revision.

    Unless it is kept, it is as empty as before in the end: all of it was only to be looked at.
    """

    database: Database
    make_tables: Callable[[Connection], None]
    revision: str
    replace: bool = False
    keep: bool = True


class PostgresSink:
    """Puts rows into tables that migrations make; without a target they are only counted.

    All of it is one transaction, which also removes what was there before when that is wanted:
    until ``finish`` nothing has happened. Foreign keys are put aside and made again over all rows,
    so each is proved.
    """

    def __init__(self, target: Target | None = None) -> None:
        self.rows: dict[str, int] = {}
        # Tables that no migration makes; their rows have no place.
        self.left_out: dict[str, int] = {}
        self._target = target
        self._connection: Connection | None = None
        self._keys: list[tuple[str, str, str]] = []
        self._known: dict[str, list[str]] = {}
        self._rest = b""
        self._table: str | None = None
        self._sequences: dict[str, list[Any]] | None = None
        self._copying = contextlib.ExitStack()
        self._copy: psycopg.Copy | None = None
        if target is not None:
            self._connection = target.database.engine.connect()
            try:
                with _in_words():
                    self._empty(self._connection, target)
            except BaseException:
                self.abandon()
                raise

    def _empty(self, connection: Connection, target: Target) -> None:
        _set(connection)
        if target.replace:
            # Where there are several programmes, this one's.
            schema = _quoted(connection.exec_driver_sql("SELECT current_schema()").scalar_one())
            connection.exec_driver_sql(f"DROP SCHEMA {schema} CASCADE")
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
        target.make_tables(connection)
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        self._known = _tables(connection)
        self._keys = [tuple(row) for row in connection.execute(text(_KEYS))]
        for table, name, _ in self._keys:
            connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for table in self._known:
            connection.exec_driver_sql(f"ALTER TABLE {_quoted(table)} DISABLE TRIGGER USER")
        # Migrations put rows in as well.
        listed = ", ".join(_quoted(table) for table in self._known)
        connection.exec_driver_sql(f"TRUNCATE {listed}")

    def write(self, part: bytes) -> None:
        """Pass on the whole lines of the next part."""
        plain = self._rest + zlib.decompress(part)
        with _in_words():
            at = 0
            end = plain.rfind(b"\n") + 1
            while at < end:
                at = (
                    self._line(plain, at, end)
                    if self._table is None
                    else self._rows(plain, at, end)
                )
        self._rest = plain[end:]

    def _line(self, plain: bytes, at: int, end: int) -> int:
        after = plain.index(b"\n", at, end) + 1
        said = json.loads(plain[at:after])
        if "sequences" in said:
            self._sequences = said["sequences"]
        else:
            self._begin(said["table"], said["columns"])
        return after

    def _begin(self, table: str, columns: list[str]) -> None:
        self._table, self.rows[table] = table, 0
        if self._connection is None:
            return
        if table not in self._known:
            self.left_out[table] = 0
            return
        odd = sorted(set(columns) - set(self._known[table]))
        if odd:
            raise DumpError(
                f"The table {table} of the backup has columns that its migrations do not make: "
                f"{', '.join(odd)}"
            )
        statement = _copy(table, columns, "FROM STDIN").encode()
        cursor = self._copying.enter_context(_driver(self._connection).cursor())
        self._copy = self._copying.enter_context(cursor.copy(statement))

    def _rows(self, plain: bytes, at: int, end: int) -> int:
        """Pass on rows until the end of the table or of what came."""
        if plain.startswith(_END, at):
            until, after = at, at + len(_END)
        else:
            found = plain.find(b"\n" + _END, at, end)
            until, after = (end, end) if found < 0 else (found + 1, found + 1 + len(_END))
        assert self._table is not None  # noqa: S101 - asked before
        self.rows[self._table] += plain.count(b"\n", at, until)
        if self._copy is not None and until > at:
            self._copy.write(plain[at:until])
        if after > until:
            if self._table in self.left_out:
                self.left_out[self._table] = self.rows[self._table]
            self._table = self._copy = None
            self._copying.close()
        return after

    def finish(self, check: Check) -> None:
        """Everything came: make keys and triggers again, have it checked, and commit.

        The caller abandons it when this fails.
        """
        if self._rest or self._table is not None or self._sequences is None:
            raise DumpError("The rows in the backup end too early")
        if self._connection is None or self._target is None:
            check(self.rows, None)
            return
        with _in_words():
            self._put_back(self._connection)
            stands = self._connection.execute(text("SELECT version_num FROM alembic_version"))
            if stands.scalars().all() != [self._target.revision]:
                raise DumpError("The rows in the backup are of another schema than it says")
            check(count_rows(self._connection) | self.left_out, self._connection)
            if self._target.keep:
                self._connection.commit()
            else:
                self._connection.rollback()
        self._connection.close()

    def _put_back(self, connection: Connection) -> None:
        for table in self._known:
            connection.exec_driver_sql(f"ALTER TABLE {_quoted(table)} ENABLE TRIGGER USER")
        for table, name, made in self._keys:
            connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {made}")
        made_here = set(connection.execute(text(_SEQUENCES)).scalars())
        for name, (value, called) in (self._sequences or {}).items():
            if name in made_here:
                connection.execute(
                    text("SELECT setval(CAST(:name AS regclass), :value, :called)"),
                    {"name": _quoted(name), "value": value, "called": called},
                )
        connection.exec_driver_sql("ANALYZE")

    def abandon(self) -> None:
        """Hang up: the transaction was never committed."""
        self._copy = None
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
        with contextlib.suppress(psycopg.Error):
            self._copying.close()
