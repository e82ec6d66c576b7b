"""The folder of backups: names, one at a time, the daily one, and how many are kept."""

from __future__ import annotations

import contextlib
import fcntl
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from config import Settings
from portal.cli.backup.making import Made, make
from portal.cli.backup.reading import BackupError, verify
from portal.db.programmes import settings_here
from portal.db.session import Database, current_database
from portal.integrations.backup_record import BackupRecord, keep_record, last_backup
from portal.integrations.sealing import Secret, key_file, passphrase
from portal.integrations.storage import storage
from portal.kernel.clock import utc_now

_log = logging.getLogger(__name__)
PATTERN: Final = "portal-*.backup"
# Less than a day: yesterday's may have been made a little later than today's is due.
_DUE_AFTER: Final = timedelta(hours=20)


def current_settings() -> Settings:
    """The settings of the current application, or of its programme."""
    settings: Settings = settings_here()
    return settings


def current_secret(settings: Settings) -> Secret:
    """The key or passphrase of this installation.

    Raises:
        BackupError: when there is none: a backup is never made in the clear.
        SealError: when it is unusable.
    """
    if settings.backup_key_file is not None:
        return key_file(settings.backup_key_file)
    if settings.backup_passphrase is not None:
        return passphrase(settings.backup_passphrase.get_secret_value())
    raise BackupError(
        "Backups are always encrypted: make a key with flask backup key FILE and set "
        "BACKUP_KEY_FILE, or set BACKUP_PASSPHRASE. Keep it away from the backups themselves"
    )


@contextlib.contextmanager
def scratch_of(settings: Settings, address: str | None = None) -> Iterator[Database | None]:
    """The empty database of PostgreSQL in which backups are proved, where there is one."""
    url = address or settings.backup_scratch_url
    database = None if url is None else Database(url)
    try:
        yield database
    finally:
        if database is not None:
            database.dispose()


def new_path(folder: Path) -> Path:
    """The name of a backup made now; names sort by time."""
    return folder / f"portal-{utc_now():%Y%m%dT%H%M%SZ}.backup"


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One backup at a time in a folder.

    Raises:
        BackupError: when another is being made.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError("Another backup is being made in that folder") from error
        yield


def make_in(folder: Path, *, keep: int) -> tuple[Made, list[Path]]:
    """Make a backup in a folder, read it back, note it, and remove those beyond ``keep``.

    Returns what was made and what was removed. Nothing is removed before the new one is proved.
    """
    settings = current_settings()
    secret = current_secret(settings)
    with _alone(folder):
        path = new_path(folder)
        if path.exists():
            raise BackupError(f"{path} is there already")
        database = current_database()
        made = make(database=database, store=storage(), secret=secret, path=path)
        record = BackupRecord(
            name=path.name,
            made_at=utc_now(),
            size=made.size,
            files=len(made.files),
            rows=sum(made.rows.values()),
            seconds=round(made.seconds, 2),
            faults=len(made.faults),
        )
        with scratch_of(settings) as scratch:
            verify(path, secret, scratch=scratch, beside=database.url)
        keep_record(folder, replace(record, verified_at=utc_now()))
        return made, remove_beyond(folder, keep)


def remove_beyond(folder: Path, keep: int) -> list[Path]:
    """Remove the oldest backups, so many that ``keep`` are left; other files are left alone."""
    gone = sorted(folder.glob(PATTERN), reverse=True)[keep:]
    for path in gone:
        path.unlink()
    return gone


def make_due() -> None:
    """The daily work: make a backup where a folder is set and the last one is not from today."""
    settings = current_settings()
    if settings.backup_folder is None:
        return
    last = last_backup(settings.backup_folder)
    if last is not None and last.age < _DUE_AFTER and (settings.backup_folder / last.name).exists():
        return
    made, gone = make_in(settings.backup_folder, keep=settings.backup_keep)
    _log.info(
        "Backup %s: %s bytes, %s files; %s removed",
        made.path.name,
        made.size,
        len(made.files),
        len(gone),
    )
    if made.faults:
        raise BackupError(f"Storage lacks {len(made.faults)} files that the database names")
