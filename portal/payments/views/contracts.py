"""Contracts: the list, one contract with all that stands on it, activating it, closing a month."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.money import Money
from portal.kernel.result import Err
from portal.payments.access import lep_finance, lep_manager, may_read
from portal.payments.forms.contracts import EmptyForm, MonthForm, RevisionForm
from portal.payments.queries import contract_changes as changes
from portal.payments.queries import contracts as queries
from portal.payments.queries.contract_changes import ChangeFacts
from portal.payments.queries.contracts import ContractFacts, ContractRow
from portal.payments.rules.changes import STATES
from portal.payments.rules.contracts import (
    Terms,
    claimed_by_quarter,
    closes_on,
    describe,
    figures,
    quarter_title,
)
from portal.payments.rules.payees import NO_PAYEE, Payee
from portal.payments.rules.periods import has_ended, quarter_of
from portal.payments.rules.words import OUTPUT_TYPES
from portal.payments.service import contracts as service
from portal.payments.views import blueprint
from portal.programme import queries as programme
from portal.web.access import current_actor, current_author

_PARTS = {
    "name": "Name on the account",
    "sort_code": "Sort code",
    "account": "Account number",
    "email": "Told about payments",
}


def load_contract(reference: str) -> ContractFacts:
    """The contract in the address; 404 when it is absent, another provider's, or its draft."""
    actor = current_actor()
    wanted = normalise_reference(reference)
    contract = queries.contract_facts(wanted) if wanted.isalnum() else None
    # The same answer whether it is absent or another's: a guess learns nothing.
    if contract is None or not may_read(actor, contract):
        abort(404)
    if contract.state == "draft" and not lep_finance(actor, {}):
        abort(404)
    return contract


