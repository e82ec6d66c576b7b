"""Merging two records of one employer: finding them, looking at all that would move, undoing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.access import merges_any
from portal.caseload.forms.merging import MergeForm, UndoForm
from portal.caseload.queries import merging as queries
from portal.caseload.queries.merging import MergeLine, Record
from portal.caseload.rules.merging import GROUPS
from portal.caseload.service import merge_undo
from portal.caseload.service import merging as service
from portal.caseload.service.merging import MergePlan
from portal.caseload.views import blueprint
from portal.caseload.views.team import pages
from portal.db import unit_of_work
from portal.employers.rules.facts import LABELS
from portal.kernel.clock import london
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.programme import queries as programme
from portal.web.access import current_actor, current_author
from portal.web.asked import asked_number
from portal.web.downloads import csv_response

PAGE = 50
LISTED = 50
_ANSWERS = {
    "accredited": "Accredited",
    "not_accredited": "Not accredited",
    "yes": "Yes",
    "no": "No",
}


def _within() -> list[int] | None:
    """Employers that may be merged: all for the LEP, for a manager those that are theirs alone."""
    actor = current_actor()
    return None if merges_any(actor, {}) else queries.served_only_by(actor.organisations)


def _may(ids: Collection[int]) -> bool:
    within = _within()
    return within is None or set(ids) <= set(within)


def _record(reference: str | None) -> Record | None:
    """The record in the address; 404 when it is not this person's to merge."""
    if not reference:
        return None
    found = queries.record(normalise_reference(reference))
    if found is None or not _may([found.id]):
        abort(404)
    return found


@blueprint.get("/merges")
def merges() -> ResponseReturnValue:
    """Likely doubles, and what was merged before."""
    within = _within()
    page = min(max(asked_number("page", 1), 1), 100_000)
    rows = queries.merges(within=within, limit=PAGE + 1, offset=(page - 1) * PAGE)
    return render_template(
        "caseload/merging/list.html",
        pages=pages(current_actor(), "merges"),
        pairs=queries.likely_pairs(within=within) if page == 1 else [],
        rows=[(row, _day(row)) for row in rows[:PAGE]],
        district=programme.settings().district_title,
        previous=url_for("caseload.merges", page=page - 1) if page > 1 else None,
        next=url_for("caseload.merges", page=page + 1) if len(rows) > PAGE else None,
    )


def _day(row: MergeLine) -> str:
    day = london(row.at).date()
    return f"{day.day} {day:%B %Y}"


@blueprint.route("/merges/new", methods=["GET", "POST"])
def merge_new() -> ResponseReturnValue:
    """Choose two records; then everything that would move, and the button."""
    kept, merged = _record(request.args.get("kept")), _record(request.args.get("merged"))
    if kept is None or merged is None:
        return _choose(kept or merged)
    planned = service.plan(kept=kept.reference, merged=merged.reference)
    if isinstance(planned, Err):
        flash(f"{planned.problem.message}.", "error")
        return redirect(url_for("caseload.merge_new", kept=kept.reference))
    form = MergeForm()
    if request.method == "GET":
        form.fill.data = planned.value.fillable
    form.offer("fill", [(g.key, g.title) for g in GROUPS if g.key in planned.value.fillable])
    if not form.validate_on_submit():
        return _preview(form, planned.value, kept, merged)
    with unit_of_work():
        done = service.merge(
            kept=kept.reference,
            merged=merged.reference,
            fill=form.fill.data or (),
            reason=form.reason.data,
            fingerprint=form.fingerprint.data or "",
            by=current_author(),
        )
        made = None if isinstance(done, Err) else done.value.reference
    if made is None:
        assert isinstance(done, Err)  # noqa: S101 - the other half of the line above
        form.refuse(done.problem)
        again = service.plan(kept=kept.reference, merged=merged.reference)
        if isinstance(again, Err):
            flash(f"{again.problem.message}.", "error")
            return redirect(url_for("caseload.merges"))
        return _preview(form, again.value, kept, merged)
    flash(f"{merged.name} is merged into {kept.name}. You can undo it here.", "success")
    return redirect(url_for("caseload.merge", reference=made))


