"""An employer asks for peers and offers to be one."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.employers.queries import EmployerProfile
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.network.forms.peers import OfferForm, PlainForm, RequestForm
from portal.network.queries import members
from portal.network.queries import peers as queries
from portal.network.queries.peers import OfferFacts, RequestFacts
from portal.network.rules.peers import REQUEST_STATES, SHOWN_STATES, STATE_COLOURS
from portal.network.service import peers as service
from portal.network.views import blueprint
from portal.network.views.profile import profile_or_404
from portal.toolkit.rules.words import DIMENSIONS
from portal.web.access import current_actor, current_author
from portal.web.security import limiter


@blueprint.get("/employers/<employer>/peers")
def peers(employer: str) -> str:
    """What an employer asks and offers, and its matches."""
    profile = profile_or_404(employer)
    rows = queries.matches_of(profile.id)
    others = {
        one.champion_id if one.asking_id == profile.id else one.asking_id
        for one in rows
        if one.introduced_at is None
    }
    return render_template(
        "network/peers/show.html",
        profile=profile,
        is_in=members.is_member(profile.id),
        requests=queries.requests_of(profile.id),
        offer=queries.offer_of(profile.id),
        is_champion=queries.is_champion(profile.id),
        matches=rows,
        names=members.public_names(others),
        topics=DIMENSIONS,
        request_states=REQUEST_STATES,
        match_states=SHOWN_STATES,
        colours=STATE_COLOURS,
        form=PlainForm(),
    )


@blueprint.route("/employers/<employer>/peers/ask", methods=["GET", "POST"])
@limiter.limit("60/hour", methods=["POST"])
def peer_request_new(employer: str) -> ResponseReturnValue:
    """Ask for somebody who has done it."""
    profile = profile_or_404(employer)
    name, email = queries.own_contact(current_actor().user_id)
    form = RequestForm(data={"contact_name": name, "contact_email": email})
    if form.validate_on_submit():
        with unit_of_work():
            done = service.ask(employer=profile, asked=form.asked(), by=current_author())
        if not isinstance(done, list):
            flash(
                "Your request is in. We write to you when we have somebody to propose.", "success"
            )
            return _back(profile)
        for problem in done:
            form.refuse(problem)
    return render_template(
        "network/peers/ask.html",
        form=form,
        profile=profile,
        request_facts=None,
        is_in=members.is_member(profile.id),
    )


@blueprint.route("/employers/<employer>/peers/ask/<reference>", methods=["GET", "POST"])
def peer_request_edit(employer: str, reference: str) -> ResponseReturnValue:
    """Put a request right while nobody is proposed."""
    profile = profile_or_404(employer)
    facts = _request_or_404(profile, reference)
    if facts.state != "open":
        flash("Only a request that is looking for somebody can be changed.", "error")
        return _back(profile)
    form = RequestForm(obj=facts)
    del form.topic
    if form.validate_on_submit():
        with unit_of_work():
            done = service.change(
                employer=profile,
                reference=facts.reference,
                revision=form.seen(),
                asked=form.asked(facts.topic),
                by=current_author(),
            )
        if not isinstance(done, list):
            flash("Saved.", "success")
            return _back(profile)
        for problem in done:
            form.refuse(problem)
    return render_template(
        "network/peers/ask.html", form=form, profile=profile, request_facts=facts, is_in=True
    )


@blueprint.post("/employers/<employer>/peers/ask/<reference>/withdraw")
def peer_request_withdraw(employer: str, reference: str) -> ResponseReturnValue:
    """Take a request back."""
    profile = profile_or_404(employer)
    facts = _request_or_404(profile, reference)
    with unit_of_work():
        done = service.withdraw(employer=profile, reference=facts.reference, by=current_author())
    return _told(profile, done, "The request is withdrawn.")


@blueprint.post("/employers/<employer>/peers/ask/<reference>/again")
def peer_request_again(employer: str, reference: str) -> ResponseReturnValue:
    """Ask again what was closed."""
    profile = profile_or_404(employer)
    facts = _request_or_404(profile, reference)
    with unit_of_work():
        done = service.reopen(employer=profile, reference=facts.reference, by=current_author())
    return _told(profile, done, "The request is open again, and we look for somebody.")


@blueprint.route("/employers/<employer>/peers/offer", methods=["GET", "POST"])
def peer_offer_edit(employer: str) -> ResponseReturnValue:
    """Offer to talk with others, change that, or pause it."""
    profile = profile_or_404(employer)
    facts = queries.offer_of(profile.id)
    form = OfferForm(data=_filled(facts))
    if form.validate_on_submit():
        with unit_of_work():
            done = service.offer(
                employer=profile,
                revision=form.seen(),
                offered=form.offered(),
                by=current_author(),
            )
        if not isinstance(done, list):
            flash("Saved. Thank you for offering.", "success")
            return _back(profile)
        for problem in done:
            form.refuse(problem)
    return render_template(
        "network/peers/offer.html",
        form=form,
        profile=profile,
        offer=facts,
        is_in=members.is_member(profile.id),
        is_champion=queries.is_champion(profile.id),
    )


def _filled(facts: OfferFacts | None) -> dict[str, object]:
    if facts is None:
        name, email = queries.own_contact(current_actor().user_id)
        return {"contact_name": name, "contact_email": email, "capacity": 2, "revision": "0"}
    return {
        "topics": list(facts.topics),
        "about": facts.about,
        "capacity": facts.capacity,
        "contact_name": facts.contact_name,
        "contact_email": facts.contact_email,
        "says": list(facts.says),
        "is_paused": facts.paused_at is not None,
        "revision": str(facts.revision),
    }


def _request_or_404(profile: EmployerProfile, reference: str) -> RequestFacts:
    found = queries.request_of(normalise_reference(reference)[:10], employer_id=profile.id)
    return found or abort(404)


def _told(profile: EmployerProfile, done: object, words: str) -> ResponseReturnValue:
    if isinstance(done, Err):
        flash(done.problem.message, "error")
    else:
        flash(words, "success")
    return _back(profile)


def _back(profile: EmployerProfile) -> ResponseReturnValue:
    return redirect(url_for("network.peers", employer=profile.reference))
