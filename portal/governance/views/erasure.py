"""Requests to be forgotten: what would go, what must stay and why, and doing it."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.governance.access import lep_manager
from portal.governance.forms.retention import EraseForm, ErasureForm, ProposeForm, RefuseForm
from portal.governance.queries import erasure as found
from portal.governance.queries import people
from portal.governance.queries import rights as rights_found
from portal.governance.queries.erasure import Request
from portal.governance.queries.rights import Request as RightsAsked
from portal.governance.rules.erasure import KIND_WORDS
from portal.governance.rules.holdings import holdings
from portal.governance.service import erasure as service
from portal.governance.service.erasure import Asked
from portal.governance.service.erasure_preview import preview
from portal.governance.views import blueprint
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.web.access import current_actor, current_author


def _is_manager() -> bool:
    return lep_manager(current_actor(), {})


@blueprint.get("/governance/erasure")
def erasures() -> ResponseReturnValue:
    """Every request, and the day by which it must be answered."""
    return render_template(
        "governance/erasure/list.html",
        requests=found.requests(proposed_only=not _is_manager()),
        manages=_is_manager(),
        kinds=KIND_WORDS,
        today=today(),
    )


@blueprint.route("/governance/erasure/new", methods=["GET", "POST"])
def erasure_new() -> ResponseReturnValue:
    """Write a request down, or begin what a person asked: their address stands there already."""
    form = ErasureForm()
    if request.method == "GET":
        form.request.data = request.args.get("request", "")
    asked_in = _asked_in(form.request.data or "")
    if request.method == "GET":
        _fill(form, asked_in, request.args.get("employer", ""))
    if form.validate_on_submit():
        assert form.asked_on.data is not None  # noqa: S101 - the field is required
        asked = Asked(
            form.kind.data,
            form.who.data,
            form.asked_on.data,
            request="" if asked_in is None else asked_in.reference,
        )
        with unit_of_work():
            done = service.ask(asked, by=current_author())
            reference = "" if isinstance(done, Err) else done.value.reference
        if not isinstance(done, Err):
            return redirect(url_for("governance.erasure", reference=reference))
        form.refuse(done.problem)
    owned = found.owned_by(asked_in.email) if asked_in is not None else []
    return render_template("governance/erasure/new.html", form=form, asked_in=asked_in, owned=owned)


def _asked_in(reference: str) -> RightsAsked | None:
    """The open request for erasure that is to be answered; None when none is named."""
    if not reference:
        return None
    row = rights_found.request_of(normalise_reference(reference))
    if row is None or (row.kind, row.state) != ("erasure", "open"):
        abort(404)
    return row


def _fill(form: ErasureForm, asked_in: RightsAsked | None, employer: str) -> None:
    form.asked_on.data = today()
    if asked_in is None:
        return
    form.asked_on.data = asked_in.received_on
    form.kind.data = "person" if found.user_by_email(asked_in.email) else "contact"
    form.who.data = asked_in.email
    if employer:
        form.kind.data, form.who.data = "employer", employer[:10]


def _request(reference: str) -> Request:
    """A request as far as somebody may see it: administrators, what waits for a second person."""
    row = found.request_of(normalise_reference(reference))
    if row is None or not (_is_manager() or (row.state == "asked" and row.proposed_at)):
        abort(404)
    return row


def _page(
    row: Request,
    *,
    propose: ProposeForm | None = None,
    erase: EraseForm | None = None,
    refuse: RefuseForm | None = None,
) -> str:
    asked_in = rights_found.by_key(row.rights_request_id) if row.rights_request_id else None
    me = current_author()
    return render_template(
        "governance/erasure/request.html",
        row=row,
        kinds=KIND_WORDS,
        whom=found.whom(row),
        asked_in=asked_in,
        preview=preview(row) if row.state == "asked" else None,
        abouts={name: one.about for name, one in holdings().tables.items()},
        form=next((one for one in (propose, erase, refuse) if one is not None), EraseForm()),
        propose=propose or ProposeForm(formdata=None),
        erase=erase or EraseForm(formdata=None),
        refuse=refuse or RefuseForm(formdata=None),
        manages=_is_manager(),
        may_do=service.may_do(row, me),
        seconds=people.seconds(row.proposed_by if row.proposed_at else me.user_id),
    )


@blueprint.get("/governance/erasure/<reference>")
def erasure(reference: str) -> ResponseReturnValue:
    """One request: what goes, what stays and why, and who does it."""
    return _page(_request(reference))


@blueprint.post("/governance/erasure/<reference>/propose")
def erasure_propose(reference: str) -> ResponseReturnValue:
    """Ask a second person to carry a request out."""
    row, form = _request(reference), ProposeForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.propose(reference=row.reference, by=current_author())
        if not isinstance(done, Err):
            flash("It is proposed. A second person looks at it now, and does it.", "success")
            return redirect(url_for("governance.erasure", reference=reference))
        form.refuse(done.problem)
    return _page(_request(reference), propose=form)


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
            flash("It is done, and whoever asked is told. It cannot be brought back.", "success")
            if not _is_manager():
                # Whoever stood in for a manager sees no more of it.
                return redirect(url_for("governance.erasures"))
            return redirect(url_for("governance.erasure", reference=reference))
        form.refuse(done.problem)
    return _page(_request(reference), erase=form)


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
            flash("The request is refused. The person is told why, and may complain.", "info")
            return redirect(url_for("governance.erasure", reference=reference))
        form.refuse(done.problem)
    return _page(_request(reference), refuse=form)
