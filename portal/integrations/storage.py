"""Files kept outside the web root, addressed by key, on a local folder or S3-compatible storage."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from flask import Flask, current_app

from portal.db.programmes import current_programme

STORAGE_EXTENSION = "portal_storage"


class StorageError(RuntimeError):
    """A file could not be stored or read; nothing half-written is left under its key."""


class StorageAway(RuntimeError):
    """Storage does not answer, so nobody can say what it holds; nothing is known to be lost.

    Apart from ``StorageError``, so that a file is never taken for damaged while its shelf is out
    of reach: pages say to come back, work is tried again.
    """


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored file that is read piece by piece: ``size`` in bytes, and its bytes in order.

    Reading on raises ``StorageAway`` when storage goes away in between.
    """

    size: int
    pieces: Iterator[bytes]


class Storage(Protocol):
    """Keeps bytes under a key. A key is written once and never changed.

    Reading and removing raise ``StorageAway`` when storage itself is out of reach.
    """

    def put(self, key: str, data: bytes) -> str:
        """Store the bytes and return their SHA-256 in hexadecimal."""

    def get(self, key: str) -> bytes:
        """The bytes of a key; raises ``StorageError`` when absent."""

    def read(self, key: str) -> Stored:
        """The same in pieces, for files that need not be in memory whole."""

    def exists(self, key: str) -> bool:
        """Whether the key holds a file."""

    def delete(self, key: str) -> None:
        """Remove the file; absent is fine."""


# A page waits no longer for storage on another machine than for the database.
_CLIENT = {"connect_timeout": "3s", "timeout": "10s"}
_AWAY = "The stored files cannot be reached just now"
_PIECE = 256 * 1024


