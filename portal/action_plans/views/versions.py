"""Versions of the PDF: asking for one, waiting for it, taking it away."""

from __future__ import annotations

from io import BytesIO

from flask import abort, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.action_plans import queries, service
from portal.action_plans.queries import PlanFacts
from portal.action_plans.rules.plan import file_name
from portal.action_plans.rules.signing import standing
from portal.action_plans.views import blueprint
from portal.action_plans.views.shared import (
    closed_plans,
    plan_or_404,
    say,
    tabs,
    version_or_404,
)
from portal.db import unit_of_work
from portal.kernel.result import Err
from portal.web.access import current_author

WAITING = frozenset({"queued", "rendering"})


@blueprint.get("/versions")
def versions(employer: str) -> ResponseReturnValue:
    """Every version, the newest first."""
    plan = plan_or_404(employer)
    found = queries.versions(plan.id)
    return render_template(
        "action_plans/versions.html",
        plan=plan,
        tabs=tabs(employer, "versions"),
        versions=found,
        signatures=queries.signatures([item.id for item in found]),
        closed=closed_plans(employer),
    )


@blueprint.post("/versions")
def request_version(employer: str) -> ResponseReturnValue:
    """Ask for a PDF of the plan as it is now."""
    with unit_of_work():
        done = service.request_version(employer=employer, by=current_author())
    if isinstance(done, Err):
        say(done.problem)
        return redirect(url_for("action_plans.overview", employer=employer))
    return redirect(url_for("action_plans.version", employer=employer, number=done.value))


@blueprint.get("/versions/<int:number>")
def version(employer: str, number: int) -> ResponseReturnValue:
    """One version: being made, ready or failed; refreshes itself while it is being made."""
    plan, found = version_or_404(employer, number)
    signatures = queries.signatures([found.id]).get(found.id, [])
    return render_template(
        "action_plans/version.html",
        plan=plan,
        version=found,
        waiting=found.state in WAITING,
        changed_since=plan.closed_at is None and plan.revision != found.plan_revision,
        signatures=signatures,
        standing=standing([each.role for each in signatures]),
    )


@blueprint.get("/versions/<int:number>/progress")
def version_progress(employer: str, number: int) -> ResponseReturnValue:
    """For the page's script: 202 while the PDF is being made, then the part that says so."""
    plan, found = version_or_404(employer, number)
    if found.state in WAITING:
        return "", 202
    return render_template("action_plans/_version_state.html", plan=plan, version=found)


@blueprint.post("/versions/<int:number>/retry")
def retry_version(employer: str, number: int) -> ResponseReturnValue:
    """Try again to make a PDF that failed."""
    with unit_of_work():
        done = service.retry_version(employer=employer, number=number)
    if isinstance(done, Err):
        say(done.problem)
        return redirect(url_for("action_plans.versions", employer=employer))
    return redirect(url_for("action_plans.version", employer=employer, number=number))


@blueprint.get("/versions/<int:number>/file")
def version_file(employer: str, number: int) -> ResponseReturnValue:
    """The PDF, once its bytes are proved to be those that were made."""
    plan, _ = version_or_404(employer, number)
    found = service.version_file(employer=employer, number=number)
    if isinstance(found, Err):
        return _no_file(plan, number, found)
    response = send_file(
        BytesIO(found.value),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=file_name(plan.employer_name, number),
        etag=False,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["Content-Length"] = str(len(found.value))
    return response


def _no_file(plan: PlanFacts, number: int, refused: Err) -> ResponseReturnValue:
    employer = plan.employer_reference
    if refused.problem.code == "damaged":
        service.report_damage(employer=employer, number=number)
        return render_template("action_plans/damaged.html", plan=plan, number=number), 500
    if refused.problem.code not in {"not_ready", "removed"}:
        abort(404)
    waiting = refused.problem.code == "not_ready"
    flash("The PDF is not ready yet" if waiting else refused.problem.message, "info")
    return redirect(url_for("action_plans.version", employer=employer, number=number))
