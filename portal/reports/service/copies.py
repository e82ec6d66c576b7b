"""Keeping a report as it stands: freezing it for ever, or as a print for a few days.

What is kept is the report's text. Its files are made of that text by a worker and kept too, so that
they are the same bytes for ever, whatever becomes of the programs that made them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import delete

from portal.db import audit, current_session, outbox, unit_of_work
from portal.integrations.storage import StorageError, storage
from portal.kernel.clock import london, today, utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.reports.files.texts import sheet_bytes
from portal.reports.files.workbook import workbook_bytes
from portal.reports.models import ReportCopy, ReportCopyFile
from portal.reports.queries import copies as found
from portal.reports.queries.copies import FROZEN, PRINT, Copy, KeptFile
from portal.reports.rules.document import Report, from_text, to_text
from portal.reports.rules.scope import View
from portal.reports.rules.sheets import sheets_of
from portal.reports.service import printing

_log = logging.getLogger(__name__)
KIND: Final = "reports.copy"
PRINTS_KEPT: Final = timedelta(days=7)
PDF: Final = "report.pdf"
WORKBOOK: Final = "report.xlsx"
TEXT: Final = "report.json"
NOT_READY = Problem("not_ready", "The files are still being made")
DAMAGED = Problem("damaged", "The stored file is not the one that was made")
NO_FILE = Problem("no_file", "There is no such file")


def freeze(
    report: Report, *, view: View, organisation_id: int | None, note: str, by: Author
) -> str:
    """Keep a report for ever as it is, and promise its files; its reference."""
    frozen = replace(report, frozen_on=london(utc_now()).date())
    copy = _kept(frozen, FROZEN, view=view, organisation_id=organisation_id, note=note, by=by)
    audit.record(
        action="report.frozen",
        subject=f"report_copy:{copy.reference}",
        detail={
            "report": report.key,
            "view": view.value,
            "first": report.first.isoformat(),
            "last": report.last.isoformat(),
            "fingerprint": copy.fingerprint,
            "counts": copy.counts_hash,
        },
        actor_id=by.user_id,
    )
    return copy.reference


def ask_print(report: Report, *, view: View, organisation_id: int | None, by: Author) -> str:
    """Promise somebody the PDF of a live report, kept for a week; its reference."""
    copy = _kept(report, PRINT, view=view, organisation_id=organisation_id, note="", by=by)
    return copy.reference


def _kept(
    report: Report,
    kind: str,
    *,
    view: View,
    organisation_id: int | None,
    note: str,
    by: Author,
) -> ReportCopy:
    text = to_text(report)
    copy = ReportCopy(
        reference=new_reference(),
        kind=kind,
        report_key=report.key,
        title=report.title,
        view=view.value,
        organisation_id=organisation_id,
        first_on=report.first,
        last_on=report.last,
        text=text,
        fingerprint=sha256(text.encode()).hexdigest(),
        counts_hash=found.counts_hash(),
        note=note,
        made_at=utc_now(),
        made_by=by.user_id,
        made_name=by.shown,
        expires_on=today() + PRINTS_KEPT if kind == PRINT else None,
    )
    session = current_session()
    session.add(copy)
    session.flush()
    _promise(copy.reference)
    return copy


def _promise(reference: str, again: str = "") -> None:
    key = f"{KIND}:{reference}" + (f":{again}" if again else "")
    outbox.add(kind=KIND, payload={"copy": reference}, unique_key=key)


def ask_again(reference: str) -> None:
    """Promise the files once more where the worker gave up. What is there is never made again."""
    copy = found.copy_to_change(reference)
    if copy is not None and copy.ready_at is None:
        _promise(reference, new_reference())


def make(payload: Mapping[str, Any]) -> None:
    """Make and keep the files of a copy. May be called twice, or after a crash.

    Raises:
        Exception: whatever stopped it; it is tried again.
    """
    copy = found.copy_of(str(payload["copy"]))
    if copy is None or copy.ready_at is not None:
        return
    report = report_of(copy)
    made = [
        (name, key, _stored(key, draw))
        for name, draw in _files(report, copy)
        for key in [f"reports/{copy.reference}/{name}"]
    ]
    with unit_of_work() as session:
        row = found.copy_to_change(copy.reference)
        if row is None or row.ready_at is not None:
            return
        session.add_all(
            ReportCopyFile(
                copy_id=row.id,
                name=name,
                storage_key=key,
                sha256=sha256(data).hexdigest(),
                size=len(data),
            )
            for name, key, data in made
        )
        row.ready_at = utc_now()
        audit.record(
            action="report.files_made",
            subject=f"report_copy:{copy.reference}",
            detail={"files": len(made)},
        )


def _files(report: Report, copy: Copy) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The files of a copy, by name: all of a frozen report, the PDF alone of a print."""
    view, mark = copy.view, copy.fingerprint
    yield PDF, lambda: printing.pdf_of(report, view=view)
    if copy.kind == PRINT:
        return
    yield WORKBOOK, lambda: workbook_bytes(report, view=view, fingerprint=mark)
    for name, sheet in sheets_of(report).items():
        yield f"{name}.csv", lambda sheet=sheet: sheet_bytes(sheet)  # type: ignore[misc]
    yield TEXT, lambda: found.text_of(copy.id).encode()


def _stored(key: str, draw: Callable[[], bytes]) -> bytes:
    """The bytes, made and stored; or those stored before a crash came between."""
    kept = storage()
    if kept.exists(key):
        return kept.get(key)
    data = draw()
    kept.put(key, data)
    return data


def report_of(copy: Copy) -> Report:
    """The report as it was kept.

    Raises:
        ValueError: when the text is not the one that was kept.
    """
    text = found.text_of(copy.id)
    if sha256(text.encode()).hexdigest() != copy.fingerprint:
        raise ValueError(f"The text of report copy {copy.reference} was changed")
    return from_text(text)


def file_of(copy: Copy, name: str) -> Ok[tuple[KeptFile, bytes]] | Err:
    """A file of a copy, once its bytes are proved to be those that were made."""
    file = found.files_of(copy.id).get(name)
    if file is None:
        return Err(NOT_READY if copy.ready_at is None else NO_FILE)
    try:
        data = storage().get(file.storage_key)
    except StorageError:
        data = b""
    if sha256(data).hexdigest() != file.sha256:
        _log.error("The file %s of report copy %s is damaged", name, copy.reference)
        return Err(DAMAGED)
    return Ok((file, data))


def clear_prints() -> int:
    """Remove prints whose week is over, files first; how many went. Called daily."""
    references = found.gone_by(today())
    for reference in references:
        copy = found.copy_of(reference)
        if copy is None:
            continue
        for file in found.files_of(copy.id).values():
            storage().delete(file.storage_key)
        with unit_of_work() as session:
            session.execute(delete(ReportCopyFile).where(ReportCopyFile.copy_id == copy.id))
            session.execute(delete(ReportCopy).where(ReportCopy.id == copy.id))
    return len(references)
