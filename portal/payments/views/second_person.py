"""Changes of a contract in force that a second person confirms: bank details, and variations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err, Problem
from portal.payments.access import lep_manager
from portal.payments.forms.contracts import EmptyForm, RefuseForm, payee_form, read_payee
from portal.payments.queries import contract_changes as queries
from portal.payments.queries.contracts import ContractFacts
from portal.payments.rules.changes import PROPOSED, STATES
from portal.payments.rules.payees import Payee
from portal.payments.rules.schedule import shown_sort_code
from portal.payments.service import payee_changes, variations
from portal.payments.views import blueprint
from portal.payments.views.contracts import load_contract
from portal.web.access import current_actor, current_author

_BANK: Final = "other bank details"
_TERMS: Final = "the variation"


@blueprint.route("/contracts/<contract>/payee", methods=["GET", "POST"])
def contract_payee(contract: str) -> ResponseReturnValue:
    """Propose other bank details for a contract in force; every change there was."""
    facts = load_contract(contract)
    if facts.state != "active":
        flash("This contract is not in force: change its draft.", "info")
        return redirect(url_for("payments.contract", contract=facts.reference))
    form = payee_form(
        {
            "payee_name": facts.payee_name,
            "payee_sort_code": facts.payee_sort_code,
            "payee_account": facts.payee_account,
            "remittance_email": facts.remittance_email,
        }
    )
    if form.validate_on_submit():
        with unit_of_work():
            done = payee_changes.propose(
                reference=facts.reference,
                payee=read_payee(form),
                reason=form.reason.data,
                by=current_author(),
            )
        if not isinstance(done, list):
            flash(
                "Proposed. Money goes where it went until another manager has confirmed it. "
                "The provider is told.",
                "success",
            )
            return redirect(url_for("payments.contract", contract=facts.reference))
        for problem in done:
            form.refuse(problem)
    changes = queries.payee_changes(facts.id)
    return render_template(
        "payments/contracts/payee.html",
        contract=facts,
        form=form,
        waits=any(one.state == PROPOSED for one in changes),
        changes=[(one, STATES[one.state], shown_change(one.before, one.after)) for one in changes],
        stands=shown_payee(facts.payee),
    )


def shown_payee(payee: Payee) -> list[tuple[str, str]]:
    """Bank details in words, whole."""
    return [
        ("Name on the account", payee.name or "not entered"),
        ("Sort code", shown_sort_code(payee.sort_code) if payee.sort_code else "not entered"),
        ("Account number", payee.account or "not entered"),
        ("Told about payments", payee.email or "nobody"),
    ]


def shown_change(before: Payee, after: Payee) -> list[tuple[str, str, str]]:
    """What differs, whole: for the LEP alone."""
    return [
        (what, old, new)
        for (what, old), (_what, new) in zip(shown_payee(before), shown_payee(after), strict=True)
        if old != new
    ]


def _load(
    contract: str, change: str, contract_of: Callable[[str], int | None]
) -> tuple[ContractFacts, str]:
    """The contract and the reference of its change; 404 when it is not this contract's."""
    facts, wanted = load_contract(contract), normalise_reference(change)
    if not wanted.isalnum() or contract_of(wanted) != facts.id:
        abort(404)
    return facts, wanted


def _pressed(facts: ContractFacts, act: Callable[[], Any], said: str) -> ResponseReturnValue:
    """Do what a button asks, and say what became of it."""
    if EmptyForm().validate_on_submit():
        with unit_of_work():
            done = act()
        problem = _problem(done)
        if problem is None:
            flash(said, "success")
        else:
            flash(f"{problem.message}.", "error")
    return redirect(url_for("payments.contract", contract=facts.reference))


def _problem(done: Any) -> Problem | None:
    if isinstance(done, list):
        first: Problem = done[0]
        return first
    return done.problem if isinstance(done, Err) else None


def _refusing(facts: ContractFacts, what: str, act: Callable[[str], Any]) -> ResponseReturnValue:
    """Ask why not, then refuse."""
    form = RefuseForm()
    if not lep_manager(current_actor(), {}):
        abort(404)
    if form.validate_on_submit():
        with unit_of_work():
            done = act(form.words.data or "")
        problem = _problem(done)
        if problem is None:
            flash("Refused. The contract stays as it is.", "success")
            return redirect(url_for("payments.contract", contract=facts.reference))
        form.refuse(problem)
    return render_template(
        "payments/contracts/refuse.html", contract=facts, form=form, title=f"Refuse {what}"
    )


@blueprint.post("/contracts/<contract>/payee/<change>/confirm")
def payee_confirm(contract: str, change: str) -> ResponseReturnValue:
    """Put other bank details in force."""
    facts, wanted = _load(contract, change, queries.contract_of_payee_change)
    return _pressed(
        facts,
        lambda: payee_changes.confirm(change=wanted, by=current_author()),
        "The bank details are changed. Payment runs from now on use them. The provider is told.",
    )


@blueprint.route("/contracts/<contract>/payee/<change>/refuse", methods=["GET", "POST"])
def payee_refuse(contract: str, change: str) -> ResponseReturnValue:
    """Leave bank details as they are, and say why."""
    facts, wanted = _load(contract, change, queries.contract_of_payee_change)
    return _refusing(
        facts,
        _BANK,
        lambda words: payee_changes.refuse(change=wanted, words=words, by=current_author()),
    )


@blueprint.post("/contracts/<contract>/payee/<change>/withdraw")
def payee_withdraw(contract: str, change: str) -> ResponseReturnValue:
    """Take a proposal of other bank details back."""
    facts, wanted = _load(contract, change, queries.contract_of_payee_change)
    return _pressed(
        facts,
        lambda: payee_changes.withdraw(change=wanted, by=current_author()),
        "Withdrawn. The bank details stay as they are.",
    )


@blueprint.post("/contracts/<contract>/variations/<change>/confirm")
def variation_confirm(contract: str, change: str) -> ResponseReturnValue:
    """Put a variation in force."""
    facts, wanted = _load(contract, change, queries.contract_of_proposal)
    return _pressed(
        facts,
        lambda: variations.confirm(proposal=wanted, by=current_author()),
        "The variation is in force.",
    )


@blueprint.route("/contracts/<contract>/variations/<change>/refuse", methods=["GET", "POST"])
def variation_refuse(contract: str, change: str) -> ResponseReturnValue:
    """Leave a contract's terms as they are, and say why."""
    facts, wanted = _load(contract, change, queries.contract_of_proposal)
    return _refusing(
        facts,
        _TERMS,
        lambda words: variations.refuse(proposal=wanted, words=words, by=current_author()),
    )


@blueprint.post("/contracts/<contract>/variations/<change>/withdraw")
def variation_withdraw(contract: str, change: str) -> ResponseReturnValue:
    """Take a proposed variation back."""
    facts, wanted = _load(contract, change, queries.contract_of_proposal)
    return _pressed(
        facts,
        lambda: variations.withdraw(proposal=wanted, by=current_author()),
        "Withdrawn. The contract stays as it is.",
    )
