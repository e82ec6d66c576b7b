"""What is owed, payment runs and their files, and what the bank paid."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.money import Money
from portal.kernel.result import Err
from portal.payments.forms.paying import PaidForm, RunForm
from portal.payments.queries import paying as queries
from portal.payments.queries import remittance as told
from portal.payments.queries.paying import PAGE, Owed, PaymentFacts
from portal.payments.service import paying as service
from portal.payments.views import blueprint
from portal.payments.views.paying_files import (
    bank_details,
    missing_settings,
    run_or_404,
    sees_bank_details,
)
from portal.programme import queries as programme
from portal.web.access import current_author
from portal.web.asked import asked_number

_MOST_PAGES = 10_000


@blueprint.get("/payments")
def runs() -> ResponseReturnValue:
    """What is owed, and the payment runs that were made."""
    key = programme.settings().programme_key
    number = min(max(asked_number("page", 1), 1), _MOST_PAGES)
    before = asked_number("before")
    made = queries.runs(key, before=before)
    count, pence = queries.owed_total(key)
    whole = sees_bank_details()
    return render_template(
        "payments/paying/runs.html",
        owed=[_owed(one, whole=whole) for one in queries.owed(key, page=number)] if count else [],
        count=count,
        total=Money(pence).format(),
        number=number,
        more=count > number * PAGE,
        runs=made[:PAGE],
        older=made[PAGE - 1].id if len(made) > PAGE else None,
        before=before,
        may_pay=whole,
    )


def _owed(one: Owed, *, whole: bool) -> dict[str, Any]:
    return {
        "reference": one.reference,
        "name": one.organisation_name,
        "month": f"{one.period:%B %Y}",
        "amount": Money(one.pence).format(),
        "payee": one.payee_name,
        "bank": bank_details(one.payee_sort_code, one.payee_account, whole=whole),
        "ready": one.has_bank,
        "waits": one.change_waits,
    }


@blueprint.route("/payments/new", methods=["GET", "POST"])
def run_new() -> ResponseReturnValue:
    """Look at a run before it is made: what is shown is what is paid."""
    form = RunForm()
    if form.validate_on_submit():
        with unit_of_work():
            made = service.make_run(
                programme=programme.settings().programme_key,
                references=form.references,
                total_pence=form.pence if form.pence is not None else -1,
                process_on=form.process_on.data,
                by=current_author(),
            )
        if isinstance(made, Err):
            form.refuse(made.problem)
        else:
            flash("The payment run is made. Take its file to the bank.", "success")
            return redirect(url_for("payments.run", run=made.value.reference))
    return _show_new(form)


def _show_new(form: RunForm) -> ResponseReturnValue:
    everything = request.method == "GET" and request.args.get("all") == "1"
    posted = form.references if form.is_submitted() else request.args.getlist("claim")
    chosen = {normalise_reference(one) for one in posted}
    if not everything and not chosen:
        flash("Choose at least one claim to pay", "error")
        return redirect(url_for("payments.runs"))
    found = queries.owed(
        programme.settings().programme_key, references=None if everything else chosen
    )
    if not found:
        flash("None of these claims waits to be paid: they are in a payment run already", "info")
        return redirect(url_for("payments.runs"))
    total = sum(one.pence for one in found)
    if not form.is_submitted():
        form.claims.data = ",".join(one.reference for one in found)
        form.total.data = str(total)
        form.process_on.data = service.default_process_on(today())
    return render_template(
        "payments/paying/new.html",
        form=form,
        owed=[_owed(one, whole=True) for one in found],
        missing=[one.organisation_name for one in found if not one.has_bank],
        total=Money(total).format(),
        waiting=sorted({one.organisation_name for one in found if one.change_waits}),
        gone=len(chosen) - len(found) if not everything else 0,
    )


@blueprint.get("/payments/<run>")
def run(run: str) -> ResponseReturnValue:
    """One run: its files, its payments, and which of them are paid."""
    facts = run_or_404(run)
    after = max(asked_number("after", 0), 0)
    found = queries.payments_of(facts.id, after=after, limit=PAGE + 1)
    whole = sees_bank_details()
    return render_template(
        "payments/paying/run.html",
        run=facts,
        payments=[_payment(one, whole=whole) for one in found[:PAGE]],
        next_after=found[PAGE - 1].id if len(found) > PAGE else None,
        after=after,
        missing=missing_settings(),
        may_pay=whole,
    )


def _payment(one: PaymentFacts, *, whole: bool) -> dict[str, Any]:
    return {
        "reference": one.reference,
        "claim": one.claim_reference,
        "name": one.organisation_name,
        "month": f"{one.period:%B %Y}",
        "amount": Money(one.pence).format(),
        "payee": one.payee_name,
        "bank": bank_details(one.payee_sort_code, one.payee_account, whole=whole),
        "paid_on": one.paid_on,
        "bank_reference": one.bank_reference,
    }


@blueprint.route("/payments/<run>/paid", methods=["GET", "POST"])
def run_paid(run: str) -> ResponseReturnValue:
    """Say that the bank paid everything of a run that was not marked before."""
    facts = run_or_404(run)
    form = PaidForm()
    here = url_for("payments.run", run=facts.reference)
    if form.validate_on_submit():
        with unit_of_work():
            done = service.mark_run_paid(
                reference=facts.reference,
                paid_on=form.paid_on.data,
                bank_reference=form.reference.data,
                by=current_author(),
            )
        if not isinstance(done, Err):
            flash("Marked as paid. The providers are told.", "success")
            return redirect(here)
        if done.problem.code == "paid_already":
            flash(done.problem.message, "info")
            return redirect(here)
        form.refuse(done.problem)
    waiting = facts.count - facts.paid_count
    if not waiting:
        flash("Every payment of this run was marked as paid before", "info")
        return redirect(here)
    return render_template(
        "payments/paying/paid.html",
        form=form,
        back=here,
        title=f"Mark {waiting} {'payment' if waiting == 1 else 'payments'} as paid",
        about=f"Payment run {facts.reference}",
        amount=Money(facts.total_pence - facts.paid_pence).format(),
        to=None,
    )


@blueprint.route("/payments/<payment>/mark-paid", methods=["GET", "POST"])
def payment_paid(payment: str) -> ResponseReturnValue:
    """Say that the bank paid one claim."""
    facts = told.remittance(normalise_reference(payment))
    if facts is None:
        abort(404)
    form = PaidForm()
    here = url_for("payments.run", run=facts.run_reference)
    if form.validate_on_submit():
        with unit_of_work():
            done = service.mark_paid(
                reference=facts.reference,
                paid_on=form.paid_on.data,
                bank_reference=form.reference.data,
                by=current_author(),
            )
        if not isinstance(done, Err):
            flash(f"Marked as paid. {facts.organisation_name} is told.", "success")
            return redirect(here)
        if done.problem.code == "paid_already":
            flash(done.problem.message, "info")
            return redirect(here)
        form.refuse(done.problem)
    elif facts.paid_on is not None and request.method == "GET":
        flash(f"This was marked as paid before, bank reference {facts.bank_reference}", "info")
        return redirect(here)
    return render_template(
        "payments/paying/paid.html",
        form=form,
        back=here,
        title="Mark as paid",
        about=f"{facts.organisation_name}, {facts.month}",
        amount=Money(facts.pence).format(),
        to=bank_details(facts.payee_sort_code, facts.payee_account, whole=True),
    )
