"""Files that people send: put into storage once they were judged, before any row points at them.

A file whose row was never written is left where it is: a lost proof costs more than megabytes.
"""

from __future__ import annotations

import secrets
from typing import Final

from portal.integrations.storage import StorageError, storage
from portal.kernel.clock import today
from portal.kernel.files import Kept
from portal.kernel.result import Err, Ok, Problem

NOT_STORED: Final = Problem(
    "not_stored", "The file could not be kept just now. Nothing was saved: try again", "file"
)


def put(*, folder: str, name: str, media_type: str, data: bytes) -> Ok[Kept] | Err:
    """Store a judged file under a key that nobody can guess; needs no unit of work."""
    key = f"{folder}/{today():%Y-%m}/{secrets.token_hex(16)}"
    try:
        sha256 = storage().put(key, data)
    except StorageError:
        return Err(NOT_STORED)
    return Ok(Kept(name, media_type, len(data), sha256, key))