def number_of(text: str | None) -> int:
    """A revision as it was sent; 0, which no record has, for anything else."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - a key


def state_words(row: ContractRow | ContractFacts) -> tuple[str, str]:
    """How far a contract is, and the colour of its tag."""
    if row.state == "draft":
        return "Draft", "grey"
    if row.starts_on > today():
        return "Not begun", "blue"
    return ("Over", "grey") if row.ends_on < today() else ("In force", "green")


@blueprint.get("/contracts")
def contracts() -> ResponseReturnValue:
    """Contracts: every one for the LEP, a provider's own."""
    actor = current_actor()
    page = max(number_of(request.args.get("page")), 1)
    mine = None if lep_finance(actor, {}) else actor.organisations
    rows, total = queries.contract_rows(organisation_ids=mine, page=min(page, 10_000))
    if not rows and page > 1:
        return redirect(url_for("payments.contracts"))
    pages = -(-total // queries.PAGE)
    return render_template(
        "payments/contracts/list.html",
        rows=[(row, *state_words(row)) for row in rows],
        total=total,
        lep=lep_finance(actor, {}),
        previous=url_for("payments.contracts", page=page - 1) if page > 1 else None,
        next=url_for("payments.contracts", page=page + 1) if page < pages else None,
    )


@blueprint.get("/contracts/<contract>")
def contract(contract: str) -> ResponseReturnValue:
    """A contract: its caps and how they stand, by the ledger; quarters; what was varied."""
    actor, facts = current_actor(), load_contract(contract)
    terms = queries.terms_of(facts)
    moved = queries.moved(facts.id)
    total, by_type = figures(moved, total_cap=facts.total_cap_pence, caps=terms.caps)
    changed = changes.history(facts.id)
    # A provider sees what was agreed; what the LEP considers is the LEP's, but for its own account.
    lep = lep_finance(actor, {})
    varied = [one for one in changed if one.kind == "variation" or (lep and one.kind == "proposal")]
    word, colour = state_words(facts)
    named = _named(terms, varied)
    names = programme.organisation_names(named) if named else {}
    return render_template(
        "payments/contracts/contract.html",
        contract=facts,
        state=word,
        colour=colour,
        total=total,
        types=[(OUTPUT_TYPES[kind], stands) for kind, stands in by_type.items()],
        quarters=_quarters(terms, claimed_by_quarter(moved)),
        planned=sum(terms.profile.values()),
        subcontractors=[
            (names[one.organisation_id], one.from_on, one.until_on) for one in terms.subcontractors
        ],
        variations=[(one, describe(one.changes, names)) for one in varied],
        states=STATES,
        payee_change=_payee_change(facts, changed, whole=lep),
        period=_period(facts),
        lep=lep,
        person=actor.user_id,
        press=EmptyForm(formdata=None),
        manager=lep_manager(actor, {}),
        account=_account(facts.payee, whole=lep),
        entered=facts.payee != NO_PAYEE,
        to_do=_to_do(facts) if facts.state == "draft" else [],
        revision=RevisionForm(data={"revision": facts.revision}, formdata=None),
        month=MonthForm(data={"month": facts.open_from.isoformat()}, formdata=None),
    )


def _payee_change(
    facts: ContractFacts, changed: list[ChangeFacts], *, whole: bool
) -> dict[str, Any] | None:
    """The bank details that wait: what differs for the LEP, that they wait for the provider."""
    waiting = next((one for one in changed if one.kind == "payee"), None)
    if waiting is None:
        return None
    lines: list[tuple[str, str, str]] = []
    if whole:
        now, then = _account(facts.payee, whole=True), _account(waiting.payee, whole=True)
        lines = [
            (what, now[key] or "nobody", then[key])
            for key, what in _PARTS.items()
            if now[key] != then[key]
        ]
    return {"one": waiting, "lines": lines}


def _named(terms: Terms, varied: list[ChangeFacts]) -> set[int]:
    found = {one.organisation_id for one in terms.subcontractors}
    for one in varied:
        for key in one.changes:
            what, _, of = key.partition(".")
            if what == "subcontractor":
                found.add(int(of))
    return found


def _quarters(terms: Terms, claimed: dict[date, int]) -> list[dict[str, Any]]:
    days = sorted({*terms.quarters, *terms.profile, *claimed})
    this = quarter_of(today())
    return [
        {
            "title": quarter_title(day),
            "planned": terms.profile.get(day, 0),
            "claimed": claimed.get(day, 0),
            "now": day == this,
            "ahead": day > this,
        }
        for day in days
    ]


def _period(facts: ContractFacts) -> dict[str, Any]:
    days = programme.settings().claim_close_working_days
    return {
        "open_from": facts.open_from,
        "closes_on": closes_on(facts.open_from, working_days=days),
        "overdue": closes_on(facts.open_from, working_days=days) < today(),
        "days": days,
        "over": has_ended(facts.open_from, today=today()),
        "late": facts.open_from > facts.ends_on,
    }


def _account(payee: Payee, *, whole: bool) -> dict[str, str]:
    """Bank details; a provider sees enough of them to know which account it is."""
    code, account = payee.sort_code, payee.account
    shown = "-".join((code[:2], code[2:4], code[4:])) if whole else f"••-••-{code[4:]}"
    return {
        "name": payee.name or "not entered",
        "sort_code": shown if code else "not entered",
        "account": (account if whole else f"••••{account[4:]}") if account else "not entered",
        "email": payee.email,
    }


def _to_do(facts: ContractFacts) -> list[str]:
    found = []
    if not facts.payee.is_complete:
        found.append("Enter the provider's bank details")
    if facts.ends_on < today():
        found.append("Move the end to a day to come: it has passed")
    return found


@blueprint.post("/contracts/<contract>/activate")
def contract_activate(contract: str) -> ResponseReturnValue:
    """Put a draft in force, by a second person."""
    facts, form = load_contract(contract), RevisionForm()
    if form.validate_on_submit():
        with unit_of_work():
            done = service.activate(
                reference=facts.reference,
                revision=number_of(form.revision.data),
                by=current_author(),
            )
            cap = 0 if isinstance(done, Err) else done.value.total_cap_pence
        if isinstance(done, Err):
            flash(f"{done.problem.message}.", "error")
        else:
            flash(f"The contract is in force, with a budget of {Money(cap)}.", "success")
    return redirect(url_for("payments.contract", contract=facts.reference))


@blueprint.post("/contracts/<contract>/close-month")
def contract_period_close(contract: str) -> ResponseReturnValue:
    """Close the first open month."""
    facts, form = load_contract(contract), MonthForm()
    if form.validate_on_submit():
        try:
            month = date.fromisoformat(str(form.month.data))
        except ValueError:
            abort(400)
        with unit_of_work():
            done = service.close_period(reference=facts.reference, month=month, by=current_author())
            drafts = 0 if isinstance(done, Err) else done.value.withdrawn
        if isinstance(done, Err):
            flash(f"{done.problem.message}.", "error")
        else:
            more = " A draft claim was put away; its outputs can be claimed next." if drafts else ""
            flash(f"{month:%B %Y} is closed.{more}", "success")
    return redirect(url_for("payments.contract", contract=facts.reference))
