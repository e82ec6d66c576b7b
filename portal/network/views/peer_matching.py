"""Staff match peers: suggestions for each request, what stands, and what came of it."""

from __future__ import annotations

from typing import Any, Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.network.forms.peers import CloseForm, OutcomeForm, PlainForm
from portal.network.queries import members, peer_sides
from portal.network.queries import peers as queries
from portal.network.queries.peers import MatchFacts, RequestFacts
from portal.network.rules.matching import Ask, Helper, Suggestion, allot, suggest, told_to
from portal.network.rules.neighbours import neighbours
from portal.network.rules.peers import (
    MATCH_STATES,
    STANDING,
    STATE_COLOURS,
    last_day,
    last_word_by,
)
from portal.network.rules.words import PEER_OUTCOMES
from portal.network.service import peer_mails, peer_matches
from portal.network.service import peers as service
from portal.network.views import blueprint
from portal.programme import queries as programme
from portal.toolkit.rules.words import DIMENSIONS
from portal.web.access import current_author
from portal.web.asked import asked_number

_A_PAGE: Final = 50
_BEST: Final = 5
# What the list can be narrowed to; what stands is shown first.
_LISTS: Final = {
    "standing": ("Standing", ("proposed", "introduced")),
    "ended": ("Ended", ("ended",)),
    "fallen": ("Did not come about", ("declined", "lapsed", "withdrawn")),
}


@blueprint.get("/network/matches")
def matches() -> str:
    """Requests that wait, the oldest first, each with whom we would propose and why."""
    number = _page_number()
    asks = peer_sides.asks(limit=_A_PAGE, offset=(number - 1) * _A_PAGE)
    helpers = peer_sides.helpers()
    total = peer_sides.how_many_wait()
    competing = members.competing_pairs()
    best = allot([ask for ask, _ in asks], helpers, competing=competing, beside=neighbours())
    cards = [_card(ask, reference, helpers, competing, best) for ask, reference in asks]
    shown = {one.helper.by.employer_id for card in cards for one in card["suggestions"]}
    return render_template(
        "network/peers/matches.html",
        cards=cards,
        names=peer_sides.names_of(shown | {ask.by.employer_id for ask, _ in asks}),
        questions=peer_sides.questions_of(ask.request_id for ask, _ in asks),
        told=_told,
        topics=DIMENSIONS,
        total=total,
        offers=len(helpers),
        places=sum(helper.places for helper in helpers),
        form=PlainForm(),
        earlier=url_for("network.matches", page=number - 1) if number > 1 else None,
        later=url_for("network.matches", page=number + 1) if number * _A_PAGE < total else None,
    )


def _card(
    ask: Ask,
    reference: str,
    helpers: list[Helper],
    competing: frozenset[frozenset[int]],
    best: dict[int, Suggestion],
) -> dict[str, Any]:
    found = suggest(ask, helpers, competing=competing, beside=neighbours())
    first = best.get(ask.request_id)
    return {
        "ask": ask,
        "reference": reference,
        "suggestions": found[:_BEST],
        "more": max(0, len(found) - _BEST),
        "best": first.helper.by.employer_id if first else None,
    }


def _told(reasons: tuple[str, ...]) -> list[str]:
    districts = dict(programme.settings().district_choices)
    return told_to("staff", reasons, other_says=(), districts=districts)


@blueprint.post("/network/matches/propose")
def match_propose() -> ResponseReturnValue:
    """Propose who was chosen, and write to both."""
    with unit_of_work():
        done = peer_matches.propose(
            request=_typed("request"), champion=_typed("champion"), by=current_author()
        )
        made = None if isinstance(done, Err) else done.value.reference
    if isinstance(done, Err):
        flash(done.problem.message, "error")
        return redirect(url_for("network.matches"))
    untold = _untold(_match_or_404(made or ""))
    words = (
        f"No mail reaches {untold}, who refuse it: ring them up. It stands on their own page too."
        if untold
        else "Both are asked by mail, and on their own page."
    )
    flash(f"Proposed. {words}", "success")
    return redirect(url_for("network.match_record", reference=made))


