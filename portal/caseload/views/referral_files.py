"""Referrals from a file: the template, the check, the preview, and taking rows in."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.forms.referrals import EmptyForm, UploadForm
from portal.caseload.queries import referral_sources as queries
from portal.caseload.queries.referral_likeness import Hit
from portal.caseload.rules.referral_file import (
    COLUMNS,
    MAX_ROWS,
    REQUIRED,
    WHOLE_ROW,
    template_rows,
)
from portal.caseload.service import referral_files as service
from portal.caseload.service.referral_files import is_double, is_open
from portal.caseload.views import blueprint
from portal.caseload.views.referral_support import (
    as_reference,
    chosen_provider,
    hit_href,
    provider_choices,
    scope_of,
    source_choices,
)
from portal.db import unit_of_work
from portal.kernel.result import Err
from portal.programme import queries as programme
from portal.web.access import current_actor, current_author
from portal.web.asked import asked_number, number_in
from portal.web.downloads import csv_response

_PAGE = 50
_SHOW = {
    "all": "Every row",
    "faults": "To put right",
    "doubles": "Perhaps here already",
    "good": "Ready to take in",
}


@blueprint.get("/referrals/file/template.csv")
def referral_template() -> ResponseReturnValue:
    """An empty file with the headings and one example."""
    titles = [title for _key, title in programme.settings().sector_choices]
    header, *rows = template_rows(titles)
    return csv_response("referrals-template", header, rows)


@blueprint.route("/referrals/file", methods=["GET", "POST"])
def referral_file() -> ResponseReturnValue:
    """Send a file to be checked."""
    actor = current_actor()
    providers, scope = provider_choices(actor), scope_of(actor)
    form = UploadForm()
    form.offer("source", source_choices())
    form.offer("provider", providers)
    before = None
    if form.validate_on_submit():
        source = queries.source_of(form.source.data) or abort(404)
        content = form.file.data.read()
        with unit_of_work():
            done = service.upload(
                content=content,
                file_name=form.file.data.filename or "",
                source=source,
                organisation_id=chosen_provider(form.provider, providers, actor),
                scope=scope,
                by=current_author(),
                again=bool(form.again.data),
            )
            made = None if isinstance(done, Err) else done.value.reference
            before = service.sent_before(content, scope) if made is None else None
        if made is not None:
            return redirect(url_for("caseload.referral_batch", batch=made))
        if isinstance(done, Err):
            form.refuse(done.problem)
            before = before if done.problem.code == service.SAME_FILE else None
    return render_template(
        "caseload/referrals/file.html",
        form=form,
        before=before,
        batches=queries.recent_batches(scope),
        columns=COLUMNS,
        required=REQUIRED,
        sectors=[title for _key, title in programme.settings().sector_choices],
        most=MAX_ROWS,
        providers=providers,
        everything=scope.everything,
    )


def _load(reference: str) -> queries.ReferralBatch:
    batch = queries.batch_of(as_reference(reference))
    if batch is None or not scope_of(current_actor()).holds(batch.organisation_id):
        abort(404)
    return batch


def _matching(rows: list[dict[str, Any]], show: str) -> list[dict[str, Any]]:
    tests = {
        "faults": lambda row: bool(row["faults"]),
        "doubles": lambda row: is_double(row) and not row["taken"],
        "good": lambda row: is_open(row) and not is_double(row),
    }
    return [row for row in rows if tests[show](row)] if show in tests else rows


@blueprint.get("/referrals/file/<batch>")
def referral_batch(batch: str) -> str:
    """The preview: every cell, with what is wrong in it and what to do."""
    found = _load(batch)
    show = request.args.get("show", "all")
    show = show if show in _SHOW else "all"
    rows = _matching(found.rows, show)
    pages = max(1, -(-len(rows) // _PAGE))
    page = min(max(1, asked_number("page", 1)), pages)
    shown = rows[(page - 1) * _PAGE : page * _PAGE]
    # Columns that nobody filled in are left out, unless something is wrong in them.
    used = [
        name
        for name in COLUMNS
        if name in REQUIRED
        or any(row["cells"].get(name) or name in row["faults"] for row in found.rows)
    ]
    return render_template(
        "caseload/referrals/batch.html",
        batch=found,
        form=EmptyForm(),
        rows=[_line(row) for row in shown],
        columns={name: COLUMNS[name] for name in used},
        counts={name: len(_matching(found.rows, name)) for name in _SHOW},
        taken=sum(bool(row["taken"]) for row in found.rows),
        show=show,
        shows=_SHOW,
        page=page,
        pages=pages,
        links={
            name: url_for("caseload.referral_batch", batch=found.reference, show=show, page=number)
            for name, number in (("previous", page - 1), ("next", page + 1))
            if 1 <= number <= pages
        },
    )


def _line(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the page shows it."""
    hits = [Hit(*parts) for parts in row["like"]]
    return row | {
        "open": is_open(row),
        "double": is_double(row),
        "whole": row["faults"].get(WHOLE_ROW, ""),
        "hits": [
            {
                "text": hit.name,
                "hint": hit.hint[:1].lower() + hit.hint[1:],
                "why": hit.why,
                "href": hit_href(hit),
            }
            for hit in hits
        ],
    }


@blueprint.post("/referrals/file/<batch>/take")
def referral_take(batch: str) -> ResponseReturnValue:
    """Take in every good row, or those that were ticked."""
    found = _load(batch)
    back = redirect(url_for("caseload.referral_batch", batch=found.reference))
    if not EmptyForm().validate_on_submit():
        return back
    sent = (number_in(row) for row in request.form.getlist("row"))
    ticked = {number for number in sent if number is not None}
    with unit_of_work():
        done = service.take(
            reference=found.reference,
            chosen=ticked if request.form.get("which") == "ticked" else None,
            by=current_author(),
        )
        count = 0 if isinstance(done, Err) else done.value[1]
    if isinstance(done, Err):
        flash(done.problem.message, "error")
    else:
        flash(f"{count} {'referral was' if count == 1 else 'referrals were'} taken in.", "success")
    return back


@blueprint.post("/referrals/file/<batch>/drop")
def referral_drop(batch: str) -> ResponseReturnValue:
    """Leave the rest of the file."""
    found = _load(batch)
    if EmptyForm().validate_on_submit():
        with unit_of_work():
            done = service.drop(reference=found.reference, by=current_author())
        if isinstance(done, Err):
            flash(done.problem.message, "error")
        else:
            flash("The rest of the file was left. Nothing more is taken in from it.", "success")
    return redirect(url_for("caseload.referral_file"))


@blueprint.get("/referrals/file/<batch>/faults.csv")
def referral_faults(batch: str) -> ResponseReturnValue:
    """The rows with faults as they stood, and beside each what to do: to mend and send again."""
    found = _load(batch)
    header = [*COLUMNS.values(), "Row", "What to put right"]
    rows = (
        [*(row["cells"].get(name, "") for name in COLUMNS), row["n"], _reasons(row)]
        for row in found.rows
        if row["faults"]
    )
    return csv_response(f"referrals-to-put-right-{found.reference}", header, rows)


def _reasons(row: dict[str, Any]) -> str:
    return "; ".join(
        f"{COLUMNS[name]}: {message}" if name in COLUMNS else message
        for name, message in row["faults"].items()
    )
