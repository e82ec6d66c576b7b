"""What a provider's manager does with a claim: draft, submit, answer, take out, put away."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.ids import normalise_reference
from portal.kernel.money import Money
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from portal.payments.access import lep_finance, may_claim
from portal.payments.forms.claims import AnswerForm, PressForm, RemoveForm, SubmitForm
from portal.payments.queries import claims_lists as lists
from portal.payments.queries import claims_pages as pages
from portal.payments.queries import claims_people as people
from portal.payments.queries.claims_pages import ClaimPage
from portal.payments.rules.claims import read_month
from portal.payments.rules.states import LineState
from portal.payments.service import checks, claims_lines, outputs
from portal.payments.service import claims as service
from portal.payments.service.claims import Built
from portal.payments.views import blueprint
from portal.payments.views.claim_lines import line_page
from portal.payments.views.claims import (
    load_claim,
    load_own_claim,
    may_change,
    money_of,
)
from portal.web.access import current_actor, current_author


def _to_claim(claim: ClaimPage) -> ResponseReturnValue:
    return redirect(url_for("payments.claim", claim=claim.reference))


def _said(result: Ok[Any] | Err, success: str) -> None:
    """Show what came of it."""
    if isinstance(result, Err):
        flash(result.problem.message, "error")
    else:
        flash(success, "success")


@blueprint.post("/contracts/<contract>/claims/<month>")
def claim_draft(contract: str, month: str) -> ResponseReturnValue:
    """Draft the claim of a month, from everything that is ready."""
    held = lists.contract_of(normalise_reference(contract))
    period = read_month(month)
    if held is None or period is None or not may_claim(current_actor(), held):
        abort(404)
    contract_id, organisation_id = held.id, held.organisation_id
    if not PressForm().validate_on_submit():
        return redirect(url_for("payments.claims"))
    by = current_author()
    _let_arise(contract_id, organisation_id, by)
    with unit_of_work():
        result = service.build(contract_id=contract_id, period=period, by=by)
        made = None if isinstance(result, Err) else result.value.claim.reference
    if isinstance(result, Err):
        flash(result.problem.message, "error")
        return redirect(url_for("payments.claims"))
    flash(_built(result.value), "success")
    return redirect(url_for("payments.claim", claim=made))


def _let_arise(contract_id: int, organisation_id: int, by: Author) -> None:
    """Outputs of confirmed work that was not ready before, each in a transaction of its own."""
    sessions, deliveries = lists.waiting_work(contract_id, organisation_id)
    for session_id in sessions:
        with unit_of_work():
            outputs.arise_for_session(session_id, by)
    for delivery_id in deliveries:
        with unit_of_work():
            outputs.arise_for_delivery(delivery_id, by)


def _built(built: Built) -> str:
    if not built.added:
        words = "The draft is up to date"
    else:
        words = f"{built.added:,} line{'' if built.added == 1 else 's'} added"
    if built.refused:
        count = len(built.refused)
        words += f". {count:,} output{' does' if count == 1 else 's do'} not fit under a cap"
    return f"{words}. The checks were run"


@blueprint.post("/claims/<claim>/refresh")
def claim_refresh(claim: str) -> ResponseReturnValue:
    """Bring a draft up to date: what has become ready, and what was taken out."""
    facts = load_own_claim(claim)
    if not PressForm().validate_on_submit():
        return _to_claim(facts)
    if not facts.is_draft:
        flash("Only a draft is brought up to date: this claim was submitted or put away", "error")
        return _to_claim(facts)
    by = current_author()
    _let_arise(facts.contract_id, facts.organisation_id, by)
    with unit_of_work():
        result = service.build(contract_id=facts.contract_id, period=facts.period, by=by)
    _said(result, "" if isinstance(result, Err) else _built(result.value))
    return _to_claim(facts)


@blueprint.route("/claims/<claim>/submit", methods=["GET", "POST"])
def claim_submit(claim: str) -> ResponseReturnValue:
    """Submit a draft, after a look at its total and what it leaves under each cap."""
    facts = load_own_claim(claim)
    form = SubmitForm(data={"revision": str(facts.revision)})
    if form.validate_on_submit():
        with unit_of_work():
            result = service.submit(
                reference=facts.reference, revision=form.seen, by=current_author()
            )
        if not isinstance(result, Err):
            flash("Submitted. The LEP was told by email.", "success")
            return _to_claim(facts)
        if result.problem.code == "submitted_already":
            flash(result.problem.message, "info")
            return _to_claim(facts)
        form.refuse(result.problem)
        facts = load_own_claim(claim)
    if not facts.is_draft:
        flash("This claim is not a draft any more", "info")
        return _to_claim(facts)
    form.revision.data = str(facts.revision)
    parts = pages.parts(facts)
    return render_template(
        "payments/claims/submit.html", claim=facts, form=form, **money_of(facts, parts)
    )


@blueprint.route("/claims/<claim>/withdraw", methods=["GET", "POST"])
def claim_withdraw(claim: str) -> ResponseReturnValue:
    """Put a draft away."""
    facts = load_own_claim(claim)
    form = PressForm()
    if form.validate_on_submit():
        with unit_of_work():
            result = service.withdraw_draft(reference=facts.reference, by=current_author())
        _said(result, "The draft is put away. Its outputs can be claimed again.")
        return _to_claim(facts) if isinstance(result, Err) else redirect(url_for("payments.claims"))
    if not facts.is_draft:
        flash("Only a draft can be put away", "error")
        return _to_claim(facts)
    return render_template("payments/claims/withdraw.html", claim=facts, form=form)


@blueprint.post("/claims/<claim>/lines/<int:line>/remove")
def line_remove(claim: str, line: int) -> ResponseReturnValue:
    """Take a line out: of a draft at once, of a submitted claim with a reason."""
    facts = load_own_claim(claim)
    row = pages.one_line(facts, line)
    if row is None:
        abort(404)
    form = RemoveForm() if row.state == LineState.QUERIED else PressForm()
    if not form.validate_on_submit():
        return line_page(facts, line, remove=form)
    reason = form.reason.data if isinstance(form, RemoveForm) else ""
    with unit_of_work():
        result = service.remove_line(
            reference=facts.reference, line_id=line, reason=reason, by=current_author()
        )
    _said(result, f"{row.employer_name}: {Money(row.pence)} taken out")
    return _to_claim(facts)


@blueprint.post("/claims/<claim>/lines/<int:line>/return")
def line_return(claim: str, line: int) -> ResponseReturnValue:
    """Put a line back that was taken out of a draft."""
    facts = load_own_claim(claim)
    row = pages.one_line(facts, line)
    if row is None:
        abort(404)
    if PressForm().validate_on_submit():
        with unit_of_work():
            result = claims_lines.put_back(
                reference=facts.reference, line_id=line, by=current_author()
            )
        _said(result, f"{row.employer_name}: {Money(row.pence)} is back on the claim")
    return _to_claim(facts)


@blueprint.post("/claims/<claim>/lines/remove-failing")
def lines_remove_failing(claim: str) -> ResponseReturnValue:
    """Take every line out of a draft that fails a check."""
    facts = load_own_claim(claim)
    if PressForm().validate_on_submit():
        with unit_of_work():
            result = claims_lines.remove_failing(reference=facts.reference, by=current_author())
        count = 0 if isinstance(result, Err) else result.value
        _said(result, f"{count:,} line{'' if count == 1 else 's'} taken out")
    return _to_claim(facts)


@blueprint.post("/claims/<claim>/lines/<int:line>/answer")
def line_answer(claim: str, line: int) -> ResponseReturnValue:
    """Answer the LEP's question about a line."""
    facts = load_own_claim(claim)
    form = AnswerForm()
    if form.validate_on_submit():
        with unit_of_work():
            result = service.answer_query(
                reference=facts.reference,
                line_id=line,
                words=form.words.data or "",
                by=current_author(),
            )
        if not isinstance(result, Err):
            left = LineState.QUERIED in people.line_totals(facts.id)
            more = "Other lines still wait for an answer." if left else "The claim is with the LEP."
            flash(f"Answered. {more}", "success")
            return _to_claim(facts)
        form.refuse(result.problem)
    return line_page(facts, line, answer=form)


@blueprint.post("/claims/<claim>/checks")
def claim_checks(claim: str) -> ResponseReturnValue:
    """Run the checks again: by the LEP at any time before the end, by the provider on a draft."""
    facts = load_claim(claim)
    if not lep_finance(current_actor(), {}) and not (may_change(facts) and facts.is_draft):
        abort(404)
    if PressForm().validate_on_submit():
        with unit_of_work():
            result = checks.run_again(reference=facts.reference, by=current_author())
        _said(result, "" if isinstance(result, Err) else _checked(result.value))
    return _to_claim(facts)


def _checked(run: checks.CheckRun) -> str:
    count = f"{run.lines:,} line{'' if run.lines == 1 else 's'}"
    if not run.failed and not run.warnings:
        return f"{count} checked: everything passed"
    return f"{count} checked: {run.failed:,} checks failed, {run.warnings:,} are worth a look"
