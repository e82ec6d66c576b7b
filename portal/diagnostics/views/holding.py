"""Keeping a diagnostic by email, coming back to it, and saying whose it is."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.diagnostics import queries, service
from portal.diagnostics.forms import EmployerForm, KeepForm
from portal.diagnostics.views import blueprint
from portal.diagnostics.views.loading import hold, load
from portal.employers.queries import employer_profile
from portal.kernel.ids import token_hash
from portal.kernel.result import Err
from portal.web.access import current_actor, current_author
from portal.web.security import limiter


@blueprint.route("/diagnostic/<response>/keep", methods=["GET", "POST"])
@limiter.limit("10/hour", methods=["POST"])
def keep(response: str) -> ResponseReturnValue:
    """Send a link to go on later."""
    loaded = load(response)
    form = KeepForm()
    if form.validate_on_submit():
        with unit_of_work():
            service.keep_by_email(response_id=loaded.facts.id, email=form.email.data)
        flash(f"We have sent a link to {form.email.data}. Your answers are saved.", "success")
        return redirect(url_for("diagnostics.go_on", response=response))
    return render_template("diagnostics/keep.html", form=form, response=loaded.facts)


@blueprint.get("/diagnostic/resume/<token>")
@limiter.limit("60/hour")
def resume(token: str) -> ResponseReturnValue:
    """A link from a mail: this browser may go on with the diagnostic."""
    facts = queries.response_by_token(token_hash(token))
    if facts is None:
        return render_template("diagnostics/link_gone.html"), 404
    if facts.owner_id is None and facts.employer_id is None:
        hold(facts.reference)
    # Somebody's already: they must be signed in, and `load` says the rest.
    elif not current_actor().is_authenticated:
        target = url_for("diagnostics.go_on", response=facts.reference)
        return redirect(url_for("security.login", next=target))
    return redirect(url_for("diagnostics.go_on", response=facts.reference))


@blueprint.route("/diagnostic/<response>/employer", methods=["GET", "POST"])
def attach(response: str) -> ResponseReturnValue:
    """Say which employer this is about, so that it can have an action plan."""
    loaded = load(response)
    actor = current_actor()
    form = EmployerForm()
    form.offer("employer", queries.employer_names(list(actor.employers)))
    if form.validate_on_submit():
        profile = employer_profile(form.employer.data)
        if profile is None or profile.reference not in actor.employers:
            abort(404)
        with unit_of_work():
            done = service.attach_to_employer(
                response_id=loaded.facts.id, employer=profile, by=current_author()
            )
        if isinstance(done, Err):
            flash(done.problem.message, "error")
        else:
            flash(f"This diagnostic now belongs to {profile.name}.", "success")
        return redirect(url_for("diagnostics.go_on", response=response))
    return render_template("diagnostics/attach.html", form=form, response=loaded.facts)
