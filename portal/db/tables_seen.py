"""Which tables statements read and write, as seen in the statements themselves.

Whoever makes them, and in whatever way, so that none is forgotten when a page or an action changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Engine, event

from portal.db.base import Base

# Of a connection that writes: the set of tables it has written to so far.
TOUCHED: Final = "portal_touched"
# Of a driver's connection: something was written outside a unit of work, and is to be undone.
STRAY: Final = "portal_stray_write"
_WRITES: Final = re.compile(r"\b(?:INSERT|UPDATE|DELETE|REPLACE|TRUNCATE)\b", re.IGNORECASE)
_WORD: Final = re.compile(r"\w+")
_read: ContextVar[set[str] | None] = ContextVar("tables_read", default=None)


@lru_cache(maxsize=4096)
def tables_in(statement: str) -> frozenset[str]:
    """Every table that a statement names; a column of a table's name counts as that table."""
    return frozenset(_WORD.findall(statement)) & Base.metadata.tables.keys()


@lru_cache(maxsize=4096)
def _written_in(statement: str) -> frozenset[str]:
    return tables_in(statement) if _WRITES.search(statement) else frozenset()


def watch_tables(engine: Engine) -> None:
    """Notice what every statement of this engine reads or writes."""

    @event.listens_for(engine, "before_cursor_execute")
    def before(connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        touched: set[str] | None = connection.get_execution_options().get(TOUCHED)
        if touched is not None:
            touched |= _written_in(statement)
        elif _written_in(statement):
            connection.info[STRAY] = True
        read = _read.get()
        if read is not None:
            read |= tables_in(statement)


@contextmanager
def noticing_reads() -> Iterator[set[str]]:
    """The tables that are read meanwhile."""
    read: set[str] = set()
    token = _read.set(read)
    try:
        yield read
    finally:
        _read.reset(token)
