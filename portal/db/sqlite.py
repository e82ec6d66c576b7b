"""How SQLite is opened, and how whoever wants to write waits for a turn.

One connection writes at a time. SQLite lets the others ask again after 1, 2, 5 and up to 100 ms:
whoever has waited longest asks most rarely, somebody new takes the turn, and of eight writers some
waited their whole five seconds in vain. Here it is the other way round (docs/decisions/003).
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

WRITE_OPTION: Final = "portal_write"
BUSY_MILLISECONDS: Final = 5000
# Seconds until a turn is asked for again: at once and after so many seconds of waiting.
_FIRST_PAUSE: Final = 0.01
_LAST_PAUSE: Final = 0.001
_LAST_AFTER: Final = 0.45


def make_sqlite_engine(url: str, **options: Any) -> Engine:
    """An engine with the portal's safe settings for SQLite."""
    # A connection belongs to one transaction at a time; opening a SQLite file costs microseconds.
    engine = create_engine(url, connect_args={"timeout": BUSY_MILLISECONDS / 1000}, **options)

    @event.listens_for(engine, "do_connect")
    def on_opening(_dialect: Any, _record: Any, cargs: list[Any], _options: Any) -> None:
        # The driver would make a new, empty file while the disk with the real one is away, and
        # its log would lie beside that one when it comes back. `flask db upgrade` makes files.
        if cargs and cargs[0] != ":memory:" and not Path(cargs[0]).exists():
            gone = sqlite3.OperationalError("unable to open database file: it does not exist")
            gone.sqlite_errorcode = sqlite3.SQLITE_CANTOPEN
            raise gone

    @event.listens_for(engine, "connect")
    def on_connect(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
        # The driver must not open transactions by itself: we say BEGIN below.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_MILLISECONDS}",
            # FULL: an approved payment must survive a power cut, and one file has one setting.
            "synchronous=FULL",
            "cache_size=-16000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        # Straight to the driver: nothing to compile, and every page begins with it.
        driver = connection.connection.dbapi_connection
        if connection.get_execution_options().get(WRITE_OPTION, False):
            begin_immediate(driver)
        else:
            driver.execute("BEGIN")

    return engine


def begin_immediate(connection: sqlite3.Connection) -> None:
    """Begin to write, as soon as it is this connection's turn.

    It waits as long as the connection's ``busy_timeout`` says and asks the more often the longer
    it has waited, so that turns go to those who came first, near enough.

    Raises:
        sqlite3.OperationalError: "database is locked", where others wrote all that time.
    """
    patience = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    came = time.monotonic()
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while not _begun(connection, last=time.monotonic() - came >= patience / 1000):
            time.sleep(pause_after(time.monotonic() - came))
    finally:
        connection.execute(f"PRAGMA busy_timeout={patience:d}")


def _begun(connection: sqlite3.Connection, *, last: bool) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        # The lowest byte is the kind, the rest says more about it.
        if last or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True


def pause_after(waited: float) -> float:
    """Seconds until somebody who has waited so many seconds asks again."""
    growth = (_FIRST_PAUSE / _LAST_PAUSE - 1) / _LAST_AFTER
    return max(_LAST_PAUSE, _FIRST_PAUSE / (1 + growth * waited))


__all__ = ["BUSY_MILLISECONDS", "WRITE_OPTION", "begin_immediate", "make_sqlite_engine"]
