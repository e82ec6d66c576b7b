"""Outcomes of a case: the start and later side by side, and recording them."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.caseload.access import may_work
from portal.caseload.forms.outcomes import outcomes_form, role_values, rows_wanted
from portal.caseload.queries import CaseFacts
from portal.caseload.queries import follow_up as follow_up_queries
from portal.caseload.queries import outcomes as queries
from portal.caseload.queries.follow_up import FollowUpFacts
from portal.caseload.queries.outcomes import OutcomeFacts
from portal.caseload.rules import outcomes as rules
from portal.caseload.service import outcomes as service
from portal.caseload.service.outcomes import Given
from portal.caseload.views import blueprint
from portal.caseload.views.loading import load_case, load_own_case
from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.result import Ok
from portal.web.access import current_actor, current_author


@blueprint.get("/cases/<case>/outcomes")
def outcomes(case: str) -> ResponseReturnValue:
    """What was recorded at the start and at follow-ups, side by side.

    ``follow_up=3`` in the address leads a caseworker to recording that follow-up's outcomes.
    """
    facts = load_case(case)
    can_work = may_work(current_actor(), facts) and facts.is_open
    months = _months_asked()
    if months is not None and can_work:
        target = url_for("caseload.outcome_record", case=facts.reference, follow_up=months)
        return redirect(target)
    recorded = queries.of_case(facts.id)
    current = [each for each in recorded if each.replaced_at is None]
    agreement = queries.agreement(facts.id)
    done = [each for each in follow_up_queries.of_case(facts.id) if each.state == "done"]
    have = {each.months for each in current}
    return render_template(
        "caseload/outcomes/show.html",
        case=facts,
        asked=rules.load_outcomes(),
        current=current,
        has_start=None in have,
        replaced=[each for each in recorded if each.replaced_at is not None],
        kinds=rules.side_by_side(rules.load_outcomes(), [each.standing for each in current]),
        advertised=rules.ADVERTISED,
        filled=rules.FILLED,
        agreement=agreement,
        may_begin=service.may_begin(facts.id, facts.stage),
        missing=[each for each in done if each.months not in have],
        can_record=can_work and agreement.shares is True,
    )


def _months_asked() -> int | None:
    text = request.args.get("follow_up", "")
    return int(text) if text.isdecimal() and len(text) < 3 else None  # noqa: PLR2004


@blueprint.route("/cases/<case>/outcomes/record", methods=["GET", "POST"])
def outcome_record(case: str) -> ResponseReturnValue:
    """Record outcomes at the start, or at the follow-up that the address names."""
    facts = load_own_case(case)
    months = _months_asked()
    done_follow_up = _done_follow_up(facts, months)
    current = queries.current(facts.id)
    earlier = next((each for each in current if each.months == months), None)
    agreement = queries.agreement(facts.id)
    refused = _not_now(facts, months, shares=agreement.shares is True)
    asked = rules.load_outcomes()
    form = _form(asked, earlier, done_follow_up)
    theirs: OutcomeFacts | None = None
    if refused is None and "more" not in request.form and form.validate_on_submit():
        given = Given(form.true_on.data, form.answers(), form.roles(), form.seen.data or "")
        with unit_of_work():
            made = service.record(
                reference=facts.reference, months=months, given=given, by=current_author()
            )
        if isinstance(made, Ok):
            flash("Outcomes recorded.", "success")
            return redirect(url_for("caseload.outcomes", case=facts.reference))
        form.refuse(made.problem)
        if made.problem.code == service.CHANGED:
            # Having seen the other record, the same button replaces it.
            theirs = earlier
            form.seen.data = earlier.reference if earlier else ""
    return render_template(
        "caseload/outcomes/record.html",
        case=facts,
        follow_up=done_follow_up,
        asked=asked,
        form=form,
        earlier=earlier,
        theirs=theirs,
        refused=refused,
        agreement=agreement,
        advertised=rules.ADVERTISED,
    )


def _done_follow_up(facts: CaseFacts, months: int | None) -> FollowUpFacts | None:
    """The follow-up in the address; 404 when the case has none of that name."""
    if months is None:
        if request.args.get("follow_up"):
            abort(404)
        return None
    found = follow_up_queries.one(facts.id, months)
    if found is None:
        abort(404)
    return found


def _not_now(facts: CaseFacts, months: int | None, *, shares: bool) -> str | None:
    """Why nothing can be recorded yet, as the page's kind of explanation."""
    if not facts.is_open:
        return "closed"
    if not shares:
        return "not_shared"
    if months is None:
        return None if service.may_begin(facts.id, facts.stage) else "too_early"
    found = follow_up_queries.one(facts.id, months)
    return None if found is not None and found.state == "done" else "not_done"


def _form(
    asked: rules.OutcomeQuestions, earlier: OutcomeFacts | None, follow_up: FollowUpFacts | None
) -> Any:
    if request.method == "POST":
        more = "more" in request.form
        count = rows_wanted(request.form.get("rows"), more=more)
        form = outcomes_form(asked, count)()
    else:
        count = max(1, len(earlier.roles) if earlier else 1)
        values: dict[str, Any] = {"true_on": today(), "seen": ""}
        if follow_up is not None and follow_up.done_on is not None:
            values["true_on"] = follow_up.done_on
        if earlier is not None:
            values |= {"true_on": earlier.true_on, "seen": earlier.reference, **earlier.answers}
            values |= role_values(earlier.roles)
        form = outcomes_form(asked, count)(data=values)
    form.rows.data = str(count)
    return form
