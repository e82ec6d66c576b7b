"""Frozen reports and prints: the list, the page of one, and its files."""

from __future__ import annotations

from typing import Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.reports.access import may_read, may_read_copy, view_of, views_open_to
from portal.reports.files.texts import CSV_TYPE
from portal.reports.files.workbook import XLSX_TYPE
from portal.reports.queries import copies as found
from portal.reports.queries.copies import FROZEN, PAGE, Copy
from portal.reports.rules.reading import VIEW_WORDS, period_words
from portal.reports.rules.scope import View
from portal.reports.rules.shown import meanings
from portal.reports.service import copies as service
from portal.reports.service import exporting
from portal.reports.service.building import builders
from portal.reports.views import blueprint
from portal.reports.views.sending import sent
from portal.reports.views.showing import parts
from portal.web.access import current_actor
from portal.web.asked import asked_number

_TYPES: Final = {
    "pdf": "application/pdf",
    "xlsx": XLSX_TYPE,
    "csv": CSV_TYPE,
    "json": "application/json",
}


def load_copy(reference: str) -> Copy:
    """The copy in the address; 404 when it is absent or for other eyes."""
    wanted = normalise_reference(reference)
    copy = found.copy_of(wanted) if wanted.isalnum() else None
    if copy is None or not may_read_copy(current_actor(), copy):
        abort(404)
    return copy


@blueprint.get("/reports/copies")
def copies() -> ResponseReturnValue:
    """Frozen reports, the latest first."""
    actor = current_actor()
    view = view_of(actor)
    if view is None:
        abort(404)
    kinds = {one.key: one.title for one in builders() if may_read(actor, one)}
    chosen = request.args.get("report", "")
    chosen = chosen if chosen in kinds else ""
    before = asked_number("before")
    rows = found.frozen(
        views=views_open_to(actor),
        organisations=actor.organisations,
        report_key=chosen,
        before=before,
    )
    return render_template(
        "reports/copies.html",
        rows=[{"kept": one, "period": _period(one)} for one in rows[:PAGE]],
        older=rows[PAGE - 1].id if len(rows) > PAGE else None,
        before=before,
        kinds=[("", "Every report"), *kinds.items()],
        chosen=chosen,
        statistics=view is View.STATISTICS,
    )


def _period(copy: Copy) -> str:
    return period_words(copy.first_on, copy.last_on)


@blueprint.get("/reports/copies/<copy>")
def copy(copy: str) -> ResponseReturnValue:
    """A frozen report as it was; or the print that somebody asked for."""
    kept = load_copy(copy)
    files = found.files_of(kept.id)
    if kept.kind != FROZEN:
        return render_template("reports/print.html", copy=kept, files=files, period=_period(kept))
    return render_template(
        "reports/copy.html",
        copy=kept,
        files=files,
        for_view=VIEW_WORDS[kept.view],
        **parts(service.report_of(kept), kept.view, live=False),
    )


@blueprint.get("/reports/copies/<copy>/definitions")
def copy_definitions(copy: str) -> ResponseReturnValue:
    """What the figures of a frozen report meant on the day."""
    kept = load_copy(copy)
    report = service.report_of(kept)
    return render_template(
        "reports/definitions.html",
        report=report,
        meanings=meanings(report),
        back=url_for("reports.copy", copy=kept.reference),
    )


@blueprint.get("/reports/copies/<copy>/files")
def copy_files(copy: str) -> ResponseReturnValue:
    """The files, once they are made: the part of the page that asks for them."""
    kept = load_copy(copy)
    if request.headers.get("X-Poll") is None:
        return redirect(url_for("reports.copy", copy=kept.reference))
    if kept.ready_at is None:
        return "", 202
    return render_template(
        "reports/_files.html", copy=kept, files=found.files_of(kept.id), polled=True
    )


@blueprint.post("/reports/copies/<copy>/take")
def copy_take(copy: str) -> ResponseReturnValue:
    """Note that somebody takes a file of the copy, and send them to it."""
    kept, user_id = load_copy(copy), current_actor().user_id
    name = request.form.get("file", "")
    if user_id is None or name not in found.files_of(kept.id):
        abort(404)
    with unit_of_work():
        token = exporting.grant(
            user_id=user_id,
            subject=f"report_copy:{kept.reference}",
            file=name,
            detail={
                "report": kept.report_key,
                "view": kept.view.value,
                "fingerprint": kept.fingerprint,
            },
        )
    return redirect(
        url_for("reports.copy_file", copy=kept.reference, name=name, export=token), code=303
    )


@blueprint.get("/reports/copies/<copy>/files/<name>")
def copy_file(copy: str, name: str) -> ResponseReturnValue:
    """A file as it was made: the same bytes every time."""
    kept = load_copy(copy)
    here = url_for("reports.copy", copy=kept.reference)
    export = exporting.granted(
        request.args.get("export", ""),
        user_id=current_actor().user_id,
        subject=f"report_copy:{kept.reference}",
        file=name,
    )
    if export is None:
        flash("That link is too old. Ask for the file again.", "info")
        return redirect(here)
    made = service.file_of(kept, name)
    if isinstance(made, Err):
        if made.problem.code == "no_file":
            abort(404)
        if made.problem.code == "not_ready":
            flash("The files are still being made. Try again in a minute.", "info")
        else:
            flash("The stored file is damaged and is not handed out. Tell the LEP.", "error")
        return redirect(here)
    file, data = made.value
    return sent(
        data,
        filename=f"{kept.report_key}-{kept.first_on:%Y-%m}-to-{kept.last_on:%Y-%m}"
        f"-{kept.reference}-{name}",
        content_type=_TYPES[name.rpartition(".")[2]],
        tag=file.sha256,
        exact=True,
    )


@blueprint.post("/reports/copies/<copy>/again")
def copy_again(copy: str) -> ResponseReturnValue:
    """Have the files made that the worker gave up."""
    kept = load_copy(copy)
    with unit_of_work():
        service.ask_again(kept.reference)
    flash("The files are being made. Look again in a minute.", "info")
    return redirect(url_for("reports.copy", copy=kept.reference))
