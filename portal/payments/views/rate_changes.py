"""Drafting a rate card: typed in, copied from another, or taken from a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.money import Money
from portal.kernel.result import Problem
from portal.payments.forms.rates import (
    CELLS,
    AmountsFileForm,
    RateCardForm,
    amounts_data,
    field_of,
)
from portal.payments.queries import rates as queries
from portal.payments.queries.rates import CardFacts
from portal.payments.rules.rate_cards import MOST_BYTES, ROW_TITLES, cell_title, read_table
from portal.payments.rules.words import SIZE_TIERS
from portal.payments.service import rates as service
from portal.payments.service.rates import CardDetails
from portal.payments.views import blueprint
from portal.payments.views.contracts import number_of
from portal.payments.views.rates import load_card, load_draft
from portal.programme import queries as programme
from portal.web.access import current_author


def _copied() -> CardFacts | None:
    """The card whose amounts a new one begins with: the one asked for, or the one in force."""
    wanted = request.args.get("copy", "")
    if wanted == "none":
        return None
    if wanted:
        return load_card(wanted)
    begun = [
        card
        for card in queries.cards(programme.settings().programme_key)
        if card.state == "published" and card.effective_from <= today()
    ]
    return max(begun, key=lambda card: card.effective_from, default=None)


def _details(form: Any) -> CardDetails:
    return CardDetails(
        title=form.title.data,
        effective_from=form.effective_from.data,
        is_example=bool(form.is_example.data),
        amounts=form.amounts(),
    )


def _refuse(form: Any, problems: list[Problem]) -> None:
    for problem in problems:
        form.refuse(replace(problem, field=field_of(problem.field)))


@blueprint.route("/rates/new", methods=["GET", "POST"])
def rate_new() -> ResponseReturnValue:
    """Draft a card, beginning with the amounts of the card in force."""
    copied = _copied()
    data: dict[str, Any] = {}
    if copied is not None:
        data = {**amounts_data(queries.amounts_of(copied.id)), "is_example": copied.is_example}
    form = RateCardForm(data=data)
    if form.validate_on_submit():
        with unit_of_work():
            done = service.draft(details=_details(form), by=current_author())
            made = None if isinstance(done, list) else done.value.reference
        if made is not None:
            flash("The draft is saved. Somebody else can publish it.", "success")
            return redirect(url_for("payments.rate", card=made))
        if isinstance(done, list):
            _refuse(form, done)
    return render_template("payments/rates/new.html", form=form, copied=copied)


@blueprint.route("/rates/<card>/edit", methods=["GET", "POST"])
def rate_edit(card: str) -> ResponseReturnValue:
    """Change a draft."""
    facts = load_draft(card)
    if facts is None:
        return redirect(url_for("payments.rate", card=card))
    form = RateCardForm(
        data={
            **amounts_data(queries.amounts_of(facts.id)),
            "revision": facts.revision,
            "title": facts.title,
            "effective_from": facts.effective_from,
            "is_example": facts.is_example,
        }
    )
    seen: list[tuple[str, str, str]] = []
    if form.validate_on_submit():
        with unit_of_work():
            done = service.edit(
                reference=facts.reference,
                revision=number_of(form.revision.data),
                details=_details(form),
                by=current_author(),
            )
        if not isinstance(done, list):
            flash("The draft is saved.", "success")
            return redirect(url_for("payments.rate", card=facts.reference))
        _refuse(form, done)
        if done == [service.CHANGED]:
            seen = _seen(facts.reference, form)
    return render_template("payments/rates/edit.html", form=form, card=facts, seen=seen)


def _seen(reference: str, form: Any) -> list[tuple[str, str, str]]:
    """What stands now and differs from what was typed; the same button then keeps what is typed."""
    now = load_card(reference)
    form.revision.data = str(now.revision)
    held, typed = queries.amounts_of(now.id), form.amounts()
    pairs = [(cell_title(*key), held.at(*key), typed.at(*key)) for key in CELLS]
    found = [(what, _pounds(one), _pounds(two)) for what, one, two in pairs if one != two]
    first, wanted = now.effective_from, form.effective_from.data
    if first != wanted:
        found.append(("First day", f"{first:%d %B %Y}", f"{wanted:%d %B %Y}"))
    if now.title != form.title.data:
        found.append(("Title", now.title or "nothing", form.title.data or "nothing"))
    return found


def _pounds(pence: int | None) -> str:
    return "nothing" if pence is None else Money(pence).format()


@blueprint.route("/rates/<card>/import", methods=["GET", "POST"])
def rate_import(card: str) -> ResponseReturnValue:
    """Take the amounts of a draft from a file: all of them, or nothing."""
    facts = load_draft(card)
    if facts is None:
        return redirect(url_for("payments.rate", card=card))
    form = AmountsFileForm(data={"revision": facts.revision})
    problems: list[Problem] = []
    if form.validate_on_submit():
        read = read_table(form.file.data.read(MOST_BYTES + 1))
        if isinstance(read, list):
            problems = read
        else:
            with unit_of_work():
                done = service.replace_amounts(
                    reference=facts.reference,
                    revision=number_of(form.revision.data),
                    amounts=read.value,
                    by=current_author(),
                )
            if not isinstance(done, list):
                flash(f"All {len(CELLS)} amounts are taken from the file.", "success")
                return redirect(url_for("payments.rate", card=facts.reference))
            problems = done
        for problem in problems:
            # Faults of a file stand together above the form, each with its line.
            form.refuse(replace(problem, field=None))
    return render_template(
        "payments/rates/import.html",
        form=form,
        card=facts,
        faulty=bool(problems),
        outputs=list(ROW_TITLES.values()),
        tiers=list(SIZE_TIERS.values()),
    )
