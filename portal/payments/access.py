"""Who may open which page about money."""

from __future__ import annotations

from typing import Protocol

from portal.web.access import Actor, Predicate, any_of, has_role, provider_staff

lep_finance = has_role("lep_officer", "lep_manager")
lep_manager = has_role("lep_manager")
provider_manager = has_role("provider_manager")
may_look = any_of(provider_staff, lep_finance)


class Contracted(Protocol):
    """What says whose a contract, a claim or an output is."""

    @property
    def organisation_id(self) -> int:
        """The provider's key."""


def may_read(actor: Actor, record: Contracted) -> bool:
    """Whether a person may see it: LEP staff, and the provider's own staff."""
    return lep_finance(actor, {}) or may_claim(actor, record)


def may_claim(actor: Actor, record: Contracted) -> bool:
    """Whether a person may claim on it: the provider's own staff."""
    return provider_staff(actor, {}) and record.organisation_id in actor.organisations


def may_see_output(actor: Actor, *, deliverer: int, owner: int) -> bool:
    """Whether a person sees an output: who did the work, whose contract it is, and the LEP."""
    own = provider_staff(actor, {}) and bool({deliverer, owner} & actor.organisations)
    return own or lep_finance(actor, {})


def may_see_claim(actor: Actor, owner: int) -> bool:
    """Whether a person may open the claims of a contract: not who only delivers under it."""
    return lep_finance(actor, {}) or (provider_staff(actor, {}) and owner in actor.organisations)


def may_see_proof(actor: Actor, deliverer: int) -> bool:
    """Whether a person sees the names, evidence and records behind an output.

    Only who did the work, and the LEP: a prime claims for it without them.
    """
    return may_see_claim(actor, deliverer)


ROUTES: dict[str, Predicate] = {
    "payments.outputs": may_look,
    "payments.outputs_export": may_look,
    "payments.output": may_look,
    "payments.readiness": may_look,
    "payments.contracts": may_look,
    "payments.contract_new": lep_finance,
    "payments.contract": may_look,
    "payments.contract_edit": lep_finance,
    "payments.contract_activate": lep_manager,
    "payments.contract_vary": lep_manager,
    "payments.contract_period_close": lep_finance,
    "payments.contract_payee": lep_finance,
    "payments.payee_confirm": lep_manager,
    "payments.payee_refuse": lep_manager,
    "payments.payee_withdraw": lep_finance,
    "payments.variation_confirm": lep_manager,
    "payments.variation_refuse": lep_manager,
    "payments.variation_withdraw": lep_manager,
    "payments.rates": may_look,
    "payments.rate_new": lep_finance,
    "payments.rate": may_look,
    "payments.rate_edit": lep_finance,
    "payments.rate_import": lep_finance,
    "payments.rate_export": may_look,
    "payments.rate_publish": lep_manager,
    "payments.rate_drop": lep_finance,
    "payments.rate_what_if": lep_finance,
    "payments.rate_what_if_export": lep_finance,
    "payments.runs": lep_finance,
    "payments.run_new": lep_manager,
    "payments.run": lep_finance,
    "payments.run_file": lep_manager,
    "payments.run_bacs": lep_manager,
    "payments.run_paid": lep_manager,
    "payments.payment_paid": lep_manager,
    "payments.remittances": may_look,
    "payments.remittance": may_look,
    "payments.remittance_file": may_look,
    "payments.remittance_again": lep_manager,
    "payments.payment_line": may_look,
    "payments.recover": lep_manager,
    "payments.give_back": lep_manager,
    "payments.ledger": lep_finance,
    "payments.ledger_export": lep_finance,
    "payments.claims": may_look,
    "payments.claim": may_look,
    "payments.claim_line": may_look,
    "payments.claim_export": may_look,
    "payments.check_runs": may_look,
    "payments.check_run": may_look,
    "payments.claim_draft": provider_manager,
    "payments.claim_refresh": provider_manager,
    "payments.claim_submit": provider_manager,
    "payments.claim_withdraw": provider_manager,
    "payments.claim_checks": any_of(provider_manager, lep_finance),
    "payments.line_remove": provider_manager,
    "payments.line_return": provider_manager,
    "payments.line_answer": provider_manager,
    "payments.lines_remove_failing": provider_manager,
    "payments.overrides": may_look,
    "payments.override_ask": any_of(provider_manager, lep_finance),
    "payments.override_grant": lep_manager,
    "payments.override_decline": lep_manager,
    "payments.review": lep_finance,
    "payments.review_claim": lep_finance,
    "payments.review_lines": lep_finance,
    "payments.line_query": lep_finance,
    "payments.line_reject": lep_finance,
    "payments.samples": lep_finance,
    "payments.sample_new": lep_finance,
    "payments.sample": lep_finance,
    "payments.sample_export": lep_finance,
    "payments.sample_item": lep_finance,
    "payments.decisions": lep_manager,
    "payments.money": may_look,
    "payments.money_unpaid": may_look,
    "payments.money_export": may_look,
    "payments.budget": lep_finance,
    "payments.budget_export": lep_finance,
}
