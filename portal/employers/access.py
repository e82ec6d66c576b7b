"""Who may open which page about employers."""

from __future__ import annotations

from portal.web.access import (
    Actor,
    Predicate,
    any_of,
    employer_member,
    employer_owner,
    has_role,
    lep_staff,
    public,
    serves_employer,
    signed_in,
)

may_see_all_held = any_of(employer_member, lep_staff)
may_import = has_role("lep_manager", "administrator")
may_read = any_of(employer_member, lep_staff, serves_employer)
# An adviser on the phone writes down what the employer says; the history keeps who did.
may_change = any_of(employer_member, serves_employer)


def is_lep_staff(actor: Actor) -> bool:
    """Whether the person reads every employer's record."""
    return lep_staff(actor, {})


def may_edit(actor: Actor, reference: str) -> bool:
    """Whether the person may change the employer's record."""
    return may_change(actor, {"employer": reference})


def is_owner(actor: Actor, reference: str) -> bool:
    """Whether the person may say who acts for the employer."""
    return employer_owner(actor, {"employer": reference})


def may_invite_first_owner(actor: Actor, reference: str) -> bool:
    """Whether the person is an adviser who may bring the owner of an employer that has none."""
    return serves_employer(actor, {"employer": reference}) and not is_owner(actor, reference)


ROUTES: dict[str, Predicate] = {
    "employers.index": signed_in,
    "employers.find": signed_in,
    "employers.suggest": signed_in,
    "employers.suggest_sic": signed_in,
    "employers.new": signed_in,
    "employers.ask": signed_in,
    "employers.show": may_read,
    "employers.history": may_read,
    "employers.timeline": may_read,
    "employers.timeline_export": may_read,
    "employers.held_data": may_see_all_held,
    "employers.held_download": may_see_all_held,
    "employers.details": may_change,
    "employers.staff_numbers": may_change,
    "employers.investors_in_people": may_change,
    "employers.training": may_change,
    "employers.sites": may_change,
    "employers.withdraw_site": may_change,
    "employers.people": may_read,
    # An adviser invites the first owner only; the service says so.
    "employers.invite": any_of(employer_owner, serves_employer),
    "employers.withdraw_invitation": employer_owner,
    "employers.decide_request": employer_owner,
    "employers.change_role": employer_owner,
    "employers.remove_member": employer_owner,
    # The link itself is the key; the page asks a stranger to sign in before anything happens.
    "employers.invitation": public,
    "employers.import_page": may_import,
}
