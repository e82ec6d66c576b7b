"""Reads that are put on record: files, exports and pages that show what few may see.

Which they are is a table, by endpoint, so that a new export is one line in it and not a line in
every view. Only an answer that gives something counts: not a refusal, not a HEAD.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, current_app, request

from portal.integrations.noting import audit_later

READS_EXTENSION: Final = "portal_sensitive_reads"
_SUBJECT_LENGTH: Final = 120


@dataclass(frozen=True, slots=True)
class SensitiveRead:
    """How a read is put on record.

    ``subject`` is a pattern over the values of the address, such as ``claim:{claim}``.
    """

    action: str
    subject: str


def register_sensitive_reads(app: Flask, reads: Mapping[str, SensitiveRead]) -> None:
    """Have successful answers of these endpoints put on record."""
    table: dict[str, SensitiveRead] = app.extensions.setdefault(READS_EXTENSION, {})
    twice = table.keys() & reads.keys()
    if twice:
        raise RuntimeError(f"Reads registered twice: {sorted(twice)}")
    table.update(reads)


def _note(response: Response) -> Response:
    table: dict[str, SensitiveRead] = current_app.extensions.get(READS_EXTENSION, {})
    read = table.get(request.endpoint or "")
    if read is None or request.method != "GET" or not response.status_code < 300:  # noqa: PLR2004
        return response
    values = {name: str(value) for name, value in (request.view_args or {}).items()}
    # Which filters were used, never what was looked for: that may be a person's name.
    filters = sorted({name[:40] for name, value in request.args.items() if value})
    audit_later(
        action=read.action,
        subject=read.subject.format_map(values)[:_SUBJECT_LENGTH],
        detail={"filters": filters} if filters else {},
    )
    return response


def init_reads(app: Flask) -> None:
    """Look at every answer."""
    app.extensions.setdefault(READS_EXTENSION, {})
    app.after_request(_note)
