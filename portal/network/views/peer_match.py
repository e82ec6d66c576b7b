"""A match as each side sees it: by the link in its mail, or signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.clock import utc_now
from portal.kernel.ids import normalise_reference, token_hash
from portal.kernel.people import Author
from portal.kernel.result import Err
from portal.network.forms.peers import OutcomeForm, PlainForm
from portal.network.queries import members
from portal.network.queries import peers as queries
from portal.network.queries.peers import MatchFacts
from portal.network.rules.peers import SHOWN_STATES, STATE_COLOURS, last_day, link_is_over
from portal.network.rules.words import PEER_OUTCOMES
from portal.network.service import peer_mails, peer_matches
from portal.network.views import blueprint
from portal.network.views.profile import profile_or_404
from portal.toolkit.rules.words import DIMENSIONS
from portal.web.access import current_author
from portal.web.security import limiter

_LONGEST = 64


@dataclass(frozen=True, slots=True)
class _Door:
    """A match, the side that looks at it, and where its forms go."""

    facts: MatchFacts
    side: str
    here: str
    outcome: str
    back: str | None
    by: Author


@blueprint.route("/network/match/<token>", methods=["GET", "POST"])
@limiter.limit("120/hour")
def match(token: str) -> ResponseReturnValue:
    """What the personal link shows; a POST answers."""
    door = _by_token(token)
    return _over(door) if _is_over(door) else _page(door)


@blueprint.post("/network/match/<token>/outcome")
@limiter.limit("60/hour")
def match_outcome(token: str) -> ResponseReturnValue:
    """Say by the personal link what came of it."""
    door = _by_token(token)
    return _over(door) if _is_over(door) else _outcome(door)


@blueprint.route("/employers/<employer>/peers/matches/<reference>", methods=["GET", "POST"])
def peer_match(employer: str, reference: str) -> ResponseReturnValue:
    """The same for people of the employer who are signed in."""
    return _page(_by_reference(employer, reference))


@blueprint.post("/employers/<employer>/peers/matches/<reference>/outcome")
def peer_match_outcome(employer: str, reference: str) -> ResponseReturnValue:
    """Say signed in what came of it."""
    return _outcome(_by_reference(employer, reference))


def _by_token(token: str) -> _Door:
    token = token.replace("\0", "")[:_LONGEST]
    found = queries.match_by_token(token_hash(token)) or abort(404)
    facts, side = found
    return _Door(
        facts,
        side,
        url_for("network.match", token=token),
        url_for("network.match_outcome", token=token),
        None,
        Author(None, peer_mails.contact_of(facts, side)[0]),
    )


def _is_over(door: _Door) -> bool:
    """Whether a link has ended: whoever finds the mail later reads nobody's name or question."""
    facts = door.facts
    return link_is_over(facts.state, facts.introduced_at, facts.said_at, now=utc_now())


def _over(door: _Door) -> str:
    return render_template(
        "network/peers/link_over.html",
        has_met=door.facts.introduced_at is not None,
        side=door.side,
    )


def _by_reference(employer: str, reference: str) -> _Door:
    profile = profile_or_404(employer)
    facts = queries.match(normalise_reference(reference)[:10])
    if facts is None or profile.id not in {facts.asking_id, facts.champion_id}:
        abort(404)
    values: dict[str, Any] = {"employer": profile.reference, "reference": facts.reference}
    return _Door(
        facts,
        "asker" if facts.asking_id == profile.id else "champion",
        url_for("network.peer_match", **values),
        url_for("network.peer_match_outcome", **values),
        url_for("network.peers", employer=profile.reference),
        current_author(),
    )


def _page(door: _Door) -> ResponseReturnValue:
    form = PlainForm()
    if form.validate_on_submit():
        choice = request.form.get("answer", "")
        if choice not in {"agree", "decline"}:
            abort(400)
        with unit_of_work():
            done = peer_matches.answer(
                reference=door.facts.reference,
                side=door.side,
                agree=choice == "agree",
                by=door.by,
            )
        if isinstance(done, Err):
            flash(done.problem.message, "error")
        elif choice == "agree":
            flash("You have agreed.", "success")
        else:
            flash("You have declined. You need give no reason.", "success")
        return redirect(door.here)
    return _shown(door, OutcomeForm())


def _outcome(door: _Door) -> ResponseReturnValue:
    form = OutcomeForm()
    if not form.validate_on_submit():
        return _shown(door, form)
    with unit_of_work():
        done = peer_matches.say_outcome(
            reference=door.facts.reference,
            side=door.side,
            outcome=form.outcome.data or "",
            words=form.words.data or "",
            by=door.by,
        )
    if isinstance(done, Err):
        flash(done.problem.message, "error")
    else:
        flash("Thank you for saying what came of it.", "success")
    return redirect(door.here)


def _shown(door: _Door, outcome_form: OutcomeForm) -> str:
    facts = door.facts
    other = peer_mails.other(door.side)
    has_met = facts.state in {"introduced", "ended"}
    employer = facts.employer_of(other)
    if has_met:
        name = facts.champion_name if other == "champion" else facts.asking_name
    else:
        name = members.public_names([employer])[employer]
    return render_template(
        "network/peers/match.html",
        match=facts,
        side=door.side,
        door=door,
        name=name,
        # Nobody's contact leaves here before both have agreed.
        contact=peer_mails.contact_of(facts, other) if has_met else None,
        reasons=peer_mails.reasons_for(facts, door.side),
        has_met=has_met,
        agreed=facts.agreed_at(door.side),
        said=facts.said(door.side),
        until=last_day(facts.due_at),
        topic=DIMENSIONS.get(facts.topic, facts.topic),
        states=SHOWN_STATES,
        colours=STATE_COLOURS,
        outcomes=PEER_OUTCOMES,
        form=PlainForm(),
        outcome_form=outcome_form,
    )
