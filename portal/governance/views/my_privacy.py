"""A person's own page: what they agreed to, a copy of their data, and what they can ask for."""

from __future__ import annotations

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.governance.forms.privacy import AskForm, EmptyForm
from portal.governance.queries import consents, rights
from portal.governance.rules.consents import load_consents
from portal.governance.rules.rights import KINDS, STATES
from portal.governance.service import consents as agreeing
from portal.governance.service import person_copies
from portal.governance.service import rights as asking
from portal.governance.views import blueprint
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.web.access import current_actor, current_author
from portal.web.security import limiter


def _me() -> int:
    user_id = current_actor().user_id
    if user_id is None:
        abort(403)
    return user_id


def sent_zip(data: bytes, name: str) -> Response:
    """A file to take away, never shown in the browser and never kept by it."""
    response = Response(data, content_type="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/account/privacy")
def my_privacy() -> ResponseReturnValue:
    """Everything about a person's own data in one place."""
    me = _me()
    standing = consents.of_user(me)
    offered = [
        (purpose, purpose.words_on(today()), standing.get(purpose.key))
        for purpose in load_consents()
        if purpose.whose == "user"
    ]
    return render_template(
        "governance/privacy/mine.html",
        offered=offered,
        requests=rights.requests_of(me),
        copies=rights.copies_of_user(me),
        kinds=KINDS,
        states=STATES,
        form=EmptyForm(),
    )


@blueprint.post("/account/privacy/consents/<purpose>")
def my_consent(purpose: str) -> ResponseReturnValue:
    """Agree, or take it back: one press each."""
    form = EmptyForm()
    if form.validate_on_submit():
        given = request.form.get("given") == "yes"
        with unit_of_work():
            done = agreeing.for_person(
                user_id=_me(), purpose=purpose, given=given, by=current_author()
            )
        if isinstance(done, Err):
            abort(404)
        flash("Thank you, this is noted." if given else "You have taken it back.", "success")
    return redirect(url_for("governance.my_privacy"))


@blueprint.route("/account/privacy/ask", methods=["GET", "POST"])
@limiter.limit("20/hour", methods=["POST"])
def my_request() -> ResponseReturnValue:
    """Ask for data to be corrected, erased, kept unused, or taken elsewhere."""
    me, actor = _me(), current_actor()
    form = AskForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = asking.receive(
                kind=form.kind.data,
                channel="account",
                name=actor.name,
                email=actor.email or "",
                words=form.words.data,
                by=current_author(),
                user_id=me,
            )
        if not isinstance(done, Err):
            flash("We have your request. You get an answer within a month.", "success")
            return redirect(url_for("governance.my_privacy"))
        form.refuse(done.problem)
    return render_template("governance/privacy/ask.html", form=form)


@blueprint.post("/account/privacy/requests/<reference>/withdraw")
def my_request_withdraw(reference: str) -> ResponseReturnValue:
    """Take a request of one's own back."""
    with unit_of_work():
        done = asking.withdraw(
            reference=normalise_reference(reference), user_id=_me(), by=current_author()
        )
    if isinstance(done, Err):
        abort(404)
    flash("Your request is taken back.", "success")
    return redirect(url_for("governance.my_privacy"))


@blueprint.post("/account/privacy/copies")
@limiter.limit("10/hour")
def my_copy() -> ResponseReturnValue:
    """Have a copy made of everything held about oneself."""
    actor = current_actor()
    with unit_of_work():
        person_copies.ask_own(user_id=_me(), email=actor.email or "", by=current_author())
    flash("Your copy is being made. We write to you when it is ready.", "success")
    return redirect(url_for("governance.my_privacy"))


@blueprint.post("/account/privacy/copies/<reference>/take")
@limiter.limit("30/hour")
def my_copy_take(reference: str) -> ResponseReturnValue:
    """Take one's own copy away. Each time is noted, so this is no plain link."""
    me = _me()
    with unit_of_work():
        copy = rights.copy_of(normalise_reference(reference), lock=True)
        # What a manager had made to answer a request is handed over by the manager.
        if copy is None or copy.user_id != me or copy.request_id is not None:
            abort(404)
        done = person_copies.take(copy=copy, by=current_author())
    if isinstance(done, Err):
        flash(done.problem.message, "error")
        return redirect(url_for("governance.my_privacy"))
    return sent_zip(done.value, f"my-data-{today().isoformat()}")
