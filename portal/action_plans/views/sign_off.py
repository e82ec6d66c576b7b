"""Signing the plan off for the employer."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.action_plans import queries, service
from portal.action_plans.forms import SignForm
from portal.action_plans.views import blueprint
from portal.action_plans.views.shared import plan_or_404
from portal.db import unit_of_work
from portal.kernel.result import Ok
from portal.web.access import current_actor, current_author


@blueprint.route("/sign-off", methods=["GET", "POST"])
def sign_off(employer: str) -> ResponseReturnValue:
    """Show what is signed, take the name, and make the version that is kept."""
    plan = plan_or_404(employer)
    form = SignForm(data={"name": current_actor().name})
    if form.validate_on_submit():
        with unit_of_work():
            done = service.sign_off(
                employer=employer,
                seen=str(form.seen.data or ""),
                name=form.name.data or "",
                job=form.job.data or "",
                by=current_author(),
            )
        if isinstance(done, Ok):
            flash("Signed off. The PDF that is kept for you is being made.", "success")
            return redirect(url_for("action_plans.version", employer=employer, number=done.value))
        form.refuse(done.problem)
    content = service.current_content(employer)
    # The next attempt signs what is shown now, not what was shown before.
    form.seen.data = content.hash if content else ""
    return render_template(
        "action_plans/sign_off.html",
        plan=plan,
        form=form,
        document=content.document if content else None,
        latest=queries.latest_version(plan.id),
    )
