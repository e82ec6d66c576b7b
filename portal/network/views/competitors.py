"""The businesses that an employer names as competitors."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.network.forms.members import EmptyForm
from portal.network.queries import competitors as queries
from portal.network.service import competitors as service
from portal.network.views import blueprint
from portal.network.views.profile import profile_or_404
from portal.web.access import current_author
from portal.web.security import limiter
from portal.web.text import clean_line

_LONGEST = 100


@blueprint.route("/employers/<employer>/network/competitors", methods=["GET", "POST"])
@limiter.limit("120/hour")
def competitors(employer: str) -> ResponseReturnValue:
    """Those that were named, and finding one more to name."""
    profile = profile_or_404(employer)
    form = EmptyForm()
    if form.validate_on_submit():
        other = normalise_reference(request.form.get("other", ""))[:10]
        with unit_of_work():
            done = service.declare(employer=profile, other=other, by=current_author())
        if isinstance(done, Err):
            flash(done.problem.message, "error")
        else:
            flash("Added to your competitors.", "success")
        return redirect(url_for("network.competitors", employer=profile.reference))
    question = clean_line(request.args.get("q", ""))[:_LONGEST]
    return render_template(
        "network/competitors/list.html",
        profile=profile,
        rows=queries.declared(profile.id),
        question=question,
        too_short=bool(question) and len(question) < queries.SHORTEST,
        found=queries.find(question, not_for=profile.id),
        form=form,
    )


@blueprint.post("/employers/<employer>/network/competitors/<int:competitor>/remove")
def competitor_remove(employer: str, competitor: int) -> ResponseReturnValue:
    """Take one off the list."""
    profile = profile_or_404(employer)
    with unit_of_work():
        done = service.remove(
            employer=profile, competitor_id=min(competitor, 2**31 - 1), by=current_author()
        )
    if isinstance(done, Err):
        flash(done.problem.message, "error")
    else:
        flash("Taken off the list of your competitors.", "success")
    return redirect(url_for("network.competitors", employer=profile.reference))