def _checked(key: str) -> str:
    parts = key.split("/")
    if any(part in {"", ".", ".."} or "\\" in part or "\0" in part for part in parts):
        raise StorageError("That is not a file key")
    return key


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class LocalStorage:
    """A folder on this machine; writes are atomic and reach the disk before they count."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def check(self) -> None:
        """Raise ``StorageError`` when the folder is gone or nothing can be put into it."""
        if not self._folder.is_dir() or not os.access(self._folder, os.W_OK | os.X_OK):
            raise StorageError("The folder of stored files is gone or read-only")

    def _path(self, key: str) -> Path:
        return self._folder / _checked(key)

    def _refuse_when_away(self) -> None:
        if not self._folder.is_dir():
            raise StorageAway(_AWAY)

    def put(self, key: str, data: bytes) -> str:
        """Store under the key: written beside it, synced, then linked, which never overwrites."""
        path = self._path(key)
        digest = hashlib.sha256(data).hexdigest()
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
        try:
            # A folder that is gone (a disk that is not mounted) is not made anew: what is put
            # there would vanish from sight when it comes back.
            self._refuse_when_away()
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("xb") as handle:
                handle.write(data)
                handle.flush()
                os.fsync(handle.fileno())
            os.link(temporary, path)
            _sync_folder(path.parent)
        except FileExistsError as error:
            if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
                raise StorageError("Another file is already kept under that key") from error
        except (OSError, StorageAway) as error:
            raise StorageError("The file could not be stored: try again") from error
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        return digest

    def get(self, key: str) -> bytes:
        """The stored bytes."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError as error:
            self._refuse_when_away()
            raise StorageError("That file is not in storage") from error
        except OSError as error:
            raise StorageAway(_AWAY) from error

    def read(self, key: str) -> Stored:
        """The stored bytes in pieces."""
        try:
            handle = self._path(key).open("rb")
        except FileNotFoundError as error:
            self._refuse_when_away()
            raise StorageError("That file is not in storage") from error
        except OSError as error:
            raise StorageAway(_AWAY) from error

        def pieces() -> Iterator[bytes]:
            with handle:
                try:
                    while piece := handle.read(_PIECE):
                        yield piece
                except OSError as error:
                    raise StorageAway(_AWAY) from error

        return Stored(os.fstat(handle.fileno()).st_size, pieces())

    def exists(self, key: str) -> bool:
        """Whether the file is there."""
        self._refuse_when_away()
        return self._path(key).is_file()

    def delete(self, key: str) -> None:
        """Remove the file if it is there."""
        self._refuse_when_away()
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise StorageAway(_AWAY) from error


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where S3-compatible storage is and how to get in; what is not said, its own usual way says.

    Without a key the machine's own role, or what its environment holds, opens the bucket.
    """

    endpoint: str | None = None
    region: str | None = None
    key_id: str | None = None
    secret: str | None = None

    def options(self) -> dict[str, Any]:
        """In the words of the library."""
        wanted: dict[str, Any] = {
            "endpoint": self.endpoint,
            "region": self.region,
            "access_key_id": self.key_id,
            "secret_access_key": self.secret,
        }
        return {name: value for name, value in wanted.items() if value is not None}


class ObjectStorage:
    """S3-compatible storage through obstore."""

    def __init__(self, url: str, bucket: Bucket | None = None) -> None:
        import obstore
        from obstore.exceptions import AlreadyExistsError
        from obstore.store import from_url

        self._obstore: Any = obstore
        self._exists_error: type[Exception] = AlreadyExistsError
        client: dict[str, Any] = dict(_CLIENT)
        if bucket is not None and (bucket.endpoint or "").startswith("http://"):
            client["allow_http"] = True
        patience: dict[str, Any] = {
            "client_options": client,
            "retry_config": {"max_retries": 2, "retry_timeout": timedelta(seconds=15)},
        }
        options = bucket.options() if bucket is not None and url.startswith("s3:") else {}
        self._store: Any = from_url(url, **patience, **options)

    def put(self, key: str, data: bytes) -> str:
        """Store under the key; the service makes the write whole or not at all."""
        digest = hashlib.sha256(data).hexdigest()
        try:
            self._obstore.put(self._store, _checked(key), data, mode="create")
        except self._exists_error as error:
            if hashlib.sha256(self.get(key)).hexdigest() != digest:
                raise StorageError("Another file is already kept under that key") from error
        except Exception as error:
            raise StorageError("The file could not be stored: try again") from error
        return digest

    def get(self, key: str) -> bytes:
        """The stored bytes."""
        try:
            return bytes(self._obstore.get(self._store, _checked(key)).bytes())
        except FileNotFoundError as error:
            raise StorageError("That file is not in storage") from error
        except StorageError:
            raise
        except Exception as error:
            raise StorageAway(_AWAY) from error

    def read(self, key: str) -> Stored:
        """The stored bytes in pieces."""
        try:
            found = self._obstore.get(self._store, _checked(key))
            size = int(found.meta["size"])
            stream = iter(found.stream(min_chunk_size=_PIECE))
        except FileNotFoundError as error:
            raise StorageError("That file is not in storage") from error
        except StorageError:
            raise
        except Exception as error:
            raise StorageAway(_AWAY) from error

        def pieces() -> Iterator[bytes]:
            try:
                for piece in stream:
                    yield bytes(piece)
            except Exception as error:
                raise StorageAway(_AWAY) from error

        return Stored(size, pieces())

    def exists(self, key: str) -> bool:
        """Whether the file is there."""
        try:
            self._obstore.head(self._store, _checked(key))
        except FileNotFoundError:
            return False
        except StorageError:
            raise
        except Exception as error:
            raise StorageAway(_AWAY) from error
        return True

    def delete(self, key: str) -> None:
        """Remove the file if it is there."""
        place = _checked(key)
        try:
            self._obstore.delete(self._store, place)
        except FileNotFoundError:
            return
        except Exception as error:
            raise StorageAway(_AWAY) from error


def make_storage(url: str, bucket: Bucket | None = None) -> Storage:
    """The storage a STORAGE_URL names: ``file:///folder`` or ``s3://bucket/prefix``."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return LocalStorage(Path(unquote(parts.path)))
    if parts.scheme in {"s3", "memory"}:
        return ObjectStorage(url, bucket)
    raise ValueError("STORAGE_URL must start with file:/// or s3://")


class _ShelfOf:
    """The part of a storage that is one programme's: its name stands before every key."""

    def __init__(self, kept: Storage, slug: str) -> None:
        self._kept = kept
        self._slug = slug

    def _place(self, key: str) -> str:
        return f"{self._slug}/{_checked(key)}"

    def put(self, key: str, data: bytes) -> str:
        return self._kept.put(self._place(key), data)

    def get(self, key: str) -> bytes:
        return self._kept.get(self._place(key))

    def read(self, key: str) -> Stored:
        return self._kept.read(self._place(key))

    def exists(self, key: str) -> bool:
        return self._kept.exists(self._place(key))

    def delete(self, key: str) -> None:
        self._kept.delete(self._place(key))


def storage() -> Storage:
    """The storage of the current application; with several programmes, this one's part of it."""
    chosen = whole_storage()
    programme = current_programme()
    return chosen if programme is None else _ShelfOf(chosen, programme.slug)


def whole_storage() -> Storage:
    """The storage of the current application, whoever's files it holds."""
    chosen: Storage = current_app.extensions[STORAGE_EXTENSION]
    return chosen


def init_storage(app: Flask) -> None:
    """Choose the storage from STORAGE_URL and what is said of its bucket."""
    settings = app.config["SETTINGS"]
    secret = settings.storage_secret_access_key
    bucket = Bucket(
        endpoint=settings.storage_endpoint,
        region=settings.storage_region,
        key_id=settings.storage_access_key_id,
        secret=None if secret is None else secret.get_secret_value(),
    )
    app.extensions[STORAGE_EXTENSION] = make_storage(settings.storage_url, bucket)
