"""Pictures and documents with posts: judged by their bytes, scanned, handed out as downloads.

A file is in storage before its row is written, so that no row points at nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import current_app

from portal.caseload.rules import evidence as files
from portal.caseload.rules.evidence_kinds import (
    DOCX,
    HEIC,
    JPEG,
    ODT,
    PDF,
    PNG,
    PPTX,
    XLSX,
)
from portal.db import audit, current_session, outbox, unit_of_work
from portal.integrations.scanning import scanner
from portal.integrations.storage import StorageError, storage
from portal.integrations.uploads import put
from portal.kernel.clock import utc_now
from portal.kernel.files import Kept
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import ForumAttachment, ForumPost
from portal.network.queries import forum_files as found
from portal.network.queries.forum_files import StoredFile
from portal.network.service.forum_keeping import refuse

SCAN_KIND: Final = "network.scan_forum_file"
ACCEPTED: Final = "PDF, PNG, JPEG, HEIC, DOCX, XLSX, PPTX or ODT"
ACCEPT_ATTRIBUTE: Final = ".pdf,.png,.jpg,.jpeg,.heic,.docx,.xlsx,.pptx,.odt"
_KINDS: Final = (PDF, PNG, JPEG, HEIC, DOCX, XLSX, PPTX, ODT)
_TEN_MEGABYTES: Final = 10 * 1024 * 1024
NOT_READY = Problem("not_ready", "This file is still being checked. Try again in a minute")
LOCKED_AWAY = Problem("locked_away", "A fault was found in this file, so it is not handed out")


def largest() -> int:
    """The largest file that is taken, in bytes."""
    size: int = current_app.config["SETTINGS"].max_upload_bytes
    return min(size, _TEN_MEGABYTES)


def keep(file_name: str, data: bytes) -> Ok[Kept] | Err:
    """Judge a file by its bytes and put it into storage; needs no unit of work."""
    kind = files.recognise(
        data, at_most=largest(), kinds=_KINDS, ask_for=f"Add a file as {ACCEPTED}"
    )
    if isinstance(kind, Problem):
        return Err(kind)
    return put(
        folder="forum",
        name=files.safe_name(file_name, kind),
        media_type=kind.media_type,
        data=data,
    )


def note_refused(problem: Problem, *, by: Author, unnamed: bool = False) -> Err:
    """Keep that a file was refused, and why."""
    return refuse(problem, by=by, unnamed=unnamed)


def attach(post: ForumPost, kept: Kept) -> ForumAttachment:
    """Put a stored file with a post; the same file twice is one."""
    same = next((one for one in found.live_of(post.id) if one.sha256 == kept.sha256), None)
    if same is not None:
        return same
    scans = scanner().scans
    row = ForumAttachment(
        post_id=post.id,
        file_name=kept.name,
        media_type=kept.media_type,
        size_bytes=kept.size,
        sha256=kept.sha256,
        storage_key=kept.key,
        scan_state="waiting" if scans else "not_scanned",
    )
    current_session().add(row)
    current_session().flush()
    if scans:
        payload = {"reference": row.reference}
        outbox.add(kind=SCAN_KIND, payload=payload, unique_key=f"{SCAN_KIND}:{row.reference}")
    return row


def read(file: StoredFile) -> Ok[bytes] | Err:
    """The bytes of a file that may be handed out."""
    if file.scan_state in {"infected", "failed"}:
        return Err(LOCKED_AWAY)
    if file.scan_state == "waiting" or (file.scan_state == "not_scanned" and scanner().scans):
        return Err(NOT_READY)
    try:
        return Ok(storage().get(file.storage_key))
    except StorageError:
        return Err(NOT_READY)


def scan(payload: Mapping[str, Any]) -> None:
    """Have a file looked at before readers get it; one that was judged already is left alone.

    Raises:
        ScanError: when the scanner does not answer; the outbox tries again.
        StorageError: when the file cannot be read.
    """
    key = found.waiting(payload["reference"])
    if key is None:
        return
    data = storage().get(key)
    # No transaction stays open while the scanner thinks.
    current_session().rollback()
    verdict = scanner().scan(data)
    with unit_of_work():
        row = found.to_change(payload["reference"])
        if row is None or row.scan_state != "waiting":
            return
        row.scan_state = verdict.outcome
        audit.record(
            action=f"network.forum_file_{verdict.outcome}",
            subject=f"forum_file:{row.reference}",
            detail={"says": verdict.words[:200]},
        )


def withdraw(*, reference: str, by: Author) -> Ok[ForumAttachment] | Err:
    """Take a file of one's own away from readers."""
    row = found.to_change(reference)
    owner = None if row is None else found.author_of(reference)
    if row is None or owner is None or owner[0] != by.user_id or row.withdrawn_at is not None:
        return Err(Problem("no_file", "There is no such file"))
    row.withdrawn_at = utc_now()
    audit.record(
        action="network.forum_file_withdrawn",
        subject=f"forum_file:{row.reference}",
        actor_id=by.user_id,
    )
    current_session().flush()
    return Ok(row)
