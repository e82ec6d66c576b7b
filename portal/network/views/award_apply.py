"""Applying for an award: what it takes, sections saved as you go, checking and sending."""

from __future__ import annotations

from typing import Any, Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.employers import queries as employers
from portal.employers.queries import EmployerProfile
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.network.access import may_send
from portal.network.forms.awards import ApplyForm, PressForm
from portal.network.queries import award_applications as queries
from portal.network.queries import award_rounds as rounds
from portal.network.queries import awards as award_queries
from portal.network.queries.award_applications import ApplicationFacts
from portal.network.rules.award_criteria import load_criteria
from portal.network.rules.awards import renew_from, shown_code
from portal.network.rules.words import TIERS
from portal.network.service import award_applications as service
from portal.network.views import blueprint
from portal.web.access import current_actor, current_author

STATE_WORDS: Final = {
    "draft": "Not sent yet",
    "submitted": "Sent",
    "assessing": "Being assessed",
    "moderation": "Being assessed",
    "ready": "Waits for the decision",
    "awarded": "Awarded",
    "declined": "No award this time",
    "withdrawn": "Withdrawn",
    "lapsed": "Not sent in time",
}


@blueprint.route("/employers/<employer>/awards", methods=["GET", "POST"])
def apply(employer: str) -> ResponseReturnValue:
    """An employer's awards and applications; what it takes to apply, and applying."""
    profile = _employer(employer)
    current = rounds.now_or_next(today())
    wanted = request.args.get("tier", "")
    form = ApplyForm(data={"tier": wanted if wanted in TIERS else "committed"})
    if form.validate_on_submit():
        with unit_of_work():
            done = service.begin(
                employer=profile.reference,
                round_reference=current.reference if current else "",
                tier=form.tier.data or "",
                by=current_author(),
            )
        if not isinstance(done, Err):
            return to_application(profile.reference, done.value)
        form.refuse(done.problem)
    tier = form.tier.data if form.tier.data in TIERS else "committed"
    return render_template(
        "network/awards/apply.html",
        employer=profile,
        form=form,
        round=current,
        is_open=current is not None and current.is_open(today()),
        needs=service.eligibility(profile, current.sectors, tier) if current else [],
        need_links=_need_links(profile.reference),
        tier=tier,
        applications=queries.of_employer(profile.id),
        awards=award_queries.of_employer(profile.id),
        today=today(),
        words=STATE_WORDS,
        tiers=TIERS,
        shown_code=shown_code,
    )


@blueprint.get("/employers/<employer>/awards/renewal")
def renewal(employer: str) -> str:
    """Which awards end when, from when each can be renewed, and the way to do it."""
    profile = _employer(employer)
    current = rounds.now_or_next(today())
    return render_template(
        "network/awards/renewal.html",
        employer=profile,
        awards=[
            (one, renew_from(one.valid_until))
            for one in award_queries.of_employer(profile.id)
            if one.standing(today()) == "valid"
        ],
        round=current,
        is_open=current is not None and current.is_open(today()),
        today=today(),
        tiers=TIERS,
    )


@blueprint.get("/employers/<employer>/awards/<reference>")
def application(employer: str, reference: str) -> str:
    """One application: how far it is, and after the decision what came of it."""
    facts = load_application(employer, reference)
    award = award_queries.by_application(facts.id) if facts.state == "awarded" else None
    return render_template(
        "network/awards/application.html",
        facts=facts,
        criteria=load_criteria(facts.criteria_version),
        round=rounds.round_by_id(facts.round_id),
        given=sum(one.given for one in queries.statements(facts.id)),
        award=award,
        standing=award.standing(today()) if award else "",
        form=PressForm(),
        may_send=may_send(current_actor(), facts.employer_reference),
        words=STATE_WORDS,
        tiers=TIERS,
        today=today(),
        shown_code=shown_code,
    )


@blueprint.route("/employers/<employer>/awards/<reference>/check", methods=["GET", "POST"])
def submit(employer: str, reference: str) -> ResponseReturnValue:
    """Everything on one page, to be read through and sent."""
    facts = load_application(employer, reference)
    form = PressForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.submit(reference=facts.reference, by=current_author())
        if not isinstance(done, Err):
            flash(
                "Your application is sent. You can take it back until the round closes.", "success"
            )
            return to_application(facts.employer_reference, facts.reference)
        form.refuse(done.problem)
        facts = load_application(employer, reference)
    profile = _employer(employer)
    found = rounds.round_by_id(facts.round_id)
    return render_template(
        "network/awards/check.html",
        facts=facts,
        form=form,
        criteria=load_criteria(facts.criteria_version),
        actions={one.reference: one for one in queries.done_actions(facts.employer_id)},
        files={one.reference: one for one in queries.own_files(facts.employer_id)},
        needs=[
            one
            for one in service.eligibility(profile, found.sectors, facts.tier_sought)
            if not one.met
        ],
        tiers=TIERS,
    )


@blueprint.post("/employers/<employer>/awards/<reference>/take-back")
def application_take_back(employer: str, reference: str) -> ResponseReturnValue:
    """Make it a draft again while the round is open."""
    facts = load_application(employer, reference)
    if PressForm().validate_on_submit():
        with unit_of_work():
            done = service.take_back(reference=facts.reference, by=current_author())
        _say(done, "It is yours to change again. Send it before the round closes.")
    return to_application(facts.employer_reference, facts.reference)


@blueprint.route("/employers/<employer>/awards/<reference>/withdraw", methods=["GET", "POST"])
def withdraw(employer: str, reference: str) -> ResponseReturnValue:
    """Withdraw an application, after asking."""
    facts = load_application(employer, reference)
    form = PressForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.withdraw(reference=facts.reference, by=current_author())
        _say(done, "Your application is withdrawn.")
        return to_application(facts.employer_reference, facts.reference)
    return render_template("network/awards/withdraw.html", facts=facts, form=form)


# Parts ----------------------------------------------------------------------------------------


def _employer(reference: str) -> EmployerProfile:
    return employers.employer_profile(reference) or abort(404)


def load_application(employer: str, reference: str) -> ApplicationFacts:
    """An employer's own application; nobody else's is found under its address."""
    facts = queries.application(normalise_reference(reference))
    if facts is None or facts.employer_reference != employer:
        abort(404)
    return facts


def to_application(employer: str, reference: str) -> ResponseReturnValue:
    """Back to the page of an application."""
    return redirect(url_for("network.application", employer=employer, reference=reference))


def _say(done: Any, words: str) -> None:
    if isinstance(done, Err):
        flash(done.problem.message, "error")
    else:
        flash(words, "success")


def _need_links(employer: str) -> dict[str, tuple[str, str]]:
    """Where what is missing is done."""
    return {
        "diagnostic": ("Start the diagnostic", url_for("diagnostics.start")),
        "legal": ("Open the action plan", url_for("action_plans.overview", employer=employer)),
        "member": ("Join the network", url_for("network.profile_edit", employer=employer)),
        "award": ("See when you can renew", url_for("network.renewal", employer=employer)),
    }
