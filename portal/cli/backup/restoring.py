"""Restoring a backup: proved whole first, then files, then the database in one step."""

from __future__ import annotations

from pathlib import Path

from portal.cli.backup.reading import (
    About,
    BackupError,
    Contents,
    postgres_sink,
    prove,
    read,
)
from portal.cli.backup.revisions import known, newest
from portal.cli.schema import upgrade
from portal.db.session import Database
from portal.integrations.dumps import Sink, SqliteSink, private_folder, sqlite_path
from portal.integrations.sealing import Secret
from portal.integrations.storage import Storage, StorageError


def check_fits(about: About, database: Database, *, migrate: bool) -> None:
    """Refuse a backup that this version or this database cannot take.

    Raises:
        BackupError: with what to do instead.
    """
    here = "sqlite" if database.is_sqlite else "postgresql"
    if about.kind != here:
        raise BackupError(
            f"The backup is of a {about.kind} database, but DATABASE_URL names one of {here}"
        )
    if about.revision not in known():
        raise BackupError(
            f"The backup's schema ({about.revision or 'none'}) is unknown here: restore it with "
            "the version of the portal that made it, or a newer one"
        )
    if about.revision != newest() and not migrate:
        raise BackupError(
            f"The backup is of an older schema ({about.revision}; this version has {newest()}). "
            "Nothing was changed: --upgrade brings it up to date after restoring"
        )


def restore(
    path: Path,
    secret: Secret,
    *,
    database: Database,
    store: Storage,
    replace: bool = False,
    migrate: bool = False,
) -> Contents:
    """Put a backup's database and files into place.

    It is read twice: damage anywhere in it must show before anything is changed. The database
    comes last and in one step, so whatever stops it, the old one is there or the new one.

    Raises:
        BackupError, SealError, DumpError: in words; nothing was changed in the database.
    """
    read(path, secret, sink_for=lambda about: check_fits(about, database, migrate=migrate))
    with private_folder(database.url) as folder:

        def sink_for(about: About) -> Sink:
            if not database.is_sqlite:
                return postgres_sink(about, database, replace=replace)
            target = sqlite_path(database.url)
            if target.exists() and target.stat().st_size and not replace:
                raise BackupError(
                    f"{target} is there already: nothing was changed. To replace it, --force"
                )
            database.dispose()
            return SqliteSink(folder, target)

        def keep(key: str, data: bytes) -> None:
            try:
                store.put(key, data)
            except StorageError as error:
                raise BackupError(f"The file {key}: {error}") from error

        contents = read(path, secret, sink_for=sink_for, keep_file=keep)
    # Of the same revision too: another version may count otherwise for its reports.
    upgrade(database)
    if contents.about.revision != newest():
        contents.notes.append(f"The schema was brought from {contents.about.revision} to date")
        return contents
    contents.notes += prove(database.sessions(), contents)
    return contents
