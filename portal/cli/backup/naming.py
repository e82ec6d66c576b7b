"""Which stored files a database names, read from the database itself.

Wherever a table keeps the hash of a file (``sha256``, or a name ending so), the column beside it
(``storage_key``, or the same name ending ``key``) says under which key storage holds it. So a table
of tomorrow, or of an older version, needs no list here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, column, inspect, select, table

from portal.kernel.files import REMOVED_KEY

_HASH = "sha256"


@dataclass(frozen=True, slots=True)
class Holder:
    """A table that names files: its columns for the key and for the hash."""

    table: str
    key: str
    hash: str


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that the database names. Without a hash it may not have been made yet."""

    holder: Holder
    key: str
    sha256: str | None


def holders_in(tables: dict[str, set[str]]) -> list[Holder]:
    """The tables that name files, from the names of their columns."""
    found = []
    for name, columns in sorted(tables.items()):
        for hashed in sorted(one for one in columns if one.endswith(_HASH)):
            start = hashed.removesuffix(_HASH)
            key = next((k for k in (f"{start}storage_key", f"{start}key") if k in columns), None)
            if key is not None:
                found.append(Holder(name, key, hashed))
    return found


def holders_of(connection: Connection) -> list[Holder]:
    """The tables of this database that name files."""
    known = inspect(connection).get_multi_columns()
    return holders_in(
        {name: {str(one["name"]) for one in columns} for (_, name), columns in known.items()}
    )


def named_files(connection: Connection) -> Iterator[NamedFile]:
    """Every file that the database names, once."""
    seen: set[str] = set()
    for holder in holders_of(connection):
        key: ColumnElement[str] = column(holder.key)
        hashed: ColumnElement[str | None] = column(holder.hash)
        rows = connection.execution_options(yield_per=1000).execute(
            select(key, hashed)
            .select_from(table(holder.table))
            .where(key.is_not(None), key != "")
            .order_by(hashed.is_(None), key)
        )
        for found in rows:
            # Erased by the schedule: the record says so in place of the key.
            if found[0] not in seen and not found[0].startswith(REMOVED_KEY):
                seen.add(found[0])
                yield NamedFile(holder, found[0], found[1])


def still_named(connection: Connection, file: NamedFile) -> bool:
    """Whether the database goes on naming the file."""
    key: ColumnElement[str] = column(file.holder.key)
    found = connection.execute(
        select(key).select_from(table(file.holder.table)).where(key == file.key).limit(1)
    )
    return found.first() is not None
