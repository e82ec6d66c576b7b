"""Rows of a table as they are given to the employer they are about: every column, in plain words.

A table's columns are either shown or left out by name, so that a new one cannot be forgotten: a
test compares. Keys of people become their names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, select

from portal.accounts import queries as accounts
from portal.db import current_session

MOST_ROWS: Final = 50_000
Words = Mapping[str, str] | Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class TableShown:
    """How one table is shown.

    ``columns`` maps a column to its plain name, in order; ``left_out`` names the others: internal
    keys, secrets and the private data of other people. ``more`` adds values from other tables.
    ``words`` turns stored values into words. ``about`` says which rows are an employer's.
    """

    table: Table
    about: Callable[[int], ColumnElement[bool]]
    columns: Mapping[str, str]
    left_out: frozenset[str]
    more: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)
    words: Mapping[str, Words] = field(default_factory=dict)

    @property
    def people(self) -> list[str]:
        """Shown columns that hold keys of people."""
        return [
            name
            for name in self.columns
            if any(key.column.table.name == "users" for key in self.table.c[name].foreign_keys)
        ]


def names(text: str) -> frozenset[str]:
    """Column names, written as one line."""
    return frozenset(text.split())


def read_table(shown: TableShown, employer_id: int) -> tuple[list[str], list[list[Any]]]:
    """Header and rows about an employer, in the order in which they were written."""
    rows = (
        current_session()
        .execute(
            select(
                *(shown.table.c[name] for name in shown.columns),
                *(
                    value.label(f"more_{number}")
                    for number, value in enumerate(shown.more.values())
                ),
            )
            .select_from(shown.table)
            .where(shown.about(employer_id))
            .order_by(shown.table.c.id)
            .limit(MOST_ROWS)
        )
        .all()
    )
    keys = list(shown.columns)
    people = [keys.index(name) for name in shown.people]
    known = accounts.user_names({row[at] for row in rows for at in people} - {None})
    found = []
    for row in rows:
        values = list(row)
        for at in people:
            values[at] = known.get(values[at], "")
        for at, name in enumerate(keys):
            values[at] = _plain(values[at], shown.words.get(name))
        found.append(values)
    return [*shown.columns.values(), *shown.more], found


def _plain(value: Any, words: Words | None) -> Any:
    if callable(words):
        return words(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "; ".join(words.get(item, item) if words else item for item in value)
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    return words.get(value, value) if words and isinstance(value, str) else value