def _choose(first: Record | None) -> str:
    within = _within()
    question = request.args.get("q", "").replace("\x00", "").strip()[:200]
    found = queries.search_records(question, within=within) if question else []
    if first is not None:
        found = [row for row in found if row.id != first.id]
    return render_template(
        "caseload/merging/choose.html",
        first=first,
        question=question,
        found=found,
        alike=queries.alike(first, within=within) if first is not None and not question else [],
        district=programme.settings().district_title,
    )


def _preview(form: MergeForm, plan: MergePlan, kept: Record, merged: Record) -> str:
    form.fingerprint.data = plan.fingerprint
    return render_template(
        "caseload/merging/preview.html",
        form=form,
        plan=plan,
        kept=kept,
        merged=merged,
        facts=_facts(plan),
        fill={group.key: _gap(plan, group.fields) for group in GROUPS},
        listed=LISTED,
        swap=url_for("caseload.merge_new", kept=merged.reference, merged=kept.reference),
        export=url_for("caseload.merge_preview", kept=kept.reference, merged=merged.reference),
    )


def _facts(plan: MergePlan) -> list[tuple[str, str, str, bool]]:
    """Facts side by side: label, that of the kept one, of the other, whether they differ."""
    rows = []
    for name, label in LABELS.items():
        one, other = _in_words(name, plan.kept[name]), _in_words(name, plan.merged[name])
        if one or other:
            rows.append((label, one or "Not given", other or "Not given", one != other))
    return rows


def _gap(plan: MergePlan, names: tuple[str, ...]) -> str:
    said = [_in_words(name, plan.merged[name]) for name in names if name in LABELS]
    return ", ".join(part for part in said if part)


def _in_words(name: str, value: Any) -> str:
    settings = programme.settings()
    if value in (None, "", [], ()):
        return ""
    titles: dict[str, Callable[[str], str]] = {
        "sector": settings.sector_title,
        "district": settings.district_title,
        "size_tier": settings.tier_title,
    }
    if name in titles:
        return titles[name](value)
    if name in {"iip_status", "training_answer"}:
        return _ANSWERS.get(value, str(value))
    if hasattr(value, "isoformat"):
        return f"{value.day} {value:%B %Y}"
    return ", ".join(value) if isinstance(value, list) else str(value)


@blueprint.get("/merges/new.csv")
def merge_preview() -> Response:
    """Every record that would move or stay, as a table to take away."""
    kept, merged = _record(request.args.get("kept")), _record(request.args.get("merged"))
    if kept is None or merged is None:
        abort(404)
    planned = service.plan(kept=kept.reference, merged=merged.reference)
    if isinstance(planned, Err):
        abort(404)

    def table() -> Iterator[list[Any]]:
        for part in planned.value.tables:
            for key, words in part.moving.items():
                yield [part.title, key, "moves", words]
            for key, words in part.staying:
                yield [part.title, key, "stays", words]

    return csv_response(f"merge-{merged.reference}", ["Kind", "Number", "What", "Record"], table())


def _line(reference: str) -> MergeLine:
    found = queries.merge_line(normalise_reference(reference))
    if found is None:
        abort(404)
    # The merged record has nothing of its own now: whose the kept one is decides.
    return found if _may([found.kept_id]) else abort(404)


@blueprint.route("/merges/<reference>", methods=["GET", "POST"])
def merge(reference: str) -> ResponseReturnValue:
    """A merge that was made: what moved, and undoing it."""
    line = _line(reference)
    form = UndoForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = merge_undo.undo(reference=line.reference, by=current_author())
        if not isinstance(done, Err):
            flash(f"Undone: {line.merged} stands by itself again.", "success")
            return redirect(url_for("caseload.merge", reference=line.reference))
        form.refuse(done.problem)
    planned = merge_undo.undo_plan(line.reference)
    return render_template(
        "caseload/merging/show.html",
        line=line,
        day=_day(line),
        form=form,
        plan=None if isinstance(planned, Err) else planned.value,
        undone=None if line.undone_at is None else london(line.undone_at).date(),
    )
