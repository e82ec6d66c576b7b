"""Whether a fault of the database is one that passes, or a mistake of ours.

On SQLite both come as an OperationalError, a table that is not there as well as a disk that is
full; on PostgreSQL a few do. So the database's own codes decide.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from sqlalchemy.exc import DataError, DBAPIError, InterfaceError, OperationalError

# Locked by others, out of reach, moved or mounted for reading only, full, or broken under us.
_SQLITE: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
# The line, a transaction that met another, no room or connections, an operator or a time limit,
# the server's own disk.
_CLASSES: Final = ("08", "40", "53", "57", "58")
# No lock in time, a server that is a copy just now, a transaction that rested for too long.
_STATES: Final = frozenset({"55P03", "25006", "25P03", "25P04"})

# A character that the database cannot keep, as such or written into a document.
_UNKEEPABLE: Final = frozenset({"22021", "22P05"})


def holds_nul(error: DataError) -> bool:
    """Whether PostgreSQL was given a text with the character 0, which it cannot keep or compare.

    Nobody types one, and SQLite takes it. The driver refuses most by itself, without a code.
    """
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state in _UNKEEPABLE or (state is None and "NUL" in str(error.orig))


def passes(error: Exception) -> bool:
    """Whether the database is gone, full, or held by somebody else: trying again may help."""
    told: BaseException | None = error
    if isinstance(error, DBAPIError):
        if error.connection_invalidated or isinstance(error, InterfaceError):
            return True
        told = error.orig
    if isinstance(told, sqlite3.Error):
        # The lowest byte is the kind, the rest says more about it.
        return getattr(told, "sqlite_errorcode", 0) & 0xFF in _SQLITE
    state: str | None = getattr(told, "sqlstate", None)
    if state is None:
        # It could not even be connected to.
        return isinstance(error, OperationalError)
    return state.startswith(_CLASSES) or state in _STATES
