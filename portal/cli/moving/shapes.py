"""What a table looks like to both databases, and what its values mean on either.

SQLite keeps instants, days and documents as text and booleans as numbers; PostgreSQL has types for
them. A value is carried as what it means, so that equal means equal. A value that does not fit its
column is refused by name, never bent into shape.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    Connection,
    Date,
    Integer,
    LargeBinary,
    String,
    inspect,
)
from sqlalchemy.dialects import postgresql

from portal.cli.schema import SEARCH_TABLES, load_metadata
from portal.db.types import UtcDateTime

# Written by migrations into every new database; the copy brings its own.
SEEDED: Final = ("roles", "audit_heads", "library_search_state")
# Each database has its own: which migration it stands at, and which definitions it counts by.
OWN: Final = ("alembic_version", "report_definitions")
# Beside a search index, plain tables of spellings that no trigger keeps.
_SPELLINGS: Final = ("_terms", "_keys", "_state")
_POSTGRESQL: Final[Any] = postgresql.dialect()  # type: ignore[no-untyped-call]
# A trigger that fills a search index; left on, so that the index is made as rows arrive.
INDEXING: Final = tuple(f"{name}_insert" for name in SEARCH_TABLES)


class MoveError(RuntimeError):
    """The database cannot be moved; the words say why and what to do."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A table: its columns with the kind of each, and those of its key."""

    name: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    keys: tuple[str, ...]

    def key_of(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """The key of a row."""
        return tuple(row[self.columns.index(name)] for name in self.keys)

    def named(self, row: tuple[Any, ...]) -> str:
        """A row as it is named to people: never what stands in it."""
        key = zip(self.keys, self.key_of(row), strict=True)
        return f"{self.name} row {', '.join(f'{name}={value}' for name, value in key)}"


def _kind(column_type: Any) -> str:
    if isinstance(column_type.dialect_impl(_POSTGRESQL), ARRAY):
        return "counts"
    kinds = (
        (UtcDateTime, "instant"), (Boolean, "boolean"), (JSON, "document"), (LargeBinary, "bytes"),
        (Date, "day"), (Integer, "number"), (String, "text"),
    )  # fmt: skip
    for known, name in kinds:
        if isinstance(column_type, known):
            return name
    raise MoveError(f"Columns of the type {column_type} cannot be moved yet")


def shapes(connection: Connection) -> list[Shape]:
    """Every table to be copied, parents before children.

    Raises:
        MoveError: when the database holds a table that nobody here knows: it would stay behind.
    """
    found = [
        Shape(
            table.name,
            tuple(column.name for column in table.columns),
            tuple(_kind(column.type) for column in table.columns),
            tuple(column.name for column in table.primary_key),
        )
        for table in load_metadata().sorted_tables
        if table.name not in OWN
    ]
    looked = inspect(connection)
    names = set(looked.get_table_names())
    for name in sorted(names):
        if name.startswith(SEARCH_TABLES) and name.endswith(_SPELLINGS):
            columns = looked.get_columns(name)
            found.append(
                Shape(
                    name,
                    tuple(column["name"] for column in columns),
                    tuple(_kind(column["type"]) for column in columns),
                    tuple(looked.get_pk_constraint(name)["constrained_columns"]),
                )
            )
    known = {shape.name for shape in found} | set(OWN)
    strange = sorted(name for name in names - known if not name.startswith(SEARCH_TABLES))
    if strange:
        raise MoveError(f"The source holds a table that the portal does not know: {strange[0]}")
    lacking = sorted(known - names)
    if lacking:
        raise MoveError(f"The source lacks the table {lacking[0]}: run flask db upgrade on it")
    return found


def _is(kind: type) -> Callable[[Any], Any]:
    def same(value: Any) -> Any:
        if type(value) is not kind:
            raise ValueError(f"is not of the type {kind.__name__}")
        return value

    return same


def _boolean(value: Any) -> bool:
    if value not in (0, 1):
        raise ValueError("is neither true nor false")
    return bool(value)


def _text(value: Any) -> str:
    if type(value) is not str:
        raise ValueError("is not text")
    if "\0" in value:
        raise ValueError("holds a NUL character, which PostgreSQL cannot keep")
    return value


def _instant(value: Any) -> datetime:
    if type(value) is not str:
        raise ValueError("is not an instant")
    when = datetime.fromisoformat(value)
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _day(value: Any) -> date:
    if type(value) is not str:
        raise ValueError("is not a day")
    return date.fromisoformat(value)


def _counts(value: Any) -> list[int]:
    found = json.loads(_text(value))
    if type(found) is not list or any(type(number) is not int for number in found):
        raise ValueError("is not a row of whole numbers")
    return found


_FROM_SQLITE: Final[dict[str, Callable[[Any], Any]]] = {
    "instant": _instant, "boolean": _boolean, "document": _text, "bytes": _is(bytes), "day": _day,
    "number": _is(int), "text": _text, "counts": _counts,
}  # fmt: skip
_FROM_POSTGRESQL: Final[dict[str, Callable[[Any], Any]]] = {
    "instant": lambda value: value.astimezone(UTC), "bytes": bytes,
}  # fmt: skip
_TO_SQLITE: Final[dict[str, Callable[[Any], Any]]] = {
    "instant": lambda value: value.replace(tzinfo=None).isoformat(" ", "microseconds"),
    "day": date.isoformat,
    "boolean": int,
    "counts": json.dumps,
}


def _same(value: Any) -> Any:
    return value


def _by_column(
    shape: Shape, steps: dict[str, Callable[[Any], Any]]
) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    chosen = tuple(steps.get(kind, _same) for kind in shape.kinds)

    def convert(row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            value if value is None else step(value) for value, step in zip(row, chosen, strict=True)
        )

    return convert


def meaning(shape: Shape, *, sqlite: bool) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Turns a row as the driver gives it into what it means.

    Raises (when called):
        MoveError: naming the row and the column, never the value.
    """
    convert = _by_column(shape, _FROM_SQLITE if sqlite else _FROM_POSTGRESQL)

    def meant(row: tuple[Any, ...]) -> tuple[Any, ...]:
        try:
            return convert(row)
        except ValueError as error:
            raise _misfit(shape, row, error) from error

    return meant


def _misfit(shape: Shape, row: tuple[Any, ...], error: ValueError) -> MoveError:
    for name, kind, value in zip(shape.columns, shape.kinds, row, strict=True):
        try:
            if value is not None:
                _FROM_SQLITE[kind](value)
        except ValueError as reason:
            # What fromisoformat says quotes the value.
            words = str(reason) if "isoformat" not in str(reason) else f"is no {kind}"
            return MoveError(f"{shape.named(row)}: {name} {words}. Correct it and begin again")
    return MoveError(f"{shape.named(row)}: {error}")


def for_sqlite(shape: Shape) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Turns what a row means into what SQLite keeps of it, as the portal itself writes it."""
    return _by_column(shape, _TO_SQLITE)


def _number(value: str) -> str:
    # JSONB writes 1e16 out in full and keeps the nought of 1.0; so do we.
    return format(Decimal(value), "f")


def document(value: str) -> str:
    """The canonical form of a JSON document: names in order, numbers in full.

    A name that stands in it twice stays twice, and so differs from a document that lost one.
    """

    def read(text: str) -> Any:
        return json.loads(
            text,
            object_pairs_hook=lambda pairs: ("o", *sorted(pairs, key=lambda pair: pair[0])),
            parse_float=lambda number: ("n", _number(number)),
            parse_int=lambda number: ("n", _number(number)),
        )

    return repr(read(value))


def canonical(shape: Shape) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Turns what a row means into a form in which equal rows are equal."""
    if "document" not in shape.kinds:
        return _same
    return _by_column(shape, {"document": document})
