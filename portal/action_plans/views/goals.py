"""Adding a goal and changing its words."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.action_plans import queries, service
from portal.action_plans.forms import GoalForm
from portal.action_plans.service import CHANGED
from portal.action_plans.views import blueprint
from portal.action_plans.views.shared import plan_or_404, revision_in
from portal.db import unit_of_work
from portal.kernel.result import Ok
from portal.web.access import current_author


@blueprint.route("/goals/add", methods=["GET", "POST"])
def add_goal(employer: str) -> ResponseReturnValue:
    """Add a goal of the employer's own."""
    plan = plan_or_404(employer)
    form = GoalForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.add_goal(
                employer=employer,
                title=form.title.data or "",
                benefit=form.benefit.data or "",
                by=current_author(),
            )
        if isinstance(done, Ok):
            flash("The goal is in the plan. Add what you will do for it.", "success")
            return redirect(url_for("action_plans.add_action", employer=employer, goal=done.value))
        form.refuse(done.problem)
    return render_template("action_plans/goal.html", plan=plan, form=form, goal=None)


@blueprint.route("/goals/<int:goal>", methods=["GET", "POST"])
def edit_goal(employer: str, goal: int) -> ResponseReturnValue:
    """Change a goal's words."""
    plan = plan_or_404(employer)
    facts = queries.goal_facts(plan.id, goal) or abort(404)
    form = GoalForm(
        data={"title": facts.title, "benefit": facts.benefit, "revision": facts.revision}
    )
    changed = None
    status = 200
    if form.validate_on_submit():
        with unit_of_work():
            done = service.edit_goal(
                employer=employer,
                goal=goal,
                revision=revision_in(form),
                title=form.title.data or "",
                benefit=form.benefit.data or "",
                by=current_author(),
            )
        if isinstance(done, Ok):
            flash("Saved" if done.value else "Nothing was changed", "success")
            return redirect(url_for("action_plans.overview", employer=employer))
        if done.problem.code == CHANGED:
            facts = queries.goal_facts(plan.id, goal) or abort(404)
            typed = {"title": form.title.data, "benefit": form.benefit.data}
            saved = {"title": facts.title, "benefit": facts.benefit}
            changed = {
                "lines": [],
                "taken": [],
                "clashes": [
                    f"{form[name].label.text}: they saved {saved[name] or 'nothing'}"
                    for name, mine in typed.items()
                    if saved[name] != mine
                ],
            }
            form = GoalForm(formdata=None, data={**typed, "revision": facts.revision})
            status = 409
        else:
            form.refuse(done.problem)
    page = render_template(
        "action_plans/goal.html", plan=plan, form=form, goal=facts, changed=changed
    )
    return page, status
