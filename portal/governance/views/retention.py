"""How long personal data stays: the schedule, what was done, and holds."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.governance.access import lep_manager
from portal.governance.forms.retention import HoldForm, LiftForm, PeriodForm
from portal.governance.queries.holds import all_holds
from portal.governance.queries.tombstones import latest, runs
from portal.governance.rules.holds import SCOPE_WORDS
from portal.governance.rules.retention import classes
from portal.governance.service import holds as holds_service
from portal.governance.service import retention as service
from portal.governance.service.holds import Wanted
from portal.governance.service.schedule import schedule
from portal.governance.views import blueprint
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.web.access import current_actor, current_author


@blueprint.get("/governance/retention")
def retention() -> ResponseReturnValue:
    """What goes when, what went, and what is on hold."""
    return render_template(
        "governance/retention/schedule.html",
        lines=schedule(),
        runs=runs(limit=10),
        tombstones=latest(limit=50),
        holds=all_holds(),
        scopes=SCOPE_WORDS,
        titles={key: one.title for key, one in classes().items()},
        may_change=lep_manager(current_actor(), {}),
    )


@blueprint.route("/governance/retention/<class_key>/period", methods=["GET", "POST"])
def retention_period(class_key: str) -> ResponseReturnValue:
    """Have a class keep its data longer or shorter."""
    one = classes().get(class_key)
    if one is None or not one.ends:
        abort(404)
    form = PeriodForm(data={"months": service.periods()[class_key]})
    if form.validate_on_submit():
        with unit_of_work():
            done = service.change_period(
                class_key=class_key, months=form.months.data or 0, by=current_author().user_id
            )
        if not isinstance(done, Err):
            flash("The period is changed from today on.", "success")
            return redirect(url_for("governance.retention"))
        form.refuse(done.problem)
    return render_template("governance/retention/period.html", form=form, one=one)


@blueprint.route("/governance/retention/holds/new", methods=["GET", "POST"])
def hold_new() -> ResponseReturnValue:
    """Place a hold."""
    form = HoldForm()
    if form.validate_on_submit():
        assert form.review_on.data is not None  # noqa: S101 - the field is required
        wanted = Wanted(form.scope.data, form.subject.data, form.reason.data, form.review_on.data)
        with unit_of_work():
            done = holds_service.place(wanted, by=current_author())
        if not isinstance(done, Err):
            flash("The hold stands. Nothing of it is deleted.", "success")
            return redirect(url_for("governance.retention"))
        form.refuse(done.problem)
    ending = [(key, one.title) for key, one in classes().items() if one.ends]
    return render_template("governance/retention/hold.html", form=form, ending=ending)


@blueprint.route("/governance/retention/holds/<reference>/lift", methods=["GET", "POST"])
def hold_lift(reference: str) -> ResponseReturnValue:
    """Lift a hold."""
    wanted = normalise_reference(reference)
    hold = next((one for one in all_holds() if one.reference == wanted), None)
    if hold is None or hold.lifted_at is not None:
        abort(404)
    form = LiftForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = holds_service.lift(
                reference=wanted, reason=form.reason.data, by=current_author()
            )
        if not isinstance(done, Err):
            flash("The hold is lifted. What is over goes with the next run.", "success")
            return redirect(url_for("governance.retention"))
        form.refuse(done.problem)
    return render_template(
        "governance/retention/lift.html", form=form, hold=hold, scopes=SCOPE_WORDS
    )
