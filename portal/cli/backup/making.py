"""Making a backup: database and files into one sealed file, as of one moment, in flat memory."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from alembic.migration import MigrationContext
from sqlalchemy import Connection

from portal.cli.backup.naming import NamedFile, named_files, still_named
from portal.db.session import Database
from portal.integrations.dumps import Snapshot, count_rows, snapshot
from portal.integrations.sealing import SealingWriter, Secret
from portal.integrations.storage import Storage, StorageError, Stored
from portal.kernel.clock import utc_now

# 2: rows of PostgreSQL as COPY writes them, where 1 held what pg_dump made.
FORMAT: Final = 2
ABOUT, MANIFEST, DATABASE, FILES = "about.json", "manifest.json", "database/", "files/"
_PRIVATE: Final = 0o600


@dataclass(slots=True)
class Made:
    """What a backup holds. ``faults`` are files that the database names and storage lacks."""

    path: Path
    kind: str
    revision: str
    size: int = 0
    seconds: float = 0.0
    rows: dict[str, int] = field(default_factory=dict)
    files: dict[str, tuple[str, int]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


class _Through:
    """A stored file as a stream, which knows the hash of what went through it."""

    def __init__(self, stored: Stored) -> None:
        self._pieces, self._held = stored.pieces, b""
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        while len(self._held) < size and (piece := next(self._pieces, b"")):
            self.digest.update(piece)
            self._held += piece
        given, self._held = self._held[:size], self._held[size:]
        return given


class _Archive:
    """A tar stream that forgets what it has written."""

    def __init__(self, target: SealingWriter) -> None:
        plain = cast("BinaryIO", target)
        # Closed by ``close``, without which it is no archive.
        self._tar: Any = tarfile.open(fileobj=plain, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def add(self, name: str, data: bytes) -> None:
        self._add(name, len(data), io.BytesIO(data))

    def add_stored(self, name: str, stored: Stored) -> str:
        """Add a stored file without having it whole; its SHA-256 in hexadecimal."""
        through = _Through(stored)
        self._add(name, stored.size, through)
        return through.digest.hexdigest()

    def _add(self, name: str, size: int, source: Any) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = size, _PRIVATE, int(time.time())
        self._tar.addfile(info, source)
        # It would keep every member in mind.
        self._tar.members.clear()

    def add_json(self, name: str, value: Any) -> None:
        self.add(name, json.dumps(value, sort_keys=True).encode())

    def close(self) -> None:
        self._tar.close()


def revision_of(connection: Connection) -> str:
    """The migration a database stands at."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def make(
    *,
    database: Database,
    store: Storage,
    secret: Secret,
    path: Path,
    after_snapshot: Callable[[], None] = lambda: None,
) -> Made:
    """Make a backup at the path, which comes into being whole or not at all.

    Raises:
        DumpError: when the database cannot be copied.
        OSError: when the disk is full or the folder is not there.
    """
    started = time.monotonic()
    unfinished = path.with_name(f".{path.name}.part")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    try:
        with os.fdopen(descriptor, "wb") as handle, snapshot(database) as moment:
            after_snapshot()
            sealed = SealingWriter(handle, secret)
            made = _fill(_Archive(sealed), moment, database=database, store=store, path=path)
            sealed.finish()
            handle.flush()
            os.fsync(handle.fileno())
            made.size = handle.tell()
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    made.seconds = time.monotonic() - started
    return made


def _fill(
    archive: _Archive, moment: Snapshot, *, database: Database, store: Storage, path: Path
) -> Made:
    made = Made(path, moment.kind, revision_of(moment.connection))
    about = {
        "format": FORMAT,
        "kind": moment.kind,
        "revision": made.revision,
        "made_at": utc_now().isoformat(),
    }
    archive.add_json(ABOUT, about)
    digest, parts = hashlib.sha256(), 0
    # Before the files: a file is never changed once it is written.
    for parts, part in enumerate(moment.parts(), start=1):
        digest.update(part)
        archive.add(f"{DATABASE}{parts:08}", part)
    made.rows = count_rows(moment.connection)
    _add_files(archive, made, moment, database=database, store=store)
    archive.add_json(
        MANIFEST,
        {
            **about,
            "database": {"parts": parts, "sha256": digest.hexdigest()},
            "rows": made.rows,
            "files": {key: list(facts) for key, facts in made.files.items()},
            "faults": made.faults,
        },
    )
    archive.close()
    return made


def _add_files(
    archive: _Archive, made: Made, moment: Snapshot, *, database: Database, store: Storage
) -> None:
    lacking: list[tuple[NamedFile, str]] = []
    for file in named_files(moment.connection):
        try:
            stored = store.read(file.key)
        except StorageError:
            # Without a hash it was not made yet: a worker makes it, also after a restore.
            if file.sha256 is not None:
                lacking.append((file, "is not in storage"))
            continue
        found = archive.add_stored(f"{FILES}{file.key}", stored)
        if file.sha256 not in {None, found}:
            lacking.append((file, "is not what was stored"))
        made.files[file.key] = (found, stored.size)
    if lacking:
        # Removed on purpose meanwhile, its record says so by now.
        with database.engine.connect() as now:
            made.faults = [f"{file.key} {what}" for file, what in lacking if still_named(now, file)]
