"""The evaluator's pack of a release: what is in it, having it made, and taking it out."""

from __future__ import annotations

from io import BytesIO

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.result import Err
from portal.reports.queries import pack as found
from portal.reports.rules import pack as rules
from portal.reports.service import exporting
from portal.reports.service import packs as service
from portal.reports.views import blueprint
from portal.reports.views.releases import load_release
from portal.web.access import current_actor, current_author


@blueprint.get("/reports/releases/<release>/pack")
def pack(release: str) -> ResponseReturnValue:
    """What the pack holds, what the check of anonymity found, and the way to it."""
    kept = load_release(release)
    row = found.pack_of(kept.id)
    return render_template(
        "reports/statistics/pack.html",
        release=kept,
        pack=row,
        k=rules.K,
        tables=service.tables_of(row.checks if row else {}),
    )


@blueprint.post("/reports/releases/<release>/pack")
def pack_ask(release: str) -> ResponseReturnValue:
    """Have the pack made."""
    kept = load_release(release)
    with unit_of_work():
        service.ask(kept, current_author())
    flash("The pack is being made. Look again in a minute.", "info")
    return redirect(url_for("reports.pack", release=kept.reference))


@blueprint.post("/reports/releases/<release>/pack/take")
def pack_take(release: str) -> ResponseReturnValue:
    """Note that somebody takes the pack, and send them to it."""
    kept, user_id = load_release(release), current_actor().user_id
    row = found.pack_of(kept.id)
    if user_id is None or row is None or row.sha256 is None:
        abort(404)
    with unit_of_work():
        token = exporting.grant(
            user_id=user_id,
            subject=f"statistics:{kept.reference}",
            file="pack.zip",
            detail={"sha256": row.sha256},
        )
    return redirect(url_for("reports.pack_file", release=kept.reference, export=token), code=303)


@blueprint.get("/reports/releases/<release>/pack.zip")
def pack_file(release: str) -> ResponseReturnValue:
    """The pack as it was made: the same bytes every time, for who has just asked for it."""
    kept = load_release(release)
    here = url_for("reports.pack", release=kept.reference)
    granted = exporting.granted(
        request.args.get("export", ""),
        user_id=current_actor().user_id,
        subject=f"statistics:{kept.reference}",
        file="pack.zip",
    )
    if granted is None:
        flash("Choose the file again: its address was good for an hour.", "info")
        return redirect(here)
    data = service.file_of(kept)
    if isinstance(data, Err):
        flash(f"{data.problem.message}. Tell the LEP if it stays so.", "error")
        return redirect(here)
    response = send_file(
        BytesIO(data.value),
        mimetype="application/zip",
        as_attachment=True,
        download_name=f"evaluation-pack-{kept.first_on:%Y-%m}-{kept.reference}.zip",
        etag=False,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["Content-Length"] = str(len(data.value))
    return response
