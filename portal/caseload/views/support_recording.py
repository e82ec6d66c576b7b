"""Recording support, and correcting a record; employers are added row by row, without a script."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.forms.support import DeliveryForm
from portal.caseload.queries import support as queries
from portal.caseload.queries.support import DeliveryFacts
from portal.caseload.rules.support import odd_day
from portal.caseload.service import evidence
from portal.caseload.service import support as service
from portal.caseload.views import blueprint
from portal.caseload.views.support import load_own_delivery
from portal.db import unit_of_work
from portal.kernel.files import Kept
from portal.kernel.ids import new_token, normalise_reference
from portal.kernel.result import Err
from portal.programme import queries as programme
from portal.web.access import current_actor, current_author
from portal.web.asked import number_in

_COPIED = ("kind", "design", "title", "audience", "mode", "place", "trainer", "funding", "notes")
_HOUR = 60


@blueprint.route("/support/new", methods=["GET", "POST"])
def support_new() -> ResponseReturnValue:
    """Record a delivery; ``?case=`` begins with an employer, ``?like=`` with another record."""
    actor = current_actor()
    form = DeliveryForm(data=_begun())
    if request.method != "POST":
        return _page(form)

    def may_add(reference: str) -> bool:
        return bool(queries.attending_cases([reference], actor.organisations))

    if form.step(request.form, may_add=may_add) or not form.validate_on_submit():
        return _page(form)
    sheets = _sheets(form)
    if sheets is None:
        return _page(form)
    given = form.to_delivered()
    with unit_of_work():
        result = service.record(
            given=given,
            attending=form.to_attending(),
            organisations=actor.organisations,
            once=form.once.data or "",
            by=current_author(),
            sheets=sheets,
        )
        made = None if isinstance(result, Err) else result.value.reference
    if isinstance(result, Err):
        form.refuse(result.problem)
        return _page(form)
    flash("Recorded. Next: ask the employer to confirm it.", "success")
    if odd_day(given.delivered_on):
        flash(f"{odd_day(given.delivered_on)}. Correct it if that is not right.", "info")
    return redirect(url_for("caseload.support", delivery=made))


@blueprint.route("/support/<delivery>/edit", methods=["GET", "POST"])
def support_edit(delivery: str) -> ResponseReturnValue:
    """Correct a delivery that nobody was asked to confirm."""
    facts = load_own_delivery(delivery)
    form = DeliveryForm(data=_as_data(facts))
    if not form.validate_on_submit():
        return _edit_page(form, facts)
    revision = str(form.revision.data or "")
    with unit_of_work():
        result = service.correct(
            reference=facts.reference,
            given=form.to_delivered(),
            attending=form.to_attending(),
            revision=number_in(revision) or 0,
            by=current_author(),
        )
    if isinstance(result, Err):
        form.refuse(result.problem)
        return _edit_page(form, facts)
    flash("Corrected.", "success")
    return redirect(url_for("caseload.support", delivery=facts.reference))


def _begun() -> dict[str, Any]:
    """What a new record's form begins with."""
    actor = current_actor()
    values: dict[str, Any] = {"once": new_token(), "trainer": actor.name, "rows": []}
    like = normalise_reference(request.args.get("like", ""))
    if like:
        values |= _as_data(load_own_delivery(like)) | {"revision": ""}
    case = normalise_reference(request.args.get("case", ""))
    if case and case not in {row["case"] for row in values["rows"]}:
        if request.method == "GET" and not queries.attending_cases([case], actor.organisations):
            abort(404)
        values["rows"].append({"case": case})
    return values


def _as_data(facts: DeliveryFacts) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(facts, name) for name in _COPIED}
    values["delivered_on"] = facts.delivered_on
    values["audience"] = list(facts.audience)
    values["hours"], values["minutes"] = divmod(facts.minutes, _HOUR)
    values["revision"] = str(facts.revision)
    values["rows"] = [
        {
            "case": row.case_reference,
            "attended": row.attended,
            "part_time": row.part_time_attended,
        }
        for row in facts.attendances
    ]
    return values


def _sheets(form: DeliveryForm) -> list[Kept] | None:
    """The attendance sheet, judged and stored once a case; None when it cannot be kept."""
    sent = form.sheet.data
    if not sent:
        return []
    data = sent.read(evidence.largest() + 1)
    kept = service.keep_sheet(sent.filename or "", data, len(form.rows.entries))
    if isinstance(kept, Err):
        form.refuse(kept.problem)
        return None
    return kept.value


def _page(form: DeliveryForm) -> str:
    own = current_actor().organisations
    known = queries.attending_cases(form.cases(), own)
    # A row that names somebody else's case is not shown: nobody learns whose it is.
    form.rows.entries = [row for row in form.rows.entries if row.form.case.data in known]
    question = form.find.data or ""
    found = queries.find_cases(question, own) if question else []
    matches = [each for each in found if each.reference not in known]
    return render_template(
        "caseload/support/record.html",
        form=form,
        known=known,
        question=question,
        matches=matches,
        found_only_known=bool(found) and not matches,
        sme_limit=programme.settings().sme_limit,
        facts=None,
    )


def _edit_page(form: DeliveryForm, facts: DeliveryFacts) -> str:
    known: dict[str, Any] = {row.case_reference: row for row in facts.attendances}
    form.rows.entries = [row for row in form.rows.entries if row.form.case.data in known]
    return render_template(
        "caseload/support/record.html",
        form=form,
        known=known,
        question="",
        matches=(),
        found_only_known=False,
        sme_limit=programme.settings().sme_limit,
        facts=facts,
    )
