"""Files that editors add to a resource: judged by their bytes, scanned, handed out, withdrawn.

A file is in storage before its row is written, so that no row points at nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import current_app

from portal.caseload.rules import evidence as files
from portal.caseload.rules.evidence_kinds import DOCX, PDF, PPTX, XLSX
from portal.db import audit, current_session, outbox, unit_of_work
from portal.integrations.scanning import scanner
from portal.integrations.storage import storage
from portal.integrations.uploads import put
from portal.kernel.clock import utc_now
from portal.kernel.files import Kept
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Err, Ok, Problem
from portal.toolkit.models import ResourceFile
from portal.toolkit.queries import added_files as queries
from portal.toolkit.queries import resources as found
from portal.toolkit.rules.states import ResourceState
from portal.toolkit.rules.words import TITLE_LENGTH
from portal.toolkit.service.resources import NO_RESOURCE

SCAN_KIND: Final = "toolkit.scan_file"
ACCEPTED: Final = "DOCX, XLSX, PPTX or PDF"
ACCEPT_ATTRIBUTE: Final = ".docx,.xlsx,.pptx,.pdf"
MOST_FILES: Final = 20
_KINDS: Final = (DOCX, XLSX, PPTX, PDF)
NO_FILE = Problem("no_file", "There is no such file")


def largest() -> int:
    """The largest file that is taken, in bytes."""
    size: int = current_app.config["SETTINGS"].max_upload_bytes
    return size


def keep(file_name: str, data: bytes) -> Ok[Kept] | Err:
    """Judge a file by its bytes and put it into storage; needs no unit of work."""
    kind = files.recognise(
        data, at_most=largest(), kinds=_KINDS, ask_for=f"Add the file as {ACCEPTED}"
    )
    if isinstance(kind, Problem):
        return Err(kind)
    return put(
        folder="toolkit",
        name=files.safe_name(file_name, kind),
        media_type=kind.media_type,
        data=data,
    )


def add(*, reference: str, words: str, kept: Kept, by: Author) -> Ok[ResourceFile] | Err:
    """Put a stored file beside a resource for readers; the same file twice is one."""
    resource = found.to_change(reference)
    if resource is None:
        return Err(NO_RESOURCE)
    if resource.state == ResourceState.RETIRED.value:
        return Err(Problem("retired", "This resource is retired: bring it back as a draft first"))
    there = queries.live_of(resource.id)
    again = next((one for one in there if one.sha256 == kept.sha256), None)
    if again is not None:
        return Err(
            Problem("added_already", f"This file is there already, as “{again.words}”", "file")
        )
    if len(there) >= MOST_FILES:
        return Err(Problem("too_many", f"A resource has at most {MOST_FILES} files", "file"))
    scans = scanner().scans
    row = ResourceFile(
        resource_id=resource.id,
        number=resource.latest_number,
        kind="added",
        state="queued" if scans else "ready",
        file_name=kept.name,
        media_type=kept.media_type,
        words=(words.strip() or kept.name)[:TITLE_LENGTH],
        size_bytes=kept.size,
        sha256=kept.sha256,
        storage_key=kept.key,
        by=by.user_id,
        ready_at=None if scans else utc_now(),
    )
    current_session().add(row)
    current_session().flush()
    if scans:
        payload = {"reference": row.reference}
        outbox.add(kind=SCAN_KIND, payload=payload, unique_key=f"{SCAN_KIND}:{row.reference}")
    _audit("added", row, by, {"resource": resource.reference, "sha256": kept.sha256})
    return Ok(row)


def withdraw(*, reference: str, by: Author) -> Ok[ResourceFile] | Err:
    """Take a file away from readers; it stays in storage."""
    row = queries.to_change(reference)
    if row is None or row.kind != "added":
        return Err(NO_FILE)
    if row.state == "withdrawn":
        return Err(Problem("withdrawn_already", "This file was taken away already"))
    row.state = "withdrawn"
    _audit("withdrawn", row, by)
    return Ok(row)


def scan(payload: Mapping[str, Any]) -> None:
    """Have a file looked at before readers get it; one that was judged already is left alone.

    Raises:
        ScanError: when the scanner does not answer; the outbox tries again.
        StorageError: when the file cannot be read.
    """
    waiting = queries.waiting(payload["reference"])
    if waiting is None:
        return
    data = storage().get(waiting)
    # No transaction stays open while the scanner thinks.
    current_session().rollback()
    verdict = scanner().scan(data)
    with unit_of_work():
        row = queries.to_change(payload["reference"])
        if row is None or row.state != "queued":
            return
        if verdict.outcome in {"infected", "failed"}:
            row.state, row.failure = "failed", _failure(verdict.outcome)
        else:
            row.state, row.ready_at = "ready", utc_now()
        _audit(f"scan_{verdict.outcome}", row, PORTAL, {"says": verdict.words[:200]})


def _failure(outcome: str) -> str:
    if outcome == "infected":
        return "A virus was found in this file. It is locked away"
    return "This file could not be checked for viruses"


def _audit(
    what: str, row: ResourceFile, by: Author, detail: Mapping[str, Any] | None = None
) -> None:
    current_session().flush()
    audit.record(
        action=f"resource_file.{what}",
        subject=f"resource_file:{row.reference}",
        detail=dict(detail or {}),
        actor_id=by.user_id,
    )
