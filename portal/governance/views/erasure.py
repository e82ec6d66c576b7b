"""Requests to be forgotten: what would go, what must stay and why, and doing it."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.governance.forms.retention import EraseForm, ErasureForm, RefuseForm
from portal.governance.queries import erasure as found
from portal.governance.queries.erasure import Request
from portal.governance.rules.erasure import KIND_WORDS
from portal.governance.rules.holdings import holdings
from portal.governance.service import erasure as service
from portal.governance.service.erasure import Asked
from portal.governance.service.erasure_preview import preview
from portal.governance.views import blueprint
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.web.access import current_author


@blueprint.get("/governance/erasure")
def erasures() -> ResponseReturnValue:
    """Every request, and the day by which it must be answered."""
    return render_template(
        "governance/erasure/list.html",
        requests=found.requests(),
        kinds=KIND_WORDS,
        today=today(),
    )


@blueprint.route("/governance/erasure/new", methods=["GET", "POST"])
def erasure_new() -> ResponseReturnValue:
    """Write a request down."""
    form = ErasureForm()
    if request.method == "GET":
        form.asked_on.data = today()
    if form.validate_on_submit():
        assert form.asked_on.data is not None  # noqa: S101 - the field is required
        asked = Asked(form.kind.data, form.who.data, form.asked_on.data)
        with unit_of_work():
            done = service.ask(asked, by=current_author())
            reference = "" if isinstance(done, Err) else done.value.reference
        if not isinstance(done, Err):
            return redirect(url_for("governance.erasure", reference=reference))
        form.refuse(done.problem)
    return render_template("governance/erasure/new.html", form=form)


def _request(reference: str) -> Request:
    row = found.request_of(normalise_reference(reference))
    if row is None:
        abort(404)
    return row


def _page(row: Request, erase: EraseForm, refuse: RefuseForm) -> str:
    return render_template(
        "governance/erasure/request.html",
        row=row,
        kinds=KIND_WORDS,
        preview=preview(row) if row.state == "asked" else None,
        abouts={name: one.about for name, one in holdings().tables.items()},
        form=refuse if refuse.errors else erase,
        erase=erase,
        refuse=refuse,
    )


@blueprint.get("/governance/erasure/<reference>")
def erasure(reference: str) -> ResponseReturnValue:
    """One request: what goes, what stays and why."""
    return _page(_request(reference), EraseForm(), RefuseForm())


@blueprint.post("/governance/erasure/<reference>/erase")
def erasure_do(reference: str) -> ResponseReturnValue:
    """Carry a request out."""
    row = _request(reference)
    form = EraseForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.carry_out(
                reference=row.reference, words=form.note.data, by=current_author()
            )
        if not isinstance(done, Err):
            flash("It is done. What went cannot be brought back.", "success")
            return redirect(url_for("governance.erasure", reference=reference))
        form.refuse(done.problem)
    return _page(_request(reference), form, RefuseForm(formdata=None))


@blueprint.post("/governance/erasure/<reference>/refuse")
def erasure_refuse(reference: str) -> ResponseReturnValue:
    """Say no, and why."""
    row = _request(reference)
    form = RefuseForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.refuse(
                reference=row.reference, words=form.words.data, by=current_author()
            )
        if not isinstance(done, Err):
            flash(
                "The request is refused. Tell the person why, and that they may complain.", "info"
            )
            return redirect(url_for("governance.erasure", reference=reference))
        form.refuse(done.problem)
    return _page(_request(reference), EraseForm(formdata=None), form)
