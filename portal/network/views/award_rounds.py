"""Rounds as the LEP runs them: planning, assessors, applications, decisions, awards taken away."""

from __future__ import annotations

from typing import Any, Final

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.network.forms.awards import AssessorForm, PressForm, ReasonForm, RoundForm
from portal.network.queries import award_applications as applications
from portal.network.queries import award_assessing as assessing
from portal.network.queries import award_rounds as queries
from portal.network.queries import awards as award_queries
from portal.network.queries.award_rounds import RoundFacts
from portal.network.rules.awards import read_code, shown_code
from portal.network.rules.words import TIERS
from portal.network.service import award_assessing, award_deciding
from portal.network.service import award_rounds as service
from portal.network.service.award_applications import sectors_of
from portal.network.service.award_rounds import RoundDetails
from portal.network.views import blueprint
from portal.network.views.award_apply import STATE_WORDS
from portal.programme import queries as programme
from portal.web.access import current_author
from portal.web.asked import asked_number

_A_PAGE: Final = 50
ROUND_WORDS: Final = {
    "planned": "Planned",
    "open": "Open",
    "assessing": "Being assessed",
    "decided": "Decided",
    "cancelled": "Called off",
}


@blueprint.get("/awards/rounds")
def rounds() -> str:
    """Every round, and how many applied."""
    page = max(1, asked_number("page", 1))
    total = queries.how_many()
    return render_template(
        "network/awards/rounds.html",
        rounds=queries.rounds(limit=_A_PAGE, offset=(page - 1) * _A_PAGE),
        words=ROUND_WORDS,
        earlier=url_for("network.rounds", page=page - 1) if page > 1 else None,
        later=url_for("network.rounds", page=page + 1) if page * _A_PAGE < total else None,
    )


@blueprint.route("/awards/rounds/new", methods=["GET", "POST"])
def round_new() -> ResponseReturnValue:
    """Plan a round."""
    form = RoundForm(data={"opens_on": today(), "valid_months": 24})
    form.offer("sectors", programme.settings().sector_choices)
    if form.validate_on_submit():
        with unit_of_work():
            done = service.add(details=_details(form), by=current_author())
            made = None if isinstance(done, list) else done.value.reference
        if made is not None:
            flash("The round is planned. It opens and closes by itself.", "success")
            return redirect(url_for("network.round", reference=made))
        _refuse(form, done)
    return render_template("network/awards/round_edit.html", form=form, round=None)


@blueprint.get("/awards/rounds/<reference>")
def round(reference: str) -> str:  # noqa: A001 - the page's name
    """One round: its days, its assessors, its applications."""
    found = _load(reference)
    page = max(1, asked_number("page", 1))
    sent = applications.in_round(found.id, limit=_A_PAGE + 1, offset=(page - 1) * _A_PAGE)
    address: dict[str, Any] = {"reference": found.reference}
    return render_template(
        "network/awards/round.html",
        round=found,
        sector_words=sectors_of(found.sectors)[1],
        assessors=queries.assessors(found.id),
        applications=sent[:_A_PAGE],
        assessments=assessing.of_applications([one.id for one in sent]),
        form=AssessorForm(),
        press=PressForm(),
        words=ROUND_WORDS,
        state_words={**STATE_WORDS, "moderation": "To be moderated"},
        tiers=TIERS,
        earlier=url_for("network.round", page=page - 1, **address) if page > 1 else None,
        later=url_for("network.round", page=page + 1, **address) if sent[_A_PAGE:] else None,
    )


@blueprint.route("/awards/rounds/<reference>/edit", methods=["GET", "POST"])
def round_edit(reference: str) -> ResponseReturnValue:
    """Put a round right."""
    found = _load(reference)
    form = RoundForm(obj=found)
    form.offer("sectors", programme.settings().sector_choices)
    if form.validate_on_submit():
        with unit_of_work():
            done = service.change(
                reference=found.reference,
                revision=form.seen(),
                details=_details(form),
                by=current_author(),
            )
        if not isinstance(done, list):
            flash("Saved.", "success")
            return redirect(url_for("network.round", reference=found.reference))
        _refuse(form, done)
    return render_template("network/awards/round_edit.html", form=form, round=found)


