"""Putting the triggers into a database, counting everything afresh, and comparing the two.

Migrations may rebuild tables, so triggers go before them and come back after them; what they kept
is counted again only when something about it may have changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from portal.reports.facts.catalogue import derived_rows, facts
from portal.reports.facts.definition import CELL, Derived, Fact
from portal.reports.facts.dialect import POSTGRESQL, SQLITE, Sql
from portal.reports.facts.rollups import IS_FINE, rolled
from portal.reports.facts.triggers import PREFIX, statements

_COLUMNS = ", ".join(CELL)
_FINE = f"(SELECT * FROM report_cells WHERE {IS_FINE}) fine"  # noqa: S608 - names of our own


def sql_of(connection: Connection) -> Sql:
    """The words of this connection's database."""
    return SQLITE if connection.dialect.name == "sqlite" else POSTGRESQL


def _installed(connection: Connection) -> list[tuple[str, str]]:
    """The names of our triggers with their tables."""
    if connection.dialect.name == "sqlite":
        found = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
    else:
        # Other programmes of the installation have triggers of the same names in their schemas.
        found = (
            "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE NOT tgisinternal AND relnamespace = to_regnamespace(current_schema())"
        )
    rows = connection.execute(text(found)).all()
    return [(name, table) for name, table in rows if name.startswith(PREFIX)]


def uninstall(connection: Connection) -> None:
    """Take every trigger away; nothing is counted until they are back."""
    for name, table in _installed(connection):
        if connection.dialect.name == "sqlite":
            connection.execute(text(f"DROP TRIGGER {name}"))
        else:
            connection.execute(text(f"DROP TRIGGER {name} ON {table}"))
            connection.execute(text(f"DROP FUNCTION {name}()"))


def fingerprint(sql: Sql) -> str:
    """What tells one set of definitions from another."""
    parts = [*statements(sql, facts(sql), derived_rows(sql))]
    parts += [fact.rows() for fact in facts(sql)] + [item.select() for item in derived_rows(sql)]
    parts.append(rolled(sql, "report_cells"))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def is_current(connection: Connection) -> bool:
    """Whether the triggers in the database are those of these definitions."""
    kept = connection.execute(text("SELECT hash FROM report_definitions WHERE id = 1")).scalar()
    sql = sql_of(connection)
    expected = sum(
        1
        for line in statements(sql, facts(sql), derived_rows(sql))
        if line.startswith("CREATE TRIGGER")
    )
    return kept == fingerprint(sql) and len(_installed(connection)) == expected


def install(connection: Connection) -> None:
    """Count everything afresh and keep it from now on, in the caller's transaction."""
    sql = sql_of(connection)
    if not sql.sqlite:
        # Nothing may be written between the count and the triggers. SQLite has one writer anyway.
        watched = sorted(_watched(sql))
        connection.execute(text(f"LOCK TABLE {', '.join(watched)} IN SHARE ROW EXCLUSIVE MODE"))
        _count_rows(connection, watched)
    uninstall(connection)
    _count_afresh(connection, sql)
    for statement in statements(sql, facts(sql), derived_rows(sql)):
        connection.exec_driver_sql(statement.replace("%", "%%") if not sql.sqlite else statement)
    connection.execute(text("DELETE FROM report_definitions"))
    connection.execute(
        text("INSERT INTO report_definitions (id, hash) VALUES (1, :hash)"),
        {"hash": fingerprint(sql)},
    )


def _count_rows(connection: Connection, tables: list[str]) -> None:
    """Let PostgreSQL's planner know of rows that were written in this very transaction.

    Without it some of the questions read a whole table for every employer. A table that holds
    nothing is left out: the planner takes one it knows nothing of to hold some pages, and one
    counted as empty to stay so, which it is read whole for again and again while it grows.
    """
    full = [
        table
        for table in tables
        if connection.scalar(text(f"SELECT EXISTS (SELECT 1 FROM {table})"))  # noqa: S608
    ]
    if full:
        connection.execute(text(f"ANALYZE {', '.join(full)}"))


