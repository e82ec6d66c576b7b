"""Deciding on lines: chosen, read over once more with their number and sum, then decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.money import Money
from portal.kernel.result import Err, Ok
from portal.payments.forms.review import DecideForm
from portal.payments.queries import review as queries
from portal.payments.queries.claims import ClaimFacts
from portal.payments.rules.review import DECISIONS, by_type, outcome, read_ids, total
from portal.payments.rules.states import check_line_move
from portal.payments.service import reviewing
from portal.payments.service.reviewing import Decided
from portal.payments.views import blueprint
from portal.payments.views.review import load_claim, page_number, read_filter
from portal.web.access import current_actor, current_author

_NAMED = 10
_DONE = {"approve": "approved", "query": "sent to the provider", "reject": "rejected"}


@blueprint.post("/review/<claim>/lines")
def review_lines(claim: str) -> ResponseReturnValue:
    """Decide on many lines: the first time what is meant is read over, the second it is done."""
    facts = load_claim(claim)
    form = DecideForm()
    if not form.validate_on_submit():
        return _page(facts, form, read_ids(form.ids.data or "") or [])
    ids = read_ids(form.ids.data or "") or read_ids(",".join(request.form.getlist("lines")))
    if not form.wanted or not ids:
        flash("Choose at least one line", "error")
        return _back(facts)
    if form.sure.data:
        return _decide(facts, form, ids)
    return _read_over(facts, form, ids)


@blueprint.route("/review/<claim>/lines/<int:line>/query", methods=["GET", "POST"])
def line_query(claim: str, line: int) -> ResponseReturnValue:
    """Ask the provider about one line."""
    return _single(claim, line, "query")


@blueprint.route("/review/<claim>/lines/<int:line>/reject", methods=["GET", "POST"])
def line_reject(claim: str, line: int) -> ResponseReturnValue:
    """Reject one line, also one the provider was asked about."""
    return _single(claim, line, "reject")


def _single(claim: str, line: int, do: str) -> ResponseReturnValue:
    facts = load_claim(claim)
    held = queries.summaries(facts.id, person=current_actor().user_id, line_ids=[line])
    if not held:
        abort(404)
    form = DecideForm()
    form.do.data = do
    if form.validate_on_submit():
        return _decide(facts, form, [line])
    if not form.is_submitted():
        reasons = held[0].hand.conflicts()
        if reasons:
            flash(f"You may not decide on this line. {'; '.join(reasons)}.", "error")
            return _back(facts)
        problem = check_line_move(held[0].state, DECISIONS[do])
        if problem is not None:
            flash(f"{held[0].employer_name}: {problem.message}", "error")
            return _back(facts)
        form.revision.data = str(facts.revision)
    return _page(facts, form, [line])


def _read_over(facts: ClaimFacts, form: DecideForm, ids: list[int]) -> ResponseReturnValue:
    with unit_of_work():
        # Committed also when refused: an attempt on somebody's own work stays on record.
        result = reviewing.consider(
            reference=facts.reference,
            line_ids=ids,
            target=DECISIONS[form.wanted],
            revision=form.seen_revision,
            by=current_author(),
        )
    if isinstance(result, Err):
        flash(result.problem.message, "error")
        return _back(facts)
    return _page(facts, form, ids)


def _decide(facts: ClaimFacts, form: DecideForm, ids: list[int]) -> ResponseReturnValue:
    said: dict[str, Any] = {
        "reference": facts.reference,
        "line_ids": ids,
        "revision": form.seen_revision,
        "by": current_author(),
    }
    words = form.words.data or ""
    actions: dict[str, Callable[[], Ok[Decided] | Err]] = {
        "approve": lambda: reviewing.approve(**said, clean_only=bool(form.clean.data)),
        "query": lambda: reviewing.query(**said, words=words),
        "reject": lambda: reviewing.reject(**said, reason=words),
    }
    with unit_of_work():
        result = actions[form.wanted]()
    if isinstance(result, Err):
        if result.problem.field == "words":
            form.refuse(result.problem)
            return _page(facts, form, ids)
        flash(result.problem.message, "error")
        return _back(facts)
    done = result.value
    lines = f"{done.lines:,} line{'' if done.lines == 1 else 's'}"
    flash(f"{lines} {_DONE[form.wanted]}, {Money(done.pence)}.", "success")
    return _back(facts)


def _back(facts: ClaimFacts) -> ResponseReturnValue:
    page = page_number()
    wanted = read_filter().address(page=page if page > 1 else None)
    return redirect(url_for("payments.review_claim", claim=facts.reference, **wanted))


def _page(facts: ClaimFacts, form: DecideForm, ids: list[int]) -> ResponseReturnValue:
    """What is about to be decided, with the number of lines and their sum."""
    everything = queries.summaries(facts.id, person=current_actor().user_id)
    chosen = set(ids)
    lines = [line for line in everything if line.id in chosen]
    if not lines or not form.wanted:
        flash("Choose at least one line", "error")
        return _back(facts)
    form.ids.data = ",".join(str(line.id) for line in lines)
    form.sure.data = "1"
    rest = [line for line in everything if line.waits and line.id not in chosen]
    return render_template(
        "payments/review/decide.html",
        claim=facts,
        outcome=outcome(facts.state, everything),
        form=form,
        do=form.wanted,
        sum=total(lines),
        by_type=by_type(lines),
        names=[line.employer_name for line in lines[:_NAMED]],
        more=max(len(lines) - _NAMED, 0),
        warned=[line.employer_name for line in lines if line.warnings or line.let_through],
        rest=total(rest),
        back=url_for("payments.review_claim", claim=facts.reference, **read_filter().address()),
        action=request.full_path.rstrip("?"),
    )