@blueprint.get("/network/matches/list")
def match_list() -> str:
    """Matches by what has become of them."""
    chosen = request.args.get("show", "standing")
    chosen = chosen if chosen in _LISTS else "standing"
    number = _page_number()
    counts = queries.counts()
    total = sum(counts.get(state, 0) for state in _LISTS[chosen][1])
    return render_template(
        "network/peers/list.html",
        rows=queries.matches(_LISTS[chosen][1], limit=_A_PAGE, offset=(number - 1) * _A_PAGE),
        lists={
            key: (words, sum(counts.get(state, 0) for state in states))
            for key, (words, states) in _LISTS.items()
        },
        chosen=chosen,
        outcomes=queries.outcomes(),
        outcome_words=PEER_OUTCOMES,
        states=MATCH_STATES,
        colours=STATE_COLOURS,
        topics=DIMENSIONS,
        last_day=last_day,
        earlier=_list_page(chosen, number - 1) if number > 1 else None,
        later=_list_page(chosen, number + 1) if number * _A_PAGE < total else None,
    )


@blueprint.route("/network/matches/<reference>", methods=["GET", "POST"])
def match_record(reference: str) -> ResponseReturnValue:
    """One match; a POST logs what came of it."""
    facts = _match_or_404(reference)
    form = OutcomeForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = peer_matches.say_outcome(
                reference=facts.reference,
                side="staff",
                outcome=form.outcome.data or "",
                words=form.words.data or "",
                by=current_author(),
            )
        if not isinstance(done, Err):
            flash("The outcome is logged.", "success")
            return redirect(url_for("network.match_record", reference=facts.reference))
        form.refuse(done.problem)
    rivals = members.competitors_of(facts.asking_id)
    return render_template(
        "network/peers/record.html",
        match=facts,
        reasons=_told(facts.reasons),
        compete=facts.champion_id in rivals,
        topic=DIMENSIONS.get(facts.topic, facts.topic),
        states=MATCH_STATES,
        colours=STATE_COLOURS,
        outcomes=PEER_OUTCOMES,
        until=last_day(facts.due_at),
        untold=_untold(facts) if facts.state in STANDING else "",
        settles=last_day(last_word_by(facts.said_at)) if facts.said_at else None,
        form=form,
        plain=PlainForm(),
    )


@blueprint.post("/network/matches/<reference>/withdraw")
def match_withdraw(reference: str) -> ResponseReturnValue:
    """Take a proposal back."""
    facts = _match_or_404(reference)
    with unit_of_work():
        done = peer_matches.withdraw(reference=facts.reference, by=current_author())
    if isinstance(done, Err):
        flash(done.problem.message, "error")
    else:
        flash("The proposal is withdrawn, and the request is open again.", "success")
    return redirect(url_for("network.match_record", reference=facts.reference))


@blueprint.route("/network/requests/<reference>/close", methods=["GET", "POST"])
def peer_request_close(reference: str) -> ResponseReturnValue:
    """Close a request that cannot be met, with the reason."""
    facts = _request_or_404(reference)
    form = CloseForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.close(
                reference=facts.reference, reason=form.reason.data or "", by=current_author()
            )
        if not isinstance(done, Err):
            flash("The request is closed, and the business is told.", "success")
            return redirect(url_for("network.matches"))
        form.refuse(done.problem)
    return render_template(
        "network/peers/close.html",
        form=form,
        request_facts=facts,
        topic=DIMENSIONS.get(facts.topic, facts.topic),
    )


def _untold(facts: MatchFacts) -> str:
    """Who is to be rung up, as no mail reaches them; "" where both get it."""
    names = {"asker": facts.asking_name, "champion": facts.champion_name}
    return " and ".join(names[side] for side in peer_mails.untold(facts))


def _match_or_404(reference: str) -> MatchFacts:
    return queries.match(normalise_reference(reference)[:10]) or abort(404)


def _request_or_404(reference: str) -> RequestFacts:
    return queries.request_of(normalise_reference(reference)[:10]) or abort(404)


def _typed(name: str) -> str:
    return normalise_reference(request.form.get(name, ""))[:10]


def _page_number() -> int:
    return min(max(asked_number("page", 1), 1), 10_000)


def _list_page(chosen: str, number: int) -> str:
    return url_for("network.match_list", show=chosen, page=number)
