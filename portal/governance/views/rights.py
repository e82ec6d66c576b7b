"""Requests of people about their data, for the managers who answer them."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.governance.forms.privacy import EmptyForm, RequestForm, StepForm
from portal.governance.queries import erasure as erasures
from portal.governance.queries import rights
from portal.governance.queries.rights import Request
from portal.governance.rules import rights as rules
from portal.governance.service import person_copies
from portal.governance.service import rights as service
from portal.governance.views import blueprint
from portal.governance.views.my_privacy import sent_zip
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.web.access import current_author


def _request(reference: str, *, lock: bool = False) -> Request:
    found = rights.request_of(normalise_reference(reference), lock=lock)
    if found is None:
        abort(404)
    return found


@blueprint.get("/governance/requests")
def rights_requests() -> ResponseReturnValue:
    """What is to be answered, by the day it is due, and what was."""
    before = request.args.get("before", "")
    at = int(before) if before.isdecimal() and len(before) <= 9 else None  # noqa: PLR2004 - an id
    closed = rights.closed_requests(before=at, limit=rights.PAGE + 1)
    return render_template(
        "governance/privacy/requests.html",
        waiting=[
            (one, *rules.left_in_words(today(), one.due_on)) for one in rights.open_requests()
        ],
        closed=closed[: rights.PAGE],
        older=closed[rights.PAGE - 1].id if len(closed) > rights.PAGE else None,
        kinds=rules.KINDS,
        states=rules.STATES,
    )


@blueprint.route("/governance/requests/new", methods=["GET", "POST"])
def rights_new() -> ResponseReturnValue:
    """Note a request that came by letter, mail or telephone."""
    form = RequestForm(data={"received_on": today()})
    if form.validate_on_submit():
        with unit_of_work():
            done = service.receive(
                kind=form.kind.data,
                channel=form.channel.data,
                name=form.name.data,
                email=form.email.data,
                words=form.words.data,
                received_on=form.received_on.data,
                by=current_author(),
            )
            reference = "" if isinstance(done, Err) else done.value.reference
        if not isinstance(done, Err):
            flash("The request is noted.", "success")
            return redirect(url_for("governance.rights_request", reference=reference))
        form.refuse(done.problem)
    return render_template("governance/privacy/request_new.html", form=form)


def _page(found: Request, form: StepForm) -> str:
    clock, day = service.clock_of(found), today()
    words, colour = rules.left_in_words(day, found.due_on)
    may = []
    if found.state == "open":
        unknown = found.channel != "account" and found.identity_on is None
        if unknown and rules.may_ask_identity(clock, day):
            may.append(("identity_asked", "Asked them to show who they are", "secondary"))
        if unknown:
            may.append(("identity_shown", "They showed who they are", "secondary"))
        if rules.may_extend(clock, day):
            may.append(("extended", "Take two more months", "secondary"))
        may += [
            ("done", "Answer: done", ""),
            ("refused", "Answer: refuse", "warning"),
            ("withdrawn", "They took it back", "secondary"),
        ]
    may.append(("note", "Add as a note", "secondary"))
    return render_template(
        "governance/privacy/request.html",
        request_=found,
        left=words,
        colour=colour,
        may=may,
        steps=rights.steps(found.id),
        copies=rights.copies_of_request(found.id),
        erasures=erasures.of_rights_request(found.id),
        erasing=found.kind == "erasure" and found.state == "open",
        copying=found.kind in {"access", "portability"} and found.state == "open",
        rules=rules,
        form=form,
        token=EmptyForm(),
    )


@blueprint.get("/governance/requests/<reference>")
def rights_request(reference: str) -> ResponseReturnValue:
    """A request, its days, what may be done, and what was."""
    return _page(_request(reference), StepForm())


@blueprint.post("/governance/requests/<reference>/step")
def rights_step(reference: str) -> ResponseReturnValue:
    """Note what was done, or answer it."""
    found, form = _request(reference), StepForm()
    what = request.form.get("what", "")
    if what not in rules.STEPS:
        abort(400)
    if form.validate_on_submit():
        with unit_of_work():
            done = service.step(
                reference=found.reference, what=what, words=form.words.data, by=current_author()
            )
        if not isinstance(done, Err):
            flash(f"{rules.STEPS[what]}.", "success")
            return redirect(url_for("governance.rights_request", reference=found.reference))
        form.refuse(done.problem)
    return _page(_request(reference), form)


@blueprint.post("/governance/requests/<reference>/copy")
def rights_copy(reference: str) -> ResponseReturnValue:
    """Have a copy made of everything held about the person."""
    with unit_of_work():
        done = person_copies.ask_for(request=_request(reference, lock=True), by=current_author())
    if isinstance(done, Err):
        flash(done.problem.message, "error")
    else:
        flash("The copy is being made. Look again in a minute.", "success")
    return redirect(url_for("governance.rights_request", reference=reference))


@blueprint.post("/governance/requests/<reference>/copies/<copy>/take")
def rights_copy_take(reference: str, copy: str) -> ResponseReturnValue:
    """Take the copy out, to hand it to the person. Each time is noted."""
    with unit_of_work():
        found = _request(reference)
        kept = rights.copy_of(normalise_reference(copy), lock=True)
        if kept is None or kept.request_id != found.id:
            abort(404)
        done = person_copies.take(copy=kept, by=current_author())
    if isinstance(done, Err):
        flash(done.problem.message, "error")
        return redirect(url_for("governance.rights_request", reference=reference))
    return sent_zip(done.value, f"copy-for-request-{found.reference}")
