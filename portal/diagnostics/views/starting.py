"""Starting, correcting and re-taking a diagnostic."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.diagnostics import queries, service
from portal.diagnostics.access import may_answer_for
from portal.diagnostics.forms import StartForm, TheirStartForm
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.views import blueprint
from portal.diagnostics.views.loading import hold, load
from portal.employers.queries import EmployerProfile, employer_profile
from portal.kernel.result import Err
from portal.web.access import current_actor, current_author
from portal.web.security import limiter


@blueprint.get("/diagnostic")
def intro() -> str:
    """What the diagnostic is, how long it takes and what comes of it."""
    actor = current_actor()
    waiting = queries.waiting_for_employer(actor.user_id) if actor.user_id is not None else []
    return render_template(
        "diagnostics/intro.html",
        questionnaire=load_catalogue().latest(),
        waiting=waiting,
        employers=list(actor.employers),
        held=sorted(actor.visitor_responses),
    )


@blueprint.route("/diagnostic/start", methods=["GET", "POST"])
@limiter.limit("60/hour", methods=["POST"])
def start() -> ResponseReturnValue:
    """The two facts that choose the wording, and off it goes."""
    form = StartForm()
    if form.validate_on_submit():
        actor = current_actor()
        with unit_of_work():
            started = service.start(
                sector=form.sector.data, size_tier=form.size.data, owner_id=actor.user_id
            )
        if not actor.is_authenticated:
            hold(started.value)
        return redirect(url_for("diagnostics.go_on", response=started.value))
    return render_template("diagnostics/start.html", form=form, employer=None, own=True)


@blueprint.route("/employers/<employer>/diagnostic/start", methods=["GET", "POST"])
def start_for_employer(employer: str) -> ResponseReturnValue:
    """Start for an employer; its size is asked only if the record does not have it."""
    profile = employer_profile(employer)
    if profile is None:
        abort(404)
    actor = current_actor()
    own = employer in actor.employers
    form = (StartForm if own else TheirStartForm)(sector=profile.sector, size=profile.size_tier)
    if form.validate_on_submit():
        with unit_of_work():
            started = service.start(
                sector=form.sector.data,
                size_tier=form.size.data,
                district=profile.district,
                employer_id=profile.id,
                owner_id=actor.user_id,
                by=current_author(),
            )
        return redirect(url_for("diagnostics.go_on", response=started.value))
    return render_template("diagnostics/start.html", form=form, employer=profile, own=own)


@blueprint.get("/employers/<employer>/diagnostics")
def history(employer: str) -> str:
    """Every diagnostic of an employer, and what to do next."""
    profile: EmployerProfile | None = employer_profile(employer)
    if profile is None:
        abort(404)
    return render_template(
        "diagnostics/history.html",
        employer=profile,
        lines=queries.history(profile.id),
        may_answer=may_answer_for(current_actor(), employer),
    )


@blueprint.post("/diagnostic/<response>/correct")
def correct(response: str) -> ResponseReturnValue:
    """Open a copy in which answers can be changed."""
    loaded = load(response)
    with unit_of_work():
        opened = service.correct(response_id=loaded.facts.id)
    if isinstance(opened, Err):
        flash(opened.problem.message, "error")
        return redirect(url_for("diagnostics.go_on", response=response))
    _hold_like(loaded.facts, opened.value)
    flash(
        "Change any answer, then finish again. Your earlier result stays as it was until then.",
        "info",
    )
    return redirect(url_for("diagnostics.check", response=opened.value))


@blueprint.post("/diagnostic/<response>/retake")
def retake(response: str) -> ResponseReturnValue:
    """Start again from an empty page."""
    loaded = load(response)
    facts = loaded.facts
    profile = employer_profile(facts.employer_reference) if facts.employer_reference else None
    with unit_of_work():
        opened = service.retake(
            response_id=facts.id,
            sector=profile.sector if profile else facts.sector,
            size_tier=(profile.size_tier if profile else None) or facts.size_tier,
        )
    if isinstance(opened, Err):
        flash(opened.problem.message, "error")
        return redirect(url_for("diagnostics.go_on", response=response))
    _hold_like(facts, opened.value)
    return redirect(url_for("diagnostics.go_on", response=opened.value))


@blueprint.post("/diagnostic/<response>/withdraw")
def withdraw(response: str) -> ResponseReturnValue:
    """Put away a diagnostic that is not finished."""
    loaded = load(response)
    with unit_of_work():
        done = service.withdraw(response_id=loaded.facts.id, by=current_author())
    if isinstance(done, Err):
        flash(done.problem.message, "error")
        return redirect(url_for("diagnostics.go_on", response=response))
    flash("The unfinished diagnostic was put away.", "success")
    if loaded.facts.employer_reference:
        return redirect(url_for("diagnostics.history", employer=loaded.facts.employer_reference))
    return redirect(url_for("diagnostics.intro"))


def _hold_like(facts: queries.ResponseFacts, reference: str) -> None:
    if facts.owner_id is None and facts.employer_id is None:
        hold(reference)
