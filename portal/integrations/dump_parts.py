"""What dumps of both databases have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from sqlalchemy import Connection, text

PART: Final = 4 * 1024 * 1024
SWIFT: Final = 3


class DumpError(RuntimeError):
    """A database could not be copied or put back; the words say what to do."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A database as of one moment: a connection that sees it, and its bytes in parts."""

    kind: str
    connection: Connection
    parts: Callable[[], Iterator[bytes]]


# Given the rows of each table, and a connection that sees them where they were put anywhere;
# raises when they are not what they should be.
Check = Callable[[dict[str, int], Connection | None], None]


class Sink(Protocol):
    """Takes the bytes of a database back."""

    def write(self, part: bytes) -> None:
        """Take the next part."""

    def finish(self, check: Check) -> None:
        """Everything came: look through it, have it checked, and only then make it count."""

    def abandon(self) -> None:
        """Leave everything as it was."""


def count_rows(connection: Connection) -> dict[str, int]:
    """The rows of every table, without what search indexes keep for themselves."""
    if connection.dialect.name == "sqlite":
        made = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql IS NOT NULL"
        tables: dict[str, str] = {row[0]: row[1] for row in connection.execute(text(made))}
        indexes = [name for name, sql in tables.items() if sql.startswith("CREATE VIRTUAL")]
        names = [
            name
            for name in tables
            if not name.startswith("sqlite_")
            and not any(name == index or name.startswith(f"{index}_") for index in indexes)
        ]
    else:
        listed = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        names = list(connection.execute(text(listed)).scalars())
    return {
        name: int(connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one())  # noqa: S608 - names of our own tables
        for name in sorted(names)
    }
