"""A database with something in every table, and what tells two states of all of it apart."""

from __future__ import annotations

import random
import re
import secrets
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, StatementError

from portal.cli.schema import SEARCH_TABLES, load_metadata
from portal.db.types import UtcDateTime

_CHOICES = re.compile(r"(\w+) IN \(([^)]*)\)")
_NOW = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
_DAYS = (date(2026, 4, 1), date(2026, 4, 30), date(2026, 11, 2))
_NUMBERS = (1, 0, 2, 3, 5, 10, 30, 100, 500)
_WORDS = ("example", "", "LS1 4AP", "b@firm.example", "2026-04", "x" * 32, "a" * 64)
_TRIES = 4000


@dataclass(frozen=True, slots=True)
class TableState:
    """The rows of a table and, for each column, what its values in order come to."""

    rows: int
    columns: dict[str, int]


def state(connection: Connection) -> dict[str, TableState]:
    """Every table but the search indexes; comparable within one process."""
    looked = inspect(connection)
    columns = {
        name: [(str(one["name"]), str(one["type"]).upper()) for one in found]
        for (_, name), found in looked.get_multi_columns().items()
    }
    keys = {name: found["constrained_columns"] for (_, name), found in
            looked.get_multi_pk_constraint().items()}  # fmt: skip
    return {
        name: _table_state(connection, name, found, keys.get(name) or [])
        for name, found in sorted(columns.items())
        if name != "alembic_version" and not name.startswith(SEARCH_TABLES)
    }


def _table_state(
    connection: Connection, table: str, columns: list[tuple[str, str]], keys: list[str]
) -> TableState:
    postgresql = connection.dialect.name == "postgresql"
    text_of = {"JSON", "JSONB", "TSVECTOR", "ARRAY"} if postgresql else set()
    names = ", ".join(
        f'CAST("{name}" AS TEXT)' if kind in text_of else f'"{name}"' for name, kind in columns
    )
    order = ", ".join(f'"{key}"' for key in keys or [columns[0][0]])
    rows = connection.exec_driver_sql(
        f'SELECT {names} FROM "{table}" ORDER BY {order}'  # noqa: S608
    ).fetchall()
    values = zip(*rows, strict=True) if rows else [()] * len(columns)
    return TableState(
        len(rows),
        {name: hash(column) for (name, _), column in zip(columns, values, strict=True)},
    )


def losses(
    before: dict[str, TableState],
    after: dict[str, TableState],
    *,
    allowed: Iterable[str] = (),
) -> list[str]:
    """Tables that are in both states and lost rows or changed what stands in a column of both."""
    found = []
    for name in sorted(before.keys() & after.keys() - set(allowed)):
        was, became = before[name], after[name]
        if was.rows != became.rows:
            found.append(f"{name}: {was.rows} rows became {became.rows}")
        found += [
            f"{name}.{column} has changed"
            for column in sorted(was.columns.keys() & became.columns.keys())
            if was.columns[column] != became.columns[column]
            and f"{name}.{column}" not in allowed
            and was.rows == became.rows
        ]
    return found


# What luck seldom hits: combinations of several columns, and what rows of other tables wait for.
_GIVEN: dict[str, dict[str, Any]] = {
    "score_histograms": {"counts": [2, *[0] * 55, 1, *[0] * 43, 7]},
    "rate_cards": {"state": "draft", "published_at": None, "published_by": None},
}


def fill_empty(engine: Engine) -> list[str]:
    """Put two rows into each table that has none, as its constraints allow.

    Returns the tables that took none.
    """
    metadata = load_metadata()
    dice = random.Random(20261122)  # noqa: S311 - repeatable, not secret
    left = [table for table in metadata.tables.values() if _is_empty(engine, table)]
    # A table may wait for one that is filled later.
    waiting = len(left) + 1
    while left and len(left) < waiting:
        waiting = len(left)
        left = [table for table in left if not _fill(engine, table, dice)]
    return sorted(table.name for table in left)


def _is_empty(engine: Engine, table: Table) -> bool:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar() == 0


