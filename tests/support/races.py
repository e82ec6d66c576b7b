"""Two people at the same moment: threads that meet right before the first of them writes.

Both read, then each waits for the other before its first change. Where a lock is held the other
cannot come, and the wait ends by itself; where none is held both have read the same and write it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy import event

from portal.db import session as sessions
from portal.db import unit_of_work
from portal.db.session import Database, PortalSession

_CHANGES = ("INSERT", "UPDATE", "DELETE")
_BEFORE, _AFTER = "before_cursor_execute", "after_cursor_execute"
_LOCK = re.compile(r"\s+FOR (?:NO KEY )?UPDATE( OF \w+(, \w+)*)?")


@dataclass
class Race:
    """What became of each runner, and whether they met before the first change."""

    results: list[object] = field(default_factory=list)
    met: bool = False


def race(
    app: Flask,
    *runners: Callable[[], object],
    patience: float = 0.15,
    reading_after: bool = False,
) -> Race:
    """Let everybody run at once, each in a context and a unit of work of its own.

    ``reading_after`` is for what reads again after its own change: they meet before that, so that
    both have changed, and after it, so that neither has committed while the other still reads. (On
    SQLite they cannot: one alone changes anything.)
    An exception is a result like any other: the test says which results it can explain.
    """
    outcome = Race([None] * len(runners))
    start = threading.Barrier(len(runners), timeout=30)
    wanted = [(_BEFORE, _CHANGES)]
    if reading_after and not database_of(app).is_sqlite:
        wanted += [(_BEFORE, ("SELECT",)), (_AFTER, ("SELECT",))]
    stops = [
        (threading.Barrier(len(runners), timeout=patience), when, what) for when, what in wanted
    ]
    here = threading.local()

    def wait(when: str, _c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
        left: list[tuple[threading.Barrier, str, tuple[str, ...]]] = getattr(here, "racing", [])
        if not left or left[0][1] != when or not statement.startswith(left[0][2]):
            return
        meeting, *_where = left.pop(0)
        try:
            meeting.wait()
        except threading.BrokenBarrierError:
            left.clear()
            return
        outcome.met = not left

    def run(number: int) -> None:
        start.wait()
        here.racing = list(stops)
        try:
            with app.app_context(), unit_of_work():
                outcome.results[number] = runners[number]()
        except Exception as error:  # noqa: BLE001 - the test judges it
            outcome.results[number] = error
        finally:
            here.racing = []

    with _listening(app, wait):
        running = [threading.Thread(target=run, args=(n,)) for n in range(len(runners))]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join(timeout=60)
        assert not any(thread.is_alive() for thread in running), "a runner hangs"
    return outcome


@contextmanager
def _listening(app: Flask, wait: Callable[..., None]) -> Iterator[None]:
    """Call it before and after every statement, with which of the two it is."""
    engine = database_of(app).engine
    listeners = {name: partial(wait, name) for name in (_BEFORE, _AFTER)}
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners.items():
            event.remove(engine, name, listener)


@contextmanager
def without_locks(app: Flask) -> Iterator[None]:
    """The control: nothing read to be changed is held, as with a library's defaults."""
    engine = database_of(app).engine

    def strip(
        _c: Any, _cur: Any, statement: str, parameters: Any, _context: Any, _many: bool
    ) -> tuple[str, Any]:
        # The chain of the audit trail stands: it is not what these controls are about.
        kept = "audit_heads" in statement
        return (statement if kept else _LOCK.sub("", statement)), parameters

    def begin_without(session: PortalSession) -> None:
        # On SQLite the lock is the way a transaction begins.
        if session.in_transaction():
            session.commit()
        session.info[sessions._WRITING] = True

    event.listen(engine, "before_cursor_execute", strip, retval=True)
    real = sessions.begin_writing
    sessions.begin_writing = begin_without
    try:
        yield
    finally:
        sessions.begin_writing = real
        event.remove(engine, "before_cursor_execute", strip)


def drop_walls(app: Flask, indexes: Sequence[tuple[str, str]]) -> None:
    """The control: take the unique indexes and constraints (table, name) away as well."""
    database = database_of(app)
    with database.engine.begin() as connection:
        for table, name in indexes:
            if name.startswith("uq_") and not database.is_sqlite:
                connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}")
            connection.exec_driver_sql(f"DROP INDEX IF EXISTS {name}")


def database_of(app: Flask) -> Database:
    """The application's database."""
    database: Database = app.extensions["portal_db"]
    return database
