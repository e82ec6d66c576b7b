"""The same counts as reports read, by SQL over the records: on our database and in DuckDB."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection

from portal.db import Base
from portal.db.types import UtcDateTime
from portal.reports.facts.catalogue import derived_rows, facts
from portal.reports.facts.definition import CELL, Fact
from portal.reports.facts.dialect import POSTGRESQL, Sql
from portal.reports.queries import cells
from portal.reports.queries.cells import Wanted

# What DuckDB is given: every table that a fact reads. Whole documents of answers stay behind.
TABLES = (
    "referrals", "referral_sources", "interactions", "cases", "employers", "consultations",
    "diagnostic_sessions", "support_deliveries", "delivery_attendances", "case_milestones",
    "follow_ups", "follow_up_answers", "outputs", "event_registrations", "events",
    "network_members", "champions", "diagnostic_responses", "dimension_scores", "plans",
    "plan_actions", "reach_counts", "ledger_entries", "claim_lines", "claims",
    "diagnostic_movements", "diagnostic_movement_scores", "outcome_records",
)  # fmt: skip
_LEFT_OUT = {"answers", "result", "facts"}


@contextmanager
def recorded() -> Iterator[list[Wanted]]:
    """Every question that is put to the cells meanwhile, each once."""
    asked: list[Wanted] = []
    real = cells._checked

    def noting(wanted: Wanted) -> None:
        if wanted not in asked:
            asked.append(wanted)
        real(wanted)

    with patch.object(cells, "_checked", noting):
        yield asked


def over_records(sql: Sql, wanted: Wanted) -> str:
    """One question as SQL over the records, with nothing kept beforehand."""
    fact = next(item for item in facts(sql) if item.key == wanted.fact)
    axis = next(item for item in fact.axes if item.name == wanted.axis)
    names = (*CELL, "n", "amount")
    values = (
        f"'{fact.key}'", f"'{axis.name}'", fact.month, fact.kind, axis.a, axis.b, axis.c,
        fact.n, fact.amount,
    )  # fmt: skip
    shown = ", ".join(f"{value} AS {name}" for name, value in zip(names, values, strict=True))
    conditions = ["1 = 1"]
    if wanted.first is not None:
        conditions.append(f"month >= {_day(sql, wanted.first)}")
    if wanted.last is not None:
        conditions.append(f"month <= {_day(sql, wanted.last)}")
    for name, kept in wanted.only:
        conditions.append(f"{name} IN ({', '.join(repr(value) for value in sorted(kept))})")
    groups = ", ".join(wanted.by)
    return (
        f"SELECT {groups + ', ' if groups else ''}sum(n), sum(amount) FROM "
        f"(SELECT {shown} FROM {_undone(sql, fact)} WHERE {fact.where}) counted "
        f"WHERE {' AND '.join(conditions)}{' GROUP BY ' + groups if groups else ''}"
    )


def _day(sql: Sql, day: date) -> str:
    return f"'{day}'" if sql.sqlite else f"DATE '{day}'"


def _undone(sql: Sql, fact: Fact) -> str:
    """Where a fact reads from, each derived row worked out on the way."""
    source = fact.source
    for item in derived_rows(sql):
        source = source.replace(f"{item.table} f", f"({item.select()}) f")
    return source


class Duck:
    """DuckDB with the same rows, in memory."""

    def __init__(self, connection: Connection, folder: Path) -> None:
        import duckdb

        self.connection = duckdb.connect()
        self.connection.execute("SET threads = 2")
        self.connection.execute("SET TimeZone = 'UTC'")
        for table in TABLES:
            self._copy(connection, table, folder / f"{table}.csv")

    def _copy(self, connection: Connection, table: str, path: Path) -> None:
        found = connection.exec_driver_sql(f"SELECT * FROM {table}")
        names = list(found.keys())
        keep = table == "outcome_records"
        kept = [place for place, name in enumerate(names) if keep or name not in _LEFT_OUT]
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([names[place] for place in kept])
            for row in found:
                writer.writerow([_plain(row[place]) for place in kept])
        columns = Base.metadata.tables[table].columns
        shown = ", ".join(
            f'CAST("{names[place]}" AS {_kind(columns[names[place]].type)}) AS "{names[place]}"'
            for place in kept
        )
        self.connection.execute(
            f"CREATE TABLE {table} AS SELECT {shown} FROM "
            f"read_csv('{path}', header = true, all_varchar = true)"
        )
        path.unlink()

    def answer(self, questions: list[str]) -> None:
        """Run the questions to their ends."""
        for question in questions:
            self.connection.execute(question).fetchall()

    def questions(self, asked: list[Wanted]) -> list[str]:
        """The questions in DuckDB's words, which are PostgreSQL's."""
        # "at" is a word of its own there.
        return [
            re.sub(r"\b(\w+)\.at\b", r'\1."at"', over_records(POSTGRESQL, wanted))
            for wanted in asked
        ]


def _kind(kind: Any) -> str:
    """The type of a column in DuckDB."""
    if isinstance(kind, UtcDateTime):
        return "TIMESTAMPTZ"
    if "JSON" in type(kind).__name__.upper():
        return "JSON"
    known = {date: "DATE", int: "BIGINT", bool: "BOOLEAN"}
    return known.get(kind.python_type, "VARCHAR")


def _plain(value: Any) -> Any:
    import json

    return json.dumps(value) if isinstance(value, dict | list) else value
