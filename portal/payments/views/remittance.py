"""Payments that were made: the advice, each line's story, and what is taken or given back."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import abort, flash, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.ids import normalise_reference
from portal.kernel.money import Money
from portal.kernel.result import Err
from portal.payments.access import lep_finance, lep_manager, may_read, provider_manager
from portal.payments.forms.paying import CorrectionForm
from portal.payments.queries import ledger as ledger_queries
from portal.payments.queries import remittance as queries
from portal.payments.queries.remittance import PAGE, PaidLine, Remittance
from portal.payments.rules.balances import ENTRY_WORDS
from portal.payments.rules.ledger import Entry
from portal.payments.rules.words import OUTPUT_TYPES
from portal.payments.service import paying as service
from portal.payments.service import remittance as advice
from portal.payments.views import blueprint
from portal.payments.views.paid import payment_part
from portal.payments.views.paying_files import bank_details
from portal.web.access import current_actor, current_author
from portal.web.asked import asked_number


def load_payment(reference: str) -> Remittance:
    """The payment in the address; 404 when it is absent, another provider's, or not made yet."""
    actor = current_actor()
    wanted = normalise_reference(reference)
    facts = queries.remittance(wanted) if wanted.isalnum() else None
    if facts is None or not may_read(actor, facts):
        abort(404)
    if facts.paid_on is None and not lep_finance(actor, {}):
        abort(404)
    return facts


def _whole(facts: Remittance) -> bool:
    """Bank details are for LEP managers and the provider's own managers."""
    actor = current_actor()
    own = facts.organisation_id in actor.organisations
    return lep_manager(actor, {}) or (own and provider_manager(actor, {}))


@blueprint.get("/payments/made")
def remittances() -> ResponseReturnValue:
    """Every payment that was made; a provider's people see its own."""
    actor = current_actor()
    lep = lep_finance(actor, {})
    before = asked_number("before")
    found = queries.remittances(
        organisation_ids=None if lep else actor.organisations, before=before
    )
    rows = [
        {
            "reference": one.reference,
            "name": one.organisation_name,
            "month": f"{one.period:%B %Y}",
            "amount": Money(one.pence).format(),
            "paid_on": one.paid_on,
            "bank_reference": one.bank_reference,
            "recovered": Money(one.recovered).format() if one.recovered else "",
        }
        for one in found[:PAGE]
    ]
    return render_template(
        "payments/paying/remittances.html",
        rows=rows,
        older=found[PAGE - 1].id if len(found) > PAGE else None,
        before=before,
        lep=lep,
    )


@blueprint.get("/payments/<payment>/remittance")
def remittance(payment: str) -> ResponseReturnValue:
    """What a payment was for, line by line, and what came back of it since."""
    facts = load_payment(payment)
    after = max(asked_number("after", 0), 0)
    lines = queries.paid_lines(facts.claim_id, after=after, limit=PAGE + 1)
    paid = payment_part(facts)
    return render_template(
        "payments/paying/remittance.html",
        facts=facts,
        bank=bank_details(facts.payee_sort_code, facts.payee_account, whole=_whole(facts)),
        amount=Money(facts.pence).format(),
        lines=[_line(one) for one in lines[:PAGE]],
        count=queries.line_count(facts.claim_id),
        next_after=lines[PAGE - 1].line_id if len(lines) > PAGE else None,
        after=after,
        corrections=paid.corrections,
        recovered=Money(paid.recovered).format(),
        stands_at=Money(facts.pence - paid.recovered).format(),
        lep=lep_finance(current_actor(), {}),
        may_pay=lep_manager(current_actor(), {}),
    )


def _line(one: PaidLine) -> dict[str, Any]:
    return {
        "id": one.line_id,
        "reference": one.output_reference,
        "what": OUTPUT_TYPES[one.output_type],
        "employer": one.employer_name,
        "on": one.occurred_on,
        "amount": Money(one.pence).format(),
        "recovered": Money(one.recovered).format() if one.recovered else "",
    }