def _fill(engine: Engine, table: Table, dice: random.Random) -> bool:
    choices: dict[str, list[str]] = {}
    for check in table.constraints:
        if isinstance(check, CheckConstraint):
            for column, listed in _CHOICES.findall(str(check.sqltext)):
                words = re.findall(r"'([^']*)'", listed)
                # The longest list is of everything allowed, others are of special cases.
                choices[column] = max(choices.get(column, []), words, key=len)
    done = 0
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        parents = {
            column.name: list(
                connection.execute(
                    select(next(iter(column.foreign_keys)).column).limit(8)
                ).scalars()
            )
            for column in table.columns
            if column.foreign_keys
        }
        connection.rollback()
        if any(not found and not table.columns[name].nullable for name, found in parents.items()):
            return False
        free = [one for one in table.columns if one.name != "id" or one.foreign_keys]

        given = _GIVEN.get(table.name, {})

        def threw(column: Column[Any]) -> Any:
            if column.name in given:
                return given[column.name]
            return _value(column, choices.get(column.name), parents, dice)

        row = {column.name: threw(column) for column in free}
        for _ in range(_TRIES):
            try:
                with connection.begin_nested():
                    connection.execute(insert(table), row)
            except (DBAPIError, StatementError) as error:
                # Only what the database complained of is thrown again.
                blamed = _blamed(table, str(error))
                all_of_it = not blamed or dice.random() < 0.3
                row |= {one.name: threw(one) for one in free if one.name in blamed or all_of_it}
                continue
            done += 1
            if done == 2:
                break
            row = {column.name: threw(column) for column in free}
        connection.commit()
    return done > 0


def _blamed(table: Table, words: str) -> set[str]:
    """The columns of the constraint that an error names."""
    reason = words.partition("\n")[0]
    names = {column.name for column in table.columns}
    for check in table.constraints:
        if isinstance(check, CheckConstraint) and reason.endswith(str(check.name)):
            return names & set(re.findall(r"\w+", str(check.sqltext)))
    return names & set(re.findall(rf"{table.name}\.(\w+)", reason))


def _value(  # noqa: PLR0911 - one line for each kind of column
    column: Column[Any],
    choices: list[str] | None,
    parents: dict[str, list[Any]],
    dice: random.Random,
) -> Any:
    if column.nullable and dice.random() < 0.5:
        return None
    if column.name in parents:
        return dice.choice(parents[column.name]) if parents[column.name] else None
    if choices:
        return dice.choice(choices)
    if isinstance(column.type, JSON):
        return dice.choice(({}, []))
    if isinstance(column.type, Date):
        return dice.choice(_DAYS)
    if isinstance(column.type, LargeBinary):
        return secrets.token_bytes(8)
    if isinstance(column.type, Boolean):
        return dice.random() < 0.5
    if isinstance(column.type, Integer):
        return dice.choice(_NUMBERS)
    if isinstance(column.type, UtcDateTime):
        return _NOW + timedelta(days=dice.choice((-30, 0, 1, 30)))
    length = getattr(column.type, "length", None) or 64
    unique = f"{dice.getrandbits(64):016x}" * 4
    return dice.choice((*_WORDS, unique, unique))[:length]


def copy_rows(source: Path, target: Engine) -> None:
    """Put every row of a SQLite database into a migrated PostgreSQL database."""
    metadata: MetaData = load_metadata()
    from portal.db.session import make_engine

    reading = make_engine(f"sqlite:///{source}")
    with reading.connect() as old, target.begin() as new:
        # Neither foreign keys nor triggers: everything comes, what triggers wrote as well.
        new.execute(text("SET LOCAL session_replication_role = replica"))
        for table in metadata.tables.values():
            new.execute(table.delete())
            rows = [dict(row) for row in old.execute(select(table)).mappings()]
            if rows:
                new.execute(insert(table), rows)
        _set_sequences(new, metadata)
    reading.dispose()


def _set_sequences(connection: Connection, metadata: MetaData) -> None:
    for name, table in metadata.tables.items():
        if "id" in table.columns:
            connection.execute(
                select(
                    func.setval(
                        func.pg_get_serial_sequence(name, "id"),
                        select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery(),
                        False,
                    )
                ).where(func.pg_get_serial_sequence(name, "id").is_not(None))
            )


def tidy(path: Path) -> None:
    """Take what stands beside a SQLite file into it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
