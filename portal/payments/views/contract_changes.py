"""Writing a contract down, changing its draft, and proposing to vary one in force."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.result import Problem
from portal.payments.forms.contracts import (
    MOST_ROWS,
    draft_form,
    new_form,
    terms_data,
    variation_form,
)
from portal.payments.queries import contracts as queries
from portal.payments.queries.contracts import ContractFacts
from portal.payments.rules.contracts import Terms, describe, differences, later_quarters
from portal.payments.service import contracts as service
from portal.payments.service import variations
from portal.payments.service.contracts import ContractDetails
from portal.payments.views import blueprint
from portal.payments.views.contracts import load_contract, number_of
from portal.programme import queries as programme
from portal.web.access import current_author

Choices = list[tuple[str, str]]
Seen = list[tuple[str, str, str]]


def _providers() -> Choices:
    return [(str(one.id), one.name) for one in programme.organisations(kind="provider")]


def _rows(terms: Terms) -> int:
    """One empty row beside those that are there, and whatever was sent."""
    sent = sum(f"sub_{number}" in request.form for number in range(MOST_ROWS))
    return min(max(len(terms.subcontractors) + 1, sent), MOST_ROWS)


def _refuse(form: Any, problems: list[Problem]) -> None:
    for problem in problems:
        form.refuse(problem)


def _names(choices: Choices) -> dict[int, str]:
    return {int(key): name for key, name in choices}


@blueprint.route("/contracts/new", methods=["GET", "POST"])
def contract_new() -> ResponseReturnValue:
    """Write a contract down."""
    form = new_form(_providers())
    if form.validate_on_submit():
        details = ContractDetails(
            organisation_id=form.organisation.data,
            title=form.title.data,
            terms=form.read_terms(),
            bonus_target_percent=form.bonus_target_percent.data,
        )
        with unit_of_work():
            done = service.draft(details=details, by=current_author())
            made = None if isinstance(done, list) else done.value.reference
        if made is not None:
            flash("The draft is saved. Add quarters, subcontractors and bank details.", "success")
            return redirect(url_for("payments.contract_edit", contract=made))
        if isinstance(done, list):
            _refuse(form, done)
    return render_template("payments/contracts/new.html", form=form)


@blueprint.route("/contracts/<contract>/edit", methods=["GET", "POST"])
def contract_edit(contract: str) -> ResponseReturnValue:
    """Change a draft."""
    facts = load_contract(contract)
    if facts.state != "draft":
        flash("This contract is in force: vary it instead.", "info")
        return redirect(url_for("payments.contract", contract=facts.reference))
    terms, providers = queries.terms_of(facts), _providers()
    form = draft_form(
        providers,
        quarters=sorted({*terms.quarters, *terms.profile}),
        rows=_rows(terms),
        data={**terms_data(terms), **_details_data(facts)},
    )
    seen: Seen = []
    if form.validate_on_submit():
        details = ContractDetails(
            organisation_id=form.organisation.data,
            title=form.title.data,
            terms=form.read_terms(),
            bonus_target_percent=form.bonus_target_percent.data,
            payee=form.read_payee(),
        )
        with unit_of_work():
            done = service.edit(
                reference=facts.reference,
                revision=number_of(form.revision.data),
                details=details,
                by=current_author(),
            )
        if not isinstance(done, list):
            return _saved(facts, "The draft is saved.")
        _refuse(form, done)
        if done == [service.CHANGED]:
            seen = _seen_draft(facts.reference, form, details, _names(providers))
    return render_template("payments/contracts/edit.html", form=form, contract=facts, seen=seen)


def _saved(facts: ContractFacts, words: str) -> ResponseReturnValue:
    flash(words, "success")
    page = "contract_edit" if "another" in request.form else "contract"
    return redirect(url_for(f"payments.{page}", contract=facts.reference))


def _details_data(facts: ContractFacts) -> dict[str, Any]:
    return {
        "revision": facts.revision,
        "organisation": facts.organisation_id,
        "title": facts.title,
        "bonus_target_percent": facts.bonus_target_percent,
        "payee_name": facts.payee_name,
        "payee_sort_code": facts.payee_sort_code,
        "payee_account": facts.payee_account,
        "remittance_email": facts.remittance_email,
    }


def _fresh(reference: str, form: Any) -> ContractFacts:
    """The contract as somebody else left it; seen that, the same button keeps what is typed."""
    facts = queries.contract_facts(reference) or abort(404)
    form.revision.data = str(facts.revision)
    return facts


def _seen_draft(reference: str, form: Any, details: ContractDetails, names: dict[int, str]) -> Seen:
    """What stands now and differs from what was typed: what, as it stands, as typed."""
    facts = _fresh(reference, form)
    payee = details.payee
    pairs = [
        ("Provider", facts.organisation_name, names.get(details.organisation_id, "")),
        ("Title", facts.title, details.title),
        (
            "Target for hard-to-reach engagements",
            str(facts.bonus_target_percent or "none"),
            str(details.bonus_target_percent or "none"),
        ),
        ("Name on the account", facts.payee_name, payee.name),
        ("Sort code", facts.payee_sort_code, payee.sort_code),
        ("Account number", facts.payee_account, payee.account),
        ("Who is told about payments", facts.remittance_email, payee.email),
    ]
    changed = differences(queries.terms_of(facts), details.terms)
    return [
        *(
            (what, now or "nothing", typed or "nothing")
            for what, now, typed in pairs
            if now != typed
        ),
        *describe(changed, names),
    ]


@blueprint.route("/contracts/<contract>/vary", methods=["GET", "POST"])
def contract_vary(contract: str) -> ResponseReturnValue:
    """Propose other terms for a contract in force, from a day on and for a reason."""
    facts = load_contract(contract)
    if facts.state != "active":
        flash("This contract is not in force: change its draft.", "info")
        return redirect(url_for("payments.contract", contract=facts.reference))
    terms, providers = queries.terms_of(facts), _providers()
    data = {**terms_data(terms), "revision": facts.revision, "effective_on": today()}
    form = variation_form(
        providers,
        quarters=sorted({*terms.quarters, *terms.profile}),
        later=later_quarters(terms.ends_on),
        rows=_rows(terms),
        data=data,
    )
    seen: Seen = []
    if form.validate_on_submit():
        wanted = form.read_terms(starts_on=facts.starts_on)
        with unit_of_work():
            done = variations.propose(
                reference=facts.reference,
                revision=number_of(form.revision.data),
                terms=wanted,
                effective_on=form.effective_on.data,
                reason=form.reason.data,
                by=current_author(),
            )
        if not isinstance(done, list):
            flash(
                "The variation is proposed. It holds once another manager has confirmed it.",
                "success",
            )
            return redirect(url_for("payments.contract", contract=facts.reference))
        _refuse(form, done)
        if done == [service.CHANGED]:
            now = queries.terms_of(_fresh(facts.reference, form))
            seen = describe(differences(now, wanted), _names(providers))
    return render_template("payments/contracts/vary.html", form=form, contract=facts, seen=seen)
