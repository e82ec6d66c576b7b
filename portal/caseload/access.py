"""Who may open which page about referrals and cases.

The table says which kind of person may try a route; ``may_read`` and ``may_work`` decide on the
record: a provider sees only its own cases and what was referred to it.
"""

from __future__ import annotations

from typing import Protocol

from portal.web.access import (
    Actor,
    Predicate,
    any_of,
    employer_member,
    has_role,
    lep_staff,
    provider_staff,
    public,
    signed_in,
)

caseworkers = any_of(provider_staff, lep_staff)
managers = has_role("provider_manager")


class Owned(Protocol):
    """What says whose a case is."""

    @property
    def organisation_id(self) -> int:
        """The provider's key."""


def may_read(actor: Actor, case: Owned) -> bool:
    """Whether a person may see a case: its provider's staff, and LEP staff."""
    return lep_staff(actor, {}) or may_work(actor, case)


def may_work(actor: Actor, case: Owned) -> bool:
    """Whether a person may change a case: its provider's staff only, whose work it is."""
    return provider_staff(actor, {}) and case.organisation_id in actor.organisations


def is_manager_of(actor: Actor, case: Owned) -> bool:
    """Whether a person says who has the case."""
    return managers(actor, {}) and case.organisation_id in actor.organisations


ROUTES: dict[str, Predicate] = {
    "caseload.evidence_new": caseworkers,
    # Whose file it is, and so who may have it, is the view's question.
    "caseload.evidence_file": signed_in,
    "caseload.evidence_withdraw": provider_staff,
    "caseload.ask_confirmation": caseworkers,
    "caseload.send_confirmation": provider_staff,
    "caseload.confirmations": caseworkers,
    # The link itself is the key.
    "caseload.confirm": public,
    "caseload.confirm_new_link": public,
    "caseload.employer_confirmations": employer_member,
    "caseload.employer_confirmation": employer_member,
}
