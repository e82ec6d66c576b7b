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


ROUTES: dict[str, Predicate] = {
    "payments.contracts": may_look,
    "payments.contract_new": lep_finance,
    "payments.contract": may_look,
    "payments.contract_edit": lep_finance,
    "payments.contract_activate": lep_manager,
    "payments.contract_vary": lep_manager,
    "payments.contract_period_close": lep_finance,
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
}
