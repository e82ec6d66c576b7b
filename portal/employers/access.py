"""Who may open which page about employers."""

from __future__ import annotations

from portal.web.access import (
    Actor,
    Predicate,
    any_of,
    employer_member,
    employer_owner,
    has_role,
    public,
    signed_in,
)

LEP_ROLES = ("lep_officer", "lep_manager", "administrator")
lep_staff = has_role(*LEP_ROLES)
may_import = has_role("lep_manager", "administrator")
may_read = any_of(employer_member, lep_staff)


def is_lep_staff(actor: Actor) -> bool:
    """Whether the person reads every employer's record."""
    return lep_staff(actor, {})


def may_edit(actor: Actor, reference: str) -> bool:
    """Whether the person may change the employer's record."""
    return employer_member(actor, {"employer": reference})


def is_owner(actor: Actor, reference: str) -> bool:
    """Whether the person may say who acts for the employer."""
    return employer_owner(actor, {"employer": reference})


ROUTES: dict[str, Predicate] = {
    "employers.index": signed_in,
    "employers.find": signed_in,
    "employers.suggest": signed_in,
    "employers.suggest_sic": signed_in,
    "employers.new": signed_in,
    "employers.ask": signed_in,
    "employers.show": may_read,
    "employers.history": may_read,
    "employers.details": employer_member,
    "employers.staff_numbers": employer_member,
    "employers.investors_in_people": employer_member,
    "employers.training": employer_member,
    "employers.sites": employer_member,
    "employers.withdraw_site": employer_member,
    "employers.people": any_of(employer_member, lep_staff),
    "employers.invite": employer_owner,
    "employers.withdraw_invitation": employer_owner,
    "employers.decide_request": employer_owner,
    "employers.change_role": employer_owner,
    "employers.remove_member": employer_owner,
    # The link itself is the key; the page asks a stranger to sign in before anything happens.
    "employers.invitation": public,
    "employers.import_page": may_import,
}
