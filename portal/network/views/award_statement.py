"""What the link opens that somebody gets who is asked to speak for their employer."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.result import Err, Ok
from portal.network.forms.awards import PressForm, StatementForm
from portal.network.queries import award_applications as queries
from portal.network.queries.award_applications import StatementFacts
from portal.network.service import award_statements as service
from portal.network.service.award_statements import Said
from portal.network.views import blueprint
from portal.web.security import limiter


@blueprint.route("/awards/statement/<token>", methods=["GET", "POST"])
@limiter.limit("120/hour")
@limiter.limit("20/hour", methods=["POST"])
def statement(token: str) -> ResponseReturnValue:
    """Say it, say it anew, or rather not. Opening the link changes nothing."""
    found = queries.statement_by_token(token[:100])
    if found is None:
        return render_template("network/awards/statement_gone.html"), 404
    form = StatementForm(
        data={
            "job": found.job,
            "words": found.words,
            "part_time": {True: "yes", False: "no"}.get(found.part_time or False)
            if found.given
            else None,
        }
    )
    press = PressForm()
    if request.method == "POST":
        taken = "refuse" in request.form or "take_back" in request.form
        sent = press if taken else form
        if sent.validate_on_submit():
            with unit_of_work():
                done = _do(found, form)
            if not isinstance(done, Err):
                return redirect(url_for("network.statement", token=token))
            sent.refuse(done.problem)
    return render_template(
        "network/awards/statement.html",
        statement=found,
        form=form,
        press=press,
        is_open=found.application_state == "draft",
        is_decided=found.application_state in {"awarded", "declined"},
    )


def _do(found: StatementFacts, form: StatementForm) -> Ok[None] | Err:
    if "refuse" in request.form:
        return service.refuse(statement_id=found.id)
    if "take_back" in request.form:
        return service.take_back(statement_id=found.id)
    return service.give(
        statement_id=found.id,
        said=Said(form.job.data or "", form.part_time.data == "yes", form.words.data or ""),
    )