def _watched(sql: Sql) -> set[str]:
    """Every table whose rows are counted."""
    watches = [fact.watches for fact in facts(sql)] + [row.watches for row in derived_rows(sql)]
    return {watch.table for each in watches for watch in each}


def _count_afresh(connection: Connection, sql: Sql) -> None:
    connection.execute(text("DELETE FROM report_deltas"))
    connection.execute(text("DELETE FROM report_cells"))
    for item in derived_rows(sql):
        connection.execute(text(f"DELETE FROM {item.table}"))  # noqa: S608 - names of our own
        connection.execute(
            text(f"INSERT INTO {item.table} ({', '.join(item.names)}) {item.select()}")
        )
    for fact in facts(sql):
        connection.execute(text(f"INSERT INTO report_cells ({_COLUMNS}, n, amount) {fact.cells()}"))
    connection.execute(
        text(f"INSERT INTO report_cells ({_COLUMNS}, n, amount) {_summed(rolled(sql, _FINE))}")
    )


def _summed(rows: str) -> str:
    """Rows added up by cell; the names of the columns come from the table they are put under."""
    names = (*CELL, "n", "amount")
    return (
        f"WITH added({', '.join(names)}) AS ({rows}) "  # noqa: S608
        f"SELECT {_COLUMNS}, sum(n), sum(amount) FROM added "
        f"GROUP BY {_COLUMNS} HAVING sum(n) <> 0 OR sum(amount) <> 0"
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """One cell or row that is not as the records say: its name, what is kept, what should be."""

    where: str
    kept: Any
    true: Any


def differences(connection: Connection) -> list[Difference]:
    """Every cell and every derived row that differs from a recomputation over the records."""
    sql = sql_of(connection)
    found: list[Difference] = []
    for item in derived_rows(sql):
        found += _row_differences(connection, item)
    for fact in facts(sql):
        found += _cell_differences(connection, fact)
    return found + _coarse_differences(connection, sql)


def _row_differences(connection: Connection, item: Derived) -> list[Difference]:
    kept = {
        row[0]: tuple(row)
        for row in connection.execute(
            text(f"SELECT {', '.join(item.names)} FROM {item.table}")  # noqa: S608
        )
    }
    true = {row[0]: tuple(row) for row in connection.execute(text(item.select()))}
    return unequal(item.table, kept, true)


def _cell_differences(connection: Connection, fact: Fact) -> list[Difference]:
    kept_sql = (
        f"SELECT {_COLUMNS}, sum(n), sum(amount) FROM ("  # noqa: S608
        f"SELECT {_COLUMNS}, n, amount FROM report_cells WHERE fact = :fact AND {IS_FINE} "
        "UNION ALL "
        f"SELECT {_COLUMNS}, n, amount FROM report_deltas WHERE fact = :fact) kept "
        f"GROUP BY {_COLUMNS} HAVING sum(n) <> 0 OR sum(amount) <> 0"
    )
    kept = connection.execute(text(kept_sql), {"fact": fact.key})
    return unequal("cell", _read(kept), _read(connection.execute(text(fact.cells()))))


def _coarse_differences(connection: Connection, sql: Sql) -> list[Difference]:
    """Coarser cells beside the sums of the cells themselves; one of nothing is as good as none."""
    kept = connection.execute(
        text(
            f"SELECT {_COLUMNS}, n, amount FROM report_cells "  # noqa: S608
            f"WHERE NOT ({IS_FINE}) AND (n <> 0 OR amount <> 0)"
        )
    )
    true = connection.execute(text(_summed(rolled(sql, _FINE))))
    return unequal("sum", _read(kept), _read(true))


def _read(rows: Iterable[Any]) -> dict[Any, Any]:
    return {tuple(str(part) for part in row[:7]): (int(row[7]), int(row[8])) for row in rows}


def unequal(what: str, kept: dict[Any, Any], true: dict[Any, Any]) -> list[Difference]:
    """What is kept and what should be, where the two are not alike."""
    return [
        Difference(f"{what} {key}", kept.get(key), true.get(key))
        for key in sorted(kept.keys() | true.keys(), key=str)
        if kept.get(key) != true.get(key)
    ]
