"""Writing very many rows fast: COPY on PostgreSQL, one prepared statement on SQLite."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, Table, text

from portal.db.types import UtcDateTime

_AT_ONCE: Final = 20_000
# When the made-up rows were written down, where nobody asks for the time itself.
WRITTEN: Final = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


class Bulk:
    """Writes rows of one table. Columns that are not given get the model's own defaults."""

    def __init__(self, connection: Connection, model: Any, **constants: Any) -> None:
        self.connection = connection
        self.table: Table = model.__table__
        self.constants = constants
        self.sqlite = connection.dialect.name == "sqlite"

    def load(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Write the rows and return how many there were. Every row has the same columns."""
        waiting = iter(rows)
        first = next(waiting, None)
        if first is None:
            return 0
        names = [column.name for column in self.table.columns if self._needed(column, first)]
        fixed = self._fixed(names, first)
        as_stored = {name: _stored(self.table.columns[name], sqlite=self.sqlite) for name in names}

        def values(row: Mapping[str, Any]) -> tuple[Any, ...]:
            return tuple(
                as_stored[name](row[name]) if name in row else fixed[name] for name in names
            )

        def tuples() -> Iterator[tuple[Any, ...]]:
            yield values(first)
            for row in waiting:
                yield values(row)

        return self._write(names, tuples())

    def _needed(self, column: Any, row: Mapping[str, Any]) -> bool:
        given = column.name in row or column.name in self.constants
        return given or column.default is not None

    def _fixed(self, names: list[str], row: Mapping[str, Any]) -> dict[str, Any]:
        """What is the same in every row: constants, and defaults of the model."""
        found = {}
        for name in names:
            column = self.table.columns[name]
            if name in row:
                continue
            value = self.constants.get(name)
            if name not in self.constants and column.default is not None:
                value = getattr(column.default, "arg", None)
                if callable(value):
                    value = WRITTEN if isinstance(column.type, UtcDateTime) else value(None)
            found[name] = _stored(column, sqlite=self.sqlite)(value)
        return found

    def _write(self, names: list[str], rows: Iterator[tuple[Any, ...]]) -> int:
        driver: Any = self.connection.connection.driver_connection
        columns = ", ".join(names)
        written = 0
        if self.sqlite:
            marks = ", ".join("?" for _ in names)
            insert = f"INSERT INTO {self.table.name} ({columns}) VALUES ({marks})"  # noqa: S608 - our own names
            while part := list(islice(rows, _AT_ONCE)):
                driver.executemany(insert, part)
                written += len(part)
            return written
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {self.table.name} ({columns}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)
                written += 1
        return written


def _stored(column: Any, *, sqlite: bool) -> Callable[[Any], Any]:
    """How a value of a column is handed to the driver."""
    kind = column.type
    if "JSON" in type(kind).__name__.upper():
        return _json
    if sqlite and isinstance(kind, UtcDateTime):
        return _instant
    if sqlite and kind.python_type is date:
        return _day
    return _same


def _same(value: Any) -> Any:
    return value


def _json(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _instant(value: datetime | None) -> str | None:
    return None if value is None else f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond:06d}"


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def move_sequences(connection: Connection, tables: Iterable[Table]) -> None:
    """On PostgreSQL, let the next row of each table come after those written with their keys."""
    if connection.dialect.name == "sqlite":
        return
    for table in tables:
        connection.execute(
            text(
                f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608 - our own names
                f"(SELECT max(id) FROM {table.name}))"
            )
        )