@blueprint.get("/payments/<payment>/remittance.pdf")
def remittance_file(payment: str) -> ResponseReturnValue:
    """The advice as it was made: the same bytes every time."""
    facts = load_payment(payment)
    found = advice.file_of(facts.reference)
    if isinstance(found, Err):
        if found.problem.code != "not_ready":
            flash("The stored file is damaged and is not handed out. Tell the LEP.", "error")
        else:
            flash("The PDF is still being made. Try again in a minute.", "info")
        return redirect(url_for("payments.remittance", payment=facts.reference))
    response = send_file(
        BytesIO(found.value),
        mimetype="application/pdf",
        as_attachment=True,
        download_name=f"remittance-{facts.reference}.pdf",
        etag=False,
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store, private"
    response.headers["Content-Length"] = str(len(found.value))
    return response


@blueprint.post("/payments/<payment>/remittance/again")
def remittance_again(payment: str) -> ResponseReturnValue:
    """Have a PDF made that the worker gave up."""
    facts = load_payment(payment)
    with unit_of_work():
        advice.ask_again(facts.reference)
    flash("The PDF is being made. Look again in a minute.", "info")
    return redirect(url_for("payments.remittance", payment=facts.reference))


@blueprint.get("/payments/<payment>/lines/<int:line>")
def payment_line(payment: str, line: int) -> ResponseReturnValue:
    """One line that was paid: its amount, and every entry of the ledger about it."""
    facts, found = _load_line(payment, line)
    return render_template(
        "payments/paying/line.html",
        facts=facts,
        line=_line(found),
        explanation=found.explanation,
        stands_at=Money(found.stands_at).format(),
        entries=_story(found),
        may_recover=_may_correct(facts) and found.stands_at > 0,
        may_give_back=_may_correct(facts) and found.recovered > 0,
        lep=lep_finance(current_actor(), {}),
    )


def _may_correct(facts: Remittance) -> bool:
    return lep_manager(current_actor(), {}) and facts.paid_on is not None


def _load_line(payment: str, line: int) -> tuple[Remittance, PaidLine]:
    facts = load_payment(payment)
    found = queries.paid_line(facts.claim_id, line)
    if found is None:
        abort(404)
    return facts, found


def _story(line: PaidLine) -> list[dict[str, Any]]:
    """The line's entries in words, each with the number of the one it is about."""
    entries = ledger_queries.entries_of_line(line.line_id)
    numbers = {entry.id: entry.sequence for entry in entries}
    return [
        {
            "sequence": entry.sequence,
            "words": ENTRY_WORDS[Entry(entry.kind)],
            "at": entry.at,
            "amount": Money(entry.pence).format(),
            "reason": entry.reason,
            "by": entry.by_name,
            "about": numbers.get(entry.about_id) if entry.about_id else None,
        }
        for entry in entries
    ]


@blueprint.route("/payments/<payment>/lines/<int:line>/recover", methods=["GET", "POST"])
def recover(payment: str, line: int) -> ResponseReturnValue:
    """Take money back that was paid for a line."""
    return _correct(payment, line, Entry.RECOVER)


@blueprint.route("/payments/<payment>/lines/<int:line>/give-back", methods=["GET", "POST"])
def give_back(payment: str, line: int) -> ResponseReturnValue:
    """Give back what was recovered wrongly."""
    return _correct(payment, line, Entry.ADJUST)


def _correct(payment: str, line: int, kind: Entry) -> ResponseReturnValue:
    facts, found = _load_line(payment, line)
    form = CorrectionForm()
    here = url_for("payments.payment_line", payment=facts.reference, line=line)
    if form.validate_on_submit():
        act = service.recover if kind is Entry.RECOVER else service.give_back
        with unit_of_work():
            done = act(
                line_id=line,
                pence=form.pence.data,
                reason=form.reason.data,
                seen=form.last_seen,
                by=current_author(),
            )
        if not isinstance(done, Err):
            flash(
                f"Recorded. The line stands at {Money(done.value)}. The provider is told.",
                "success",
            )
            return redirect(here)
        if done.problem.code == "changed":
            flash(done.problem.message, "info")
            return redirect(here)
        form.refuse(done.problem)
    entries = ledger_queries.entries_of_line(line)
    if not form.is_submitted():
        form.seen.data = str(entries[-1].sequence) if entries else "0"
    most = found.stands_at if kind is Entry.RECOVER else found.recovered
    return render_template(
        "payments/paying/correct.html",
        form=form,
        facts=facts,
        line=_line(found),
        back=here,
        recovering=kind is Entry.RECOVER,
        most=Money(most).format(),
        stands_at=Money(found.stands_at).format(),
        about=next((entry.sequence for entry in entries if entry.kind == Entry.PAY), None),
    )
