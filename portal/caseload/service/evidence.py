"""Evidence: files kept as they were received, scanned by the worker, withdrawn but never lost.

A file is in storage before its row is written, so no row points at nothing; a file whose row was
never written is left where it is, since a lost proof costs more than a few megabytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from flask import current_app

from portal.caseload import queries
from portal.caseload.models import Case, EvidenceFile
from portal.caseload.queries import evidence as files
from portal.caseload.rules import evidence as rules
from portal.caseload.rules.words import EVIDENCE_KINDS
from portal.caseload.service.cases import CLOSED
from portal.db import audit, current_session, outbox, unit_of_work
from portal.employers.service import timeline
from portal.integrations.noting import audit_later
from portal.integrations.scanning import scanner
from portal.integrations.storage import StorageError, storage
from portal.integrations.uploads import put
from portal.kernel.clock import today, utc_now
from portal.kernel.files import REMOVED_KEY, REMOVED_WORDS, Kept
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Err, Ok, Problem

SCAN_KIND: Final = "evidence.scan"
_SENT_TWICE: Final = timedelta(minutes=2)
NO_FILE = Problem("no_file", "There is no such file")


def largest() -> int:
    """The largest file that is taken, in bytes."""
    size: int = current_app.config["SETTINGS"].max_upload_bytes
    return size


def keep(file_name: str, data: bytes) -> Ok[Kept] | Err:
    """Judge a file by its bytes and put it into storage; needs no unit of work."""
    kind = rules.recognise(data, at_most=largest())
    if isinstance(kind, Problem):
        return Err(kind)
    return put(
        folder="evidence",
        name=rules.safe_name(file_name, kind),
        media_type=kind.media_type,
        data=data,
    )


def add(
    *,
    case: Case,
    kind: str,
    subject: str,
    note: str,
    file_name: str,
    data: bytes,
    by: Author,
    kept: Kept | None = None,
) -> Ok[EvidenceFile] | Err:
    """Keep a file as evidence on a case; ``subject`` names the record it proves, if any.

    The caller holds the case (``case_to_change``): the same form sent twice adds one file.

    Give ``kept`` where the file was judged and stored before the unit of work began, so that
    nobody else's writing waits for it.
    """
    if case.closed_at is not None:
        return Err(CLOSED)
    if kind not in EVIDENCE_KINDS:
        return Err(Problem("unknown_kind", "Choose what the file proves", "kind"))
    if kept is None:
        found = keep(file_name, data)
        if isinstance(found, Err):
            return found
        kept = found.value
    earlier = _just_added(case, kind, subject, kept, by)
    if earlier is not None:
        return Ok(earlier)
    row = _row(case, kind, subject, note, kept, by)
    current_session().add(row)
    current_session().flush()
    if row.scan_state == "waiting":
        _promise_scan(row.reference, "first")
    text = ". ".join(part for part in (kept.name, row.note) if part)
    _tell(row, f"Evidence added: {EVIDENCE_KINDS[kind]}", text, by)
    audit.record(
        action="evidence.added",
        subject=f"evidence:{row.reference}",
        detail={"kind": kind, "case": case.reference, "sha256": kept.sha256},
        actor_id=by.user_id,
    )
    current_session().flush()
    return Ok(row)


def _row(case: Case, kind: str, subject: str, note: str, kept: Kept, by: Author) -> EvidenceFile:
    return EvidenceFile(
        employer_id=case.employer_id,
        case_id=case.id,
        organisation_id=case.organisation_id,
        kind=kind,
        subject=subject,
        note=note.strip()[: rules.NOTE_LENGTH],
        file_name=kept.name,
        media_type=kept.media_type,
        size_bytes=kept.size,
        sha256=kept.sha256,
        storage_key=kept.key,
        scan_state="waiting" if scanner().scans else "not_scanned",
        uploaded_at=utc_now(),
        uploaded_by=by.user_id,
        by_name=by.shown,
    )


def _just_added(case: Case, kind: str, subject: str, kept: Kept, by: Author) -> EvidenceFile | None:
    """The same file, said to prove the same, moments ago: a form that was sent twice."""
    return files.added_since(
        utc_now() - _SENT_TWICE,
        case_id=case.id,
        kind=kind,
        subject=subject,
        sha256=kept.sha256,
        uploaded_by=by.user_id,
    )


def _tell(row: EvidenceFile, title: str, text: str, by: Author) -> None:
    timeline.note(
        employer_id=row.employer_id,
        kind="evidence",
        title=title,
        text=text,
        by=by,
        subject=f"evidence:{row.reference}",
    )


def withdraw(*, reference: str, reason: str, by: Author) -> Ok[EvidenceFile] | Err:
    """Say that a file no longer proves anything, and why. The file stays."""
    row = files.to_change(reference)
    if row is None:
        return Err(NO_FILE)
    case = queries.case_facts_by_id(row.case_id)
    if case is None or not case.is_open:
        return Err(CLOSED)
    if row.withdrawn_at is not None:
        return Err(Problem("withdrawn_already", "This file was withdrawn already"))
    words = reason.strip()[: rules.REASON_LENGTH]
    if not words:
        return Err(Problem("reason_needed", "Say why the file is withdrawn", "reason"))
    row.withdrawn_at, row.withdrawn_reason = utc_now(), words
    _tell(row, f"Evidence withdrawn: {EVIDENCE_KINDS[row.kind]}", f"{row.file_name}. {words}", by)
    audit.record(
        action="evidence.withdrawn", subject=f"evidence:{row.reference}", actor_id=by.user_id
    )
    current_session().flush()
    return Ok(row)


# --- Handing a file out ----------------------------------------------------------------------


def may_be_handed_out(scan_state: str) -> bool:
    """Whether a file's scan allows it: where a scanner is set up, only a clean one."""
    return scan_state == "clean" or (scan_state != "infected" and not scanner().scans)


