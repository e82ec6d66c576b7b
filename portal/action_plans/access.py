"""Who may open which page of a plan: people of the employer; signing off is for its owners."""

from __future__ import annotations

from portal.web.access import Actor, employer_member, employer_owner

ROUTES = {
    "action_plans.overview": employer_member,
    "action_plans.choose": employer_member,
    "action_plans.order_by_due": employer_member,
    "action_plans.add_action": employer_member,
    "action_plans.action": employer_member,
    "action_plans.edit_action": employer_member,
    "action_plans.change_status": employer_member,
    "action_plans.withdraw": employer_member,
    "action_plans.move": employer_member,
    "action_plans.add_goal": employer_member,
    "action_plans.edit_goal": employer_member,
    "action_plans.business_case": employer_member,
    "action_plans.versions": employer_member,
    "action_plans.request_version": employer_member,
    "action_plans.version": employer_member,
    "action_plans.version_progress": employer_member,
    "action_plans.retry_version": employer_member,
    "action_plans.version_file": employer_member,
    "action_plans.sign_off": employer_owner,
    "action_plans.close": employer_owner,
}


def may_sign(actor: Actor, employer: str) -> bool:
    """Whether a person may sign the plan off for the employer with this reference."""
    return actor.employers.get(employer) == "owner"


def only_employer(actor: Actor) -> str | None:
    """The employer of somebody who belongs to exactly one, whose plan the menu can lead to."""
    return next(iter(actor.employers)) if len(actor.employers) == 1 else None