@blueprint.route("/awards/rounds/<reference>/cancel", methods=["GET", "POST"])
def round_cancel(reference: str) -> ResponseReturnValue:
    """Call a round off."""
    found = _load(reference)
    form = ReasonForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.cancel(
                reference=found.reference, reason=form.reason.data or "", by=current_author()
            )
        if not isinstance(done, Err):
            flash("The round is called off, and everybody who applied is told.", "success")
            return redirect(url_for("network.round", reference=found.reference))
        form.refuse(done.problem)
    return render_template("network/awards/round_cancel.html", form=form, round=found)


@blueprint.post("/awards/rounds/<reference>/assessors")
def round_assessor_add(reference: str) -> ResponseReturnValue:
    """Let somebody assess in it."""
    found = _load(reference)
    form = AssessorForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.add_assessor(
                reference=found.reference, email=form.email.data or "", by=current_author()
            )
        _say(done, "They can be given applications of this round.")
    else:
        flash("Enter the address they sign in with", "error")
    return redirect(url_for("network.round", reference=found.reference))


@blueprint.post("/awards/rounds/<reference>/assessors/<int:user_id>/remove")
def round_assessor_remove(reference: str, user_id: int) -> ResponseReturnValue:
    """Give somebody no more of its applications."""
    found = _load(reference)
    if PressForm().validate_on_submit():
        with unit_of_work():
            done = service.remove_assessor(
                reference=found.reference, user_id=user_id, by=current_author()
            )
        _say(done, "They get no more applications of this round.")
    return redirect(url_for("network.round", reference=found.reference))


@blueprint.post("/awards/rounds/<reference>/give-out")
def round_assign(reference: str) -> ResponseReturnValue:
    """Give every application its assessors."""
    found = _load(reference)
    if PressForm().validate_on_submit():
        with unit_of_work():
            done = award_assessing.assign_all(round_reference=found.reference, by=current_author())
        if isinstance(done, Err):
            flash(done.problem.message, "error")
        else:
            lacking = len(done.value.lacking)
            words = f"Given out: {done.value.given}."
            if lacking:
                words += f" {lacking} still lack somebody without a conflict: add assessors."
            flash(words, "info" if lacking else "success")
    return redirect(url_for("network.round", reference=found.reference))


@blueprint.route("/awards/<code>/revoke", methods=["GET", "POST"])
def award_revoke(code: str) -> ResponseReturnValue:
    """Take an award away."""
    award = award_queries.by_code(read_code(code)) or abort(404)
    form = ReasonForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = award_deciding.revoke(
                code=award.code, reason=form.reason.data or "", by=current_author()
            )
        if not isinstance(done, Err):
            flash("The award is revoked. Its code says so from now on.", "success")
            return redirect(url_for("network.verify_code", code=shown_code(award.code)))
        form.refuse(done.problem)
    return render_template(
        "network/awards/revoke.html", form=form, award=award, tiers=TIERS, shown_code=shown_code
    )


def _load(reference: str) -> RoundFacts:
    return queries.round_(normalise_reference(reference), counted=True) or abort(404)


def _details(form: RoundForm) -> RoundDetails:
    opens, closes, decide = form.opens_on.data, form.closes_on.data, form.decide_by.data
    assert opens and closes and decide  # noqa: S101, PT018 - required by the form
    return RoundDetails(
        title=form.title.data or "",
        about=form.about.data or "",
        sectors=tuple(form.sectors.data or ()),
        opens_on=opens,
        closes_on=closes,
        decide_by=decide,
        valid_months=form.valid_months.data or 0,
    )


def _refuse(form: RoundForm, problems: Any) -> None:
    for problem in problems:
        form.refuse(problem)


def _say(done: Any, words: str) -> None:
    if isinstance(done, Err):
        flash(done.problem.message, "error")
    else:
        flash(words, "success")
