"""Rows for the matrix of access: any table filled from its columns, and words planted in all text.

A planted word says whose row and which column it stood in, so that wherever it turns up the leak
names itself: ``zq``, the side's letter, four letters for the column, and ``qz``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Integer,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)
from sqlalchemy import func as sql
from sqlalchemy.exc import DBAPIError

from portal.db import Base, current_session
from portal.db.types import UtcDateTime
from portal.kernel.clock import today, utc_now

WORD = re.compile(r"zq([abcds])([b-z]{4})qz")
SHORTEST = 9
_serial = count(1)


@cache
def tables() -> dict[str, Table]:
    """Every table that has keys of its own, by name, parents first.

    Models are all known once an application is; to sort them anew for each answer took most of
    the whole matrix's time.
    """
    return {table.name: table for table in Base.metadata.sorted_tables if "id" in table.c}


@cache
def columns() -> list[str]:
    """Every column that may hold words, as ``table.column``, always in the same order."""
    return sorted(
        f"{name}.{column.name}"
        for name, table in tables().items()
        for column in table.columns
        if _holds_words(column)
    )


def _holds_words(column: Column[Any]) -> bool:
    if isinstance(column.type, JSON):
        return True
    return isinstance(column.type, String) and (column.type.length or 99) >= SHORTEST


def _letters(number: int) -> str:
    spelt = ""
    for _place in range(4):
        number, rest = divmod(number, 20)
        # Without vowels: no word of a page, and no part of a reference, looks like it.
        spelt = "bcdfghjklmnpqrstvwxz"[rest] + spelt
    return spelt


def highest() -> dict[str, int]:
    """The highest key of every table."""
    session = current_session()
    return {
        name: session.scalar(select(sql.max(table.c.id))) or 0 for name, table in tables().items()
    }


class Rows:
    """The rows of one side: those made while it was open, and the words planted in them."""

    def __init__(self, letter: str) -> None:
        self.letter = letter
        self.keys: dict[str, set[int]] = {}
        self.given: dict[str, int] = {}
        self._before: dict[str, int] = {}
        # Columns in which no word could be planted, with what the database said.
        self.refused: dict[str, str] = {}
        self.planted: set[str] = set()

    def open(self) -> None:
        """Rows made from now on are this side's."""
        self._before = highest()

    def close(self) -> None:
        """Rows made from now on are somebody else's."""
        session = current_session()
        for name, table in tables().items():
            found = session.scalars(select(table.c.id).where(table.c.id > self._before[name]))
            self.keys.setdefault(name, set()).update(found)

    def fill(self, name: str, **values: Any) -> int:
        """One row with every column it needs, as given or made up; its key."""
        table = tables()[name]
        for column in table.columns:
            if column.name in values or column.primary_key or column.nullable:
                continue
            if column.default is not None or column.server_default is not None:
                continue
            values[column.name] = self._made_up(column)
        row = current_session().execute(insert(table).values(**values).returning(table.c.id))
        self.given[name] = int(row.scalar_one())
        return self.given[name]

    def _made_up(self, column: Column[Any]) -> Any:  # noqa: PLR0911 - a table, row by row
        for key in column.foreign_keys:
            return self.given[key.column.table.name]
        kind = column.type
        if isinstance(kind, Boolean):
            return False
        if isinstance(kind, Integer):
            return 1
        if isinstance(kind, Date):
            return today()
        if isinstance(kind, UtcDateTime):
            return utc_now() + timedelta(days=7)
        if isinstance(kind, JSON):
            return []
        if column.name.endswith(("_hash", "sha256", "fingerprint")):
            return f"{next(_serial):064d}"
        if column.name == "email" or column.name.endswith("_email"):
            return f"somebody{next(_serial)}@example.org"
        return f"An example {next(_serial)}"[: getattr(kind, "length", None) or 40]

    def reference(self, name: str, column: str = "reference") -> Any:
        """A public name of the row of that table that was filled last."""
        table = tables()[name]
        return current_session().scalar(
            select(table.c[column]).where(table.c.id == self.given[name])
        )

    # --- planting -----------------------------------------------------------------------------

    def plant(self) -> None:
        """Put this side's word of each column into every text of its rows."""
        numbers = {name: number for number, name in enumerate(columns())}
        session = current_session()
        for name, table in tables().items():
            keys = self.keys.get(name)
            words = [column for column in table.columns if _holds_words(column)]
            if not keys or not words or name in LEFT_ALONE:
                continue
            rows = session.execute(
                select(table.c.id, *words).where(table.c.id.in_(sorted(keys)))
            ).all()
            for row in rows:
                changes = {}
                for column, value in zip(words, row[1:], strict=True):
                    full = f"{name}.{column.name}"
                    word = f"zq{self.letter}{_letters(numbers[full])}qz"
                    if full in LEFT_ALONE:
                        continue
                    changed = _worded(value, word, row[0], column)
                    if changed != value:
                        changes[column.name] = changed
                if changes and not self._put(table, row[0], changes):
                    for one, value in changes.items():
                        self._put(table, row[0], {one: value})
        session.expire_all()

    def _put(self, table: Table, key: int, changes: dict[str, Any]) -> bool:
        session = current_session()
        try:
            with session.begin_nested():
                session.execute(update(table).where(table.c.id == key).values(**changes))
        except DBAPIError as error:
            if len(changes) == 1:
                self.refused[f"{table.name}.{min(changes)}"] = str(error.orig)[:120]
            return False
        self.planted |= {f"{table.name}.{column}" for column in changes}
        return True


# What pages read as more than words, or prove by a sum of its own.
LEFT_ALONE = {
    "outbox": "instructions to the worker",
    "audit_entries": "only ever added to",
    "plan_versions.document": "its hash is proved; it is written after words were planted",
    "report_copies.text": "its fingerprint is proved; it holds figures only",
    "mailbox_messages": "mails of the demonstration's mailbox",
    "employers.postcode": "only a postcode is taken",
    "employer_sites.postcode": "only a postcode is taken",
    "ledger_entries": "only ever added to",
    "payment_decisions": "only ever added to",
}


def _worded(value: Any, word: str, key: int, column: Column[Any]) -> Any:
    """The value with its words replaced; what is a key, a code or a number stays."""
    if isinstance(value, dict):
        return {name: _worded(one, word, key, column) for name, one in value.items()}
    if isinstance(value, list):
        return [_worded(one, word, key, column) for one in value]
    if not isinstance(value, str) or not value or value.startswith(("{", "[", "http")):
        return value
    limit = getattr(column.type, "length", None) or 500
    if "@" in value:
        return f"{word}{key}@example.org"[:limit]
    is_text = isinstance(column.type, Text) and len(value) > SHORTEST
    return f"{word} {key}"[:limit] if " " in value or is_text else value


def words_in(text: str) -> Iterator[tuple[str, str]]:
    """Whose words stand in a text, and of which columns."""
    for letter, spelt in sorted(set(WORD.findall(text.lower()))):
        if spelt in _by_letters():
            yield letter, _by_letters()[spelt]


@cache
def _by_letters() -> dict[str, str]:
    """Every column by the letters that stand for it."""
    return {_letters(number): name for number, name in enumerate(columns())}
