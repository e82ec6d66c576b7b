"""Discussions with businesses: listed, logged, put right, withdrawn, taken away as a table."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.employers import queries as employers
from portal.employers.queries import EmployerProfile
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.toolkit.access import insight_organisations, may_change, may_work_with
from portal.toolkit.forms.insights import InsightForm, WithdrawInsightForm
from portal.toolkit.queries import insights as queries
from portal.toolkit.queries.insights import InsightFacts, InsightFilter
from portal.toolkit.rules.insights import PARTS
from portal.toolkit.rules.words import CONVERSATIONS, SECTORS, SIZES
from portal.toolkit.service import insights as service
from portal.toolkit.views import blueprint
from portal.web.access import current_actor, current_author
from portal.web.asked import asked_number
from portal.web.downloads import csv_response

_A_PAGE = 50
_MOST_EXPORTED = 10_000


@blueprint.get("/insights")
def insights() -> str:
    """What businesses said, with filters in the address."""
    wanted = _filter()
    page = max(1, asked_number("page", 1))
    asked = {key: value for key, value in request.args.items() if key != "page" and value}
    total = queries.how_many(wanted)
    return render_template(
        "toolkit/insights/list.html",
        rows=queries.insights(wanted, limit=_A_PAGE, offset=(page - 1) * _A_PAGE),
        total=total,
        wanted=wanted,
        asked=asked,
        parts=PARTS,
        sectors=SECTORS,
        hows=CONVERSATIONS,
        choices={
            "sector": [("", "Every sector"), *SECTORS.items(), ("other", "Another sector")],
            "theme": [("", "Every theme"), *((one.reference, one.title) for one in _themes())],
        },
        earlier=_page(page - 1) if page > 1 else None,
        later=_page(page + 1) if page * _A_PAGE < total else None,
    )


@blueprint.get("/insights/export.csv")
def insights_export() -> ResponseReturnValue:
    """The same list as a table."""
    header = [
        *("Day", "Business", "Sector", "Employees", "How", *PARTS.values()),
        *("May be quoted", "Themes", "Logged by", "Reference"),
    ]
    rows = (
        [
            *(one.held_on, one.business, SECTORS.get(one.sector, "Another sector")),
            *(SIZES.get(one.size_tier or "", "Not known"), CONVERSATIONS[one.how]),
            *(one.practice, one.challenge, one.support_need, one.may_quote),
            *("; ".join(title for _key, title in one.themes), one.by_name, one.reference),
        ]
        for one in queries.insights(_filter(), limit=_MOST_EXPORTED)
    )
    return csv_response(f"insights-{today().isoformat()}.csv", header, rows)


@blueprint.route("/insights/new", methods=["GET", "POST"])
def insight_new() -> ResponseReturnValue:
    """Log a discussion; with ``?employer=`` it belongs to that employer's record."""
    profile = _employer()
    form = InsightForm(data={"held_on": today()})
    _prepare(form, profile)
    if form.validate_on_submit():
        with unit_of_work():
            done = service.log(
                details=form.details(),
                employer=profile.reference if profile else "",
                organisation_id=min(current_actor().organisations, default=None),
                by=current_author(),
            )
            made = None if isinstance(done, list) else done.value.reference
        if made is not None:
            flash("Thank you. It is logged.", "success")
            return redirect(url_for("toolkit.insight", reference=made))
        _refuse(form, done)
    return render_template("toolkit/insights/edit.html", form=form, profile=profile, insight=None)


@blueprint.get("/insights/<reference>")
def insight(reference: str) -> str:
    """One discussion."""
    found = _load(reference)
    return render_template(
        "toolkit/insights/show.html",
        insight=found,
        parts=PARTS,
        sectors=SECTORS,
        sizes=SIZES,
        hows=CONVERSATIONS,
        opens_record=found.employer is not None and may_work_with(current_actor(), found.employer),
        may_change=may_change(current_actor(), found),
    )


@blueprint.route("/insights/<reference>/edit", methods=["GET", "POST"])
def insight_edit(reference: str) -> ResponseReturnValue:
    """Put a discussion right."""
    found = _load(reference, change=True)
    profile = employers.employer_profile(found.employer) if found.employer else None
    form = InsightForm(data={**asdict(found), "themes": [key for key, _title in found.themes]})
    _prepare(form, profile, found)
    if form.validate_on_submit():
        with unit_of_work():
            done = service.change(
                reference=found.reference,
                revision=form.seen(),
                details=form.details(),
                by=current_author(),
            )
        if not isinstance(done, list):
            flash("Saved.", "success")
            return redirect(url_for("toolkit.insight", reference=found.reference))
        _refuse(form, done)
    return render_template("toolkit/insights/edit.html", form=form, profile=profile, insight=found)


@blueprint.route("/insights/<reference>/withdraw", methods=["GET", "POST"])
def insight_withdraw(reference: str) -> ResponseReturnValue:
    """Take a discussion out of every list and count."""
    found = _load(reference, change=True)
    form = WithdrawInsightForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.withdraw(
                reference=found.reference, reason=form.reason.data or "", by=current_author()
            )
        if not isinstance(done, Err):
            flash("The discussion was withdrawn. It stays on record.", "success")
            return redirect(url_for("toolkit.insight", reference=found.reference))
        form.refuse(done.problem)
    return render_template("toolkit/insights/withdraw.html", form=form, insight=found)


def _filter() -> InsightFilter:
    args = request.args
    return InsightFilter(
        insight_organisations(current_actor()),
        sector=args.get("sector", "").replace("\0", "")[:30],
        theme=normalise_reference(args.get("theme", "")[:40]),
        words=args.get("q", "").replace("\0", "").strip()[:100],
    )


def _page(number: int) -> str:
    arguments: dict[str, Any] = {key: value for key, value in request.args.items() if value}
    return url_for("toolkit.insights", **{**arguments, "page": number})


def _themes() -> list[queries.ThemeFacts]:
    return queries.themes()


def _employer() -> EmployerProfile | None:
    reference = normalise_reference(request.args.get("employer", "")[:40])
    if not reference:
        return None
    if not may_work_with(current_actor(), reference):
        abort(404)
    return employers.employer_profile(reference) or abort(404)


def _load(reference: str, *, change: bool = False) -> InsightFacts:
    found = queries.insight(normalise_reference(reference)) or abort(404)
    mine = insight_organisations(current_actor())
    if mine is not None and found.organisation_id not in mine:
        abort(404)
    if change and (found.withdrawn_at or not may_change(current_actor(), found)):
        abort(403)
    return found


def _prepare(
    form: InsightForm, profile: EmployerProfile | None, found: InsightFacts | None = None
) -> None:
    """Offer the themes; a record says name, sector and size by itself."""
    offered = {one.reference: one.title for one in _themes()}
    offered.update(found.themes if found else ())
    if offered:
        form.offer("themes", list(offered.items()))
    else:
        form.offer("themes", [])
    if profile is not None:
        del form.business, form.sector, form.size_tier


def _refuse(form: InsightForm, problems: Any) -> None:
    for problem in problems:
        form.refuse(problem)