def read(facts: files.EvidenceFacts) -> Ok[bytes] | Err:
    """The bytes of a file, proved to be those that were received.

    Refused with ``infected``, ``not_scanned`` (yet, or it could not be) or ``damaged``.
    """
    if facts.storage_key.startswith(REMOVED_KEY):
        return Err(Problem("removed", REMOVED_WORDS))
    if facts.scan_state == "infected":
        return Err(Problem("infected", "A virus was found in this file, so it is not handed out"))
    if not may_be_handed_out(facts.scan_state):
        return Err(Problem("not_scanned", "This file has not been checked for viruses yet"))
    try:
        data = storage().get(facts.storage_key)
    except StorageError:
        data = b""
    if hashlib.sha256(data).hexdigest() != facts.sha256:
        audit_later(action="evidence.damaged", subject=f"evidence:{facts.reference}")
        return Err(Problem("damaged", "The stored file is missing or not the one received"))
    return Ok(data)


def note_read(facts: files.EvidenceFacts) -> None:
    """Put on record that the person signed in has had the file."""
    audit_later(action="evidence.read", subject=f"evidence:{facts.reference}")


# --- Scanning, by the worker -----------------------------------------------------------------


def _promise_scan(reference: str, turn: str) -> None:
    outbox.add(
        kind=SCAN_KIND,
        payload={"reference": reference},
        unique_key=f"{SCAN_KIND}:{reference}:{turn}",
    )


def scan(payload: Mapping[str, Any]) -> None:
    """Have a file looked at; one that was judged already is left alone.

    Raises:
        ScanError: when the scanner does not answer; the outbox tries again.
        StorageError: when the file cannot be read.
    """
    facts = files.one(payload["reference"])
    if facts is None or facts.scan_state in {"clean", "infected"}:
        return
    if facts.storage_key.startswith(REMOVED_KEY):
        return
    data = storage().get(facts.storage_key)
    # No transaction stays open while the scanner thinks.
    current_session().rollback()
    verdict = scanner().scan(data)
    with unit_of_work():
        row = files.to_change(facts.reference)
        if row is None or row.scan_state in {"clean", "infected"}:
            return
        row.scan_state = verdict.outcome
        row.scanned_at = utc_now() if verdict.outcome != "not_scanned" else None
        audit.record(
            action=f"evidence.scan_{verdict.outcome}",
            subject=f"evidence:{row.reference}",
            detail={"says": verdict.words[:200]},
        )
        if verdict.outcome == "infected":
            title = "A virus was found in a file, which is locked away"
            _tell(row, title, row.file_name, PORTAL)


def scan_what_waits() -> None:
    """Daily: files kept before there was a scanner, or while it was away, get their turn."""
    if not scanner().scans:
        return
    turn = today().isoformat()
    with unit_of_work():
        for reference in files.unscanned():
            _promise_scan(reference, turn)
