"""Taking a live report away: the workbook, a table as CSV, or asking for its PDF."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.clock import utc_now
from portal.reports.files.texts import CSV_TYPE, sheet_bytes
from portal.reports.files.workbook import XLSX_TYPE, workbook_bytes
from portal.reports.rules.asking import month_key
from portal.reports.rules.document import Report, fingerprint
from portal.reports.rules.sheets import sheets_of
from portal.reports.service import copies, exporting
from portal.reports.views import blueprint
from portal.reports.views.sending import sent
from portal.reports.views.source import Asked, asked_for
from portal.web.access import current_actor, current_author
from portal.web.security import limiter


@blueprint.post("/reports/<key>/take")
def take(key: str) -> ResponseReturnValue:
    """Note that somebody takes a file of the report, and send them to it."""
    asked = asked_for(key)
    user_id, file = current_actor().user_id, request.form.get("file", "")
    if user_id is None or not file or len(file) > 120:  # noqa: PLR2004 - a file's name
        abort(400)
    with unit_of_work():
        token = exporting.grant(
            user_id=user_id,
            subject=f"report:{asked.builder.key}",
            file=file,
            detail=_detail(asked),
            question=_question(asked),
        )
    return redirect(url_for("reports.file", **asked.arguments, name=file, export=token), code=303)


def _detail(asked: Asked) -> dict[str, Any]:
    return {**asked.arguments, "view": asked.view.value}


def _question(asked: Asked) -> str:
    return urlencode(sorted(asked.arguments.items()))


@blueprint.get("/reports/<key>/file/<name>")
def file(key: str, name: str) -> ResponseReturnValue:
    """A file that was asked for: the same address answers 304 while nothing has changed."""
    asked = asked_for(key)
    export = exporting.granted(
        request.args.get("export", ""),
        user_id=current_actor().user_id,
        subject=f"report:{asked.builder.key}",
        file=name,
        question=_question(asked),
    )
    if export is None:
        flash("That link is too old. Ask for the file again.", "info")
        return redirect(url_for("reports.report", **asked.arguments))
    found = asked.build()
    if name == copies.WORKBOOK:
        data = workbook_bytes(found, view=asked.view, fingerprint=fingerprint(found), export=export)
        kind = XLSX_TYPE
    else:
        sheet = sheets_of(found).get(name.removesuffix(".csv")) if name.endswith(".csv") else None
        if sheet is None:
            abort(404)
        data, kind = sheet_bytes(sheet), CSV_TYPE
    return sent(
        data,
        filename=f"{found.key}-{month_key(found.first)}-to-{month_key(found.last)}-{name}",
        content_type=kind,
        tag=_tag(found, name, export),
        exact=False,
    )


def _tag(report: Report, name: str, export: str) -> str:
    """What tells one answer from another: not the moment at which it was worked out."""
    words = fingerprint(replace(report, as_at=utc_now().min.replace(tzinfo=report.as_at.tzinfo)))
    return sha256(f"{words} {name} {export}".encode()).hexdigest()[:32]


@blueprint.post("/reports/<key>/print")
@limiter.limit("20/hour")
def ask_print(key: str) -> ResponseReturnValue:
    """Have the PDF of the live report made."""
    asked = asked_for(key)
    found = asked.build()
    with unit_of_work():
        reference = copies.ask_print(
            found,
            view=asked.view,
            organisation_id=asked.organisation_id,
            by=current_author(),
        )
    return redirect(url_for("reports.copy", copy=reference), code=303)
