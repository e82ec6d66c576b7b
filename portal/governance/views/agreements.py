"""What an employer agreed to, on a page of its own; and the register over all agreements."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import audit, unit_of_work
from portal.employers import queries as employers
from portal.employers.queries import EmployerProfile
from portal.governance.access import owner
from portal.governance.forms.privacy import EmptyForm
from portal.governance.queries import consents
from portal.governance.rules.consents import load_consents
from portal.governance.service import consents as agreeing
from portal.governance.views import blueprint
from portal.kernel.clock import today
from portal.kernel.result import Err
from portal.web.access import current_actor, current_author
from portal.web.downloads import csv_response


def _profile(reference: str) -> EmployerProfile:
    profile = employers.employer_profile(reference)
    if profile is None:
        abort(404)
    return profile


@blueprint.get("/employers/<employer>/agreements")
def agreements(employer: str) -> ResponseReturnValue:
    """What the business agreed to; owners change it."""
    profile = _profile(employer)
    standing = consents.of_employer(profile.id)
    offered = [
        (purpose, purpose.words_on(today()), standing.get(purpose.key))
        for purpose in load_consents()
        if purpose.whose == "employer"
    ]
    return render_template(
        "governance/privacy/agreements.html",
        profile=profile,
        offered=offered,
        owner=owner(current_actor(), {"employer": profile.reference}),
        form=EmptyForm(),
    )


@blueprint.post("/employers/<employer>/agreements/<purpose>")
def agreement(employer: str, purpose: str) -> ResponseReturnValue:
    """Agree for the business, or take it back: one press each."""
    profile, form = _profile(employer), EmptyForm()
    if form.validate_on_submit():
        given = request.form.get("given") == "yes"
        with unit_of_work():
            done = agreeing.for_employer(
                employer_id=profile.id, purpose=purpose, given=given, by=current_author()
            )
        if isinstance(done, Err):
            abort(404)
        flash("Thank you, this is noted." if given else "You have taken it back.", "success")
    return redirect(url_for("governance.agreements", employer=profile.reference))


@blueprint.get("/governance/consents")
def consent_register() -> ResponseReturnValue:
    """Every place in which people agree to something, and the lines of one of them."""
    chosen = request.args.get("source", "agreements")
    source = consents.SOURCES.get(chosen)
    if source is None:
        abort(404)
    before = request.args.get("before", "")
    at = int(before) if before.isdecimal() and len(before) <= 9 else None  # noqa: PLR2004 - an id
    lines = consents.lines(chosen, before=at, limit=consents.PAGE + 1)
    return render_template(
        "governance/privacy/consents.html",
        sources=consents.SOURCES,
        counts=consents.counts(),
        chosen=chosen,
        source=source,
        lines=lines[: consents.PAGE],
        older=lines[consents.PAGE - 1].id if len(lines) > consents.PAGE else None,
        purposes=load_consents(),
        form=EmptyForm(),
    )


@blueprint.post("/governance/consents/<purpose>/list")
def consent_list(purpose: str) -> ResponseReturnValue:
    """Who agrees to a purpose now, to use it for that. Taking the list is noted."""
    known = next((one for one in load_consents() if one.key == purpose), None)
    if known is None:
        abort(404)
    with unit_of_work():
        rows = consents.agreeing(purpose)
        audit.record(
            action="consent.list_taken", subject=f"consent:{purpose}", detail={"rows": len(rows)}
        )
    return csv_response(f"agreed-{purpose}", ["Employer", "Name", "Email", "Since"], rows)
