"""Closing the plan, so that a new one can be started."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.action_plans import queries, service
from portal.action_plans.forms import CloseForm
from portal.action_plans.rules.plan import progress
from portal.action_plans.service import CHANGED
from portal.action_plans.views import blueprint
from portal.action_plans.views.shared import plan_or_404, say
from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.result import Ok
from portal.web.access import current_author


@blueprint.route("/close", methods=["GET", "POST"])
def close(employer: str) -> ResponseReturnValue:
    """Ask why, and close the plan; its versions stay where they are."""
    plan = plan_or_404(employer)
    form = CloseForm(data={"plan": plan.reference})
    if form.validate_on_submit():
        with unit_of_work():
            done = service.close_plan(
                employer=employer,
                plan=str(form.plan.data or ""),
                reason=form.reason.data or "",
                by=current_author(),
            )
        if isinstance(done, Ok):
            flash("The plan is closed and kept. You can start a new one.", "success")
            return redirect(url_for("action_plans.overview", employer=employer))
        if done.problem.code == CHANGED:
            say(done.problem)
            return redirect(url_for("action_plans.overview", employer=employer))
        form.refuse(done.problem)
    actions = [action for goal in queries.goals_with_actions(plan.id) for action in goal.actions]
    return render_template(
        "action_plans/close.html",
        plan=plan,
        form=form,
        standing=progress((action.step for action in actions), today()),
    )
