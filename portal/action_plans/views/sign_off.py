"""Signing the plan off, for the employer or as its adviser."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.action_plans import queries, service
from portal.action_plans.access import signs_for
from portal.action_plans.forms import AdviserSignForm, SignForm
from portal.action_plans.rules.plan import NAME_LENGTH
from portal.action_plans.rules.signing import Side
from portal.action_plans.views import blueprint
from portal.action_plans.views.shared import plan_or_404
from portal.caseload import queries as caseload
from portal.caseload.queries import CaseFacts
from portal.db import unit_of_work
from portal.employers import queries as employers
from portal.kernel.result import Ok
from portal.web.access import current_actor, current_author


@blueprint.route("/sign-off", methods=["GET", "POST"])
def sign_off(employer: str) -> ResponseReturnValue:
    """Show what is signed, take the name, and make the version that is kept."""
    plan = plan_or_404(employer)
    actor = current_actor()
    side = signs_for(actor, employer) or abort(403)
    case = caseload.open_case_of(plan.employer_id)
    form = _form(side, actor.name, case)
    if form.validate_on_submit():
        with unit_of_work():
            done = service.sign_off(
                employer=employer,
                seen=str(form.seen.data or ""),
                name=form.name.data or "",
                job=form.job.data or "",
                by=current_author(),
                side=side,
            )
        if isinstance(done, Ok):
            flash("Signed. The PDF that is kept is being made.", "success")
            return redirect(url_for("action_plans.version", employer=employer, number=done.value))
        form.refuse(done.problem)
    content = service.current_content(employer)
    # The next attempt signs what is shown now, not what was shown before.
    form.seen.data = content.hash if content else ""
    signed = service.signed(plan.id, plan.revision)
    found = service.signatures_on(plan.id, content.hash if content else "", signed)
    return render_template(
        "action_plans/sign_off.html",
        plan=plan,
        form=form,
        side=side,
        # Another provider's adviser, or one whose case is closed, reads why they cannot sign.
        may_sign=side is Side.EMPLOYER
        or (case is not None and case.organisation_id in actor.organisations),
        document=content.document if content else None,
        latest=queries.latest_version(plan.id),
        signed=signed,
        stand=found.signatures,
        standing_now=found.version,
        has_adviser=case is not None,
        has_owner=side is Side.EMPLOYER or employers.owner_count(plan.employer_id) > 0,
    )


def _form(side: Side, name: str, case: CaseFacts | None) -> SignForm:
    if side is Side.EMPLOYER:
        return SignForm(data={"name": name})
    job = "Adviser" if case is None else f"Adviser, {case.organisation_name}"
    return AdviserSignForm(data={"name": name, "job": job[:NAME_LENGTH]})
