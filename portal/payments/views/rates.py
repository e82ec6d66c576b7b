"""Rate cards: which holds when, one card with its amounts, taking it away, publishing, dropping."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.payments.access import lep_finance, lep_manager
from portal.payments.forms.contracts import EmptyForm
from portal.payments.forms.rates import PublishForm
from portal.payments.queries import decisions
from portal.payments.queries import rates as queries
from portal.payments.queries.decisions import DecisionFacts
from portal.payments.queries.rates import CardFacts
from portal.payments.rules.rate_cards import ROW_TITLES, spans, table
from portal.payments.rules.rates import check_start
from portal.payments.rules.words import SIZE_TIERS
from portal.payments.service import rates as service
from portal.payments.views import blueprint
from portal.payments.views.contracts import number_of
from portal.programme import queries as programme
from portal.web.access import current_actor, current_author
from portal.web.downloads import csv_response

_ACTIONS = {
    "rate_card.drafted": "Drafted",
    "rate_card.edited": "Changed",
    "rate_card.dropped": "Dropped",
    "rate_card.published": "Published",
    "rate_card.publish_refused": "Publishing refused",
}
_WHY = {
    service.SEPARATION: "by somebody who had drafted or changed it",
    "changed": "the card had changed meanwhile",
    "same_day": "another card begins on that day",
    "before_published": "a later card was published already",
    "past_day": "its first day had passed",
}


def load_card(reference: str) -> CardFacts:
    """The card in the address; 404 when it is absent, and for providers until it is published."""
    wanted = normalise_reference(reference)
    card = queries.card_facts(wanted) if wanted.isalnum() else None
    if card is None or (card.state != "published" and not lep_finance(current_actor(), {})):
        abort(404)
    return card


def load_draft(reference: str) -> CardFacts | None:
    """The draft in the address; None, with a word about it, when it cannot be changed any more."""
    card = load_card(reference)
    if card.state == "draft":
        return card
    words = {"published": "This card is published: nothing on it changes any more."}
    flash(words.get(card.state, "This draft was dropped."), "info")
    return None


def _state(card: CardFacts, held: dict[date, date | None]) -> dict[str, Any]:
    """What holds of a card today: its word, colour and span."""
    if card.state != "published":
        return {"word": card.state.capitalize(), "colour": "grey", "until": None, "now": False}
    until, day = held.get(card.effective_from), today()
    if card.effective_from > day:
        return {"word": "Published", "colour": "blue", "until": until, "now": False}
    now = until is None or until >= day
    word, colour = ("In force", "green") if now else ("Replaced", "")
    return {"word": word, "colour": colour, "until": until, "now": now}


@blueprint.get("/rates")
def rates() -> str:
    """Every version, and which held when."""
    lep = lep_finance(current_actor(), {})
    every = queries.cards(programme.settings().programme_key)
    held = spans(card.effective_from for card in every if card.state == "published")
    shown = [card for card in every if lep or card.state == "published"]
    return render_template(
        "payments/rates/list.html",
        rows=[(card, _state(card, held)) for card in shown if card.state != "dropped"],
        dropped=[card for card in shown if card.state == "dropped"],
        first=min(held, default=None),
        lep=lep,
    )


@blueprint.get("/rates/<card>")
def rate(card: str) -> str:
    """One card: every amount, who wrote and who published it."""
    facts, actor = load_card(card), current_actor()
    starts = queries.published_starts(facts.programme)
    lep = lep_finance(actor, {})
    history = decisions.about(f"rate_card:{facts.reference}") if lep else []
    problem = None
    if facts.state == "draft":
        problem = check_start(facts.effective_from, starts, today=today())
    return render_template(
        "payments/rates/card.html",
        card=facts,
        state=_state(facts, spans(starts)),
        amounts=queries.amounts_of(facts.id),
        outputs=list(ROW_TITLES.items()),
        sizes=_sizes(),
        tiers=list(SIZE_TIERS.items()),
        history=[(_words(one), one) for one in history],
        had_a_hand=actor.user_id in _hands(facts, history),
        problem=problem,
        before=_before(facts, starts),
        lep=lep,
        manager=lep_manager(actor, {}),
        publish=PublishForm(data={"revision": facts.revision}, formdata=None),
        empty=EmptyForm(formdata=None),
    )


def _sizes() -> str:
    """What the sizes mean: micro has 1 to 9 employees, small 10 to 49, and so on."""
    tiers = programme.settings().size_tiers
    # A title may say the numbers itself: "Small (10 to 49)". They are told once, as they count.
    names = [tier.title.partition("(")[0].strip().lower() for tier in tiers]
    upper = [f"{low.at_least} to {above.at_least - 1}" for low, above in pairwise(tiers)]
    ranges = [*upper, f"{tiers[-1].at_least} or more"]
    every = ", ".join(f"{name} {numbers}" for name, numbers in zip(names, ranges, strict=True))
    return f"Employees by size: {every}"


def _hands(facts: CardFacts, history: list[DecisionFacts]) -> set[int | None]:
    return {facts.drafted_by, *(one.by for one in history if one.action in service.HANDS)}


def _before(facts: CardFacts, starts: list[date]) -> date | None:
    """The last day of the card that this draft would follow."""
    earlier = [day for day in starts if day < facts.effective_from]
    return facts.effective_from - timedelta(days=1) if earlier else None


def _words(one: DecisionFacts) -> str:
    words = _ACTIONS.get(one.action, one.action)
    why = _WHY.get(str(one.detail.get("why", "")), "")
    return f"{words}: {why}" if why else words


@blueprint.get("/rates/<card>/card.csv")
def rate_export(card: str) -> ResponseReturnValue:
    """The amounts as a file, which the import reads back."""
    facts = load_card(card)
    header, *rows = table(queries.amounts_of(facts.id))
    return csv_response(f"rate-card-{facts.version}", header, rows)


@blueprint.post("/rates/<card>/publish")
def rate_publish(card: str) -> ResponseReturnValue:
    """Put a draft in force from its day, by a second person."""
    facts, form = load_card(card), PublishForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.publish(
                reference=facts.reference,
                revision=number_of(form.revision.data),
                by=current_author(),
            )
        if isinstance(done, Err):
            flash(f"{done.problem.message}.", "error")
        else:
            first = facts.effective_from
            flash(
                f"Card {facts.version} is published. It holds from {first.day} {first:%B %Y}.",
                "success",
            )
    return redirect(url_for("payments.rate", card=facts.reference))


@blueprint.post("/rates/<card>/drop")
def rate_drop(card: str) -> ResponseReturnValue:
    """Put a draft away."""
    facts, form = load_card(card), EmptyForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.drop(reference=facts.reference, by=current_author())
        if isinstance(done, Err):
            flash(f"{done.problem.message}.", "error")
            return redirect(url_for("payments.rate", card=facts.reference))
        flash(f"The draft of card {facts.version} is dropped.", "success")
    return redirect(url_for("payments.rates"))
