"""Who may open which page of a plan: people of the employer, and advisers who serve it.

LEP staff read. Signing for the employer and closing are its owners'; an adviser signs for the
adviser.
"""

from __future__ import annotations

from portal.action_plans.rules.signing import Side
from portal.web.access import (
    Actor,
    any_of,
    employer_member,
    employer_owner,
    lep_staff,
    serves_employer,
)

_changes = any_of(employer_member, serves_employer)
_reads = any_of(employer_member, serves_employer, lep_staff)

ROUTES = {
    "action_plans.overview": _reads,
    "action_plans.choose": _changes,
    "action_plans.order_by_due": _changes,
    "action_plans.add_action": _changes,
    "action_plans.action": _reads,
    "action_plans.edit_action": _changes,
    "action_plans.change_status": _changes,
    "action_plans.withdraw": _changes,
    "action_plans.move": _changes,
    "action_plans.add_goal": _changes,
    "action_plans.edit_goal": _changes,
    "action_plans.business_case": _changes,
    "action_plans.versions": _reads,
    "action_plans.request_version": _changes,
    "action_plans.version": _reads,
    "action_plans.version_progress": _reads,
    "action_plans.retry_version": _changes,
    "action_plans.version_file": _reads,
    "action_plans.sign_off": any_of(employer_owner, serves_employer),
    "action_plans.close": employer_owner,
}


def may_read(actor: Actor, employer: str) -> bool:
    """Whether a person may read the plan of the employer with this reference."""
    return _reads(actor, {"employer": employer})


def may_change(actor: Actor, employer: str) -> bool:
    """Whether a person may change the plan of the employer with this reference."""
    return _changes(actor, {"employer": employer})


def signs_for(actor: Actor, employer: str) -> Side | None:
    """For whom a person may sign: their own employer as its owner, or as the adviser."""
    if employer_owner(actor, {"employer": employer}):
        return Side.EMPLOYER
    # Somebody of the employer does not sign for the adviser as well.
    if employer not in actor.employers and serves_employer(actor, {"employer": employer}):
        return Side.ADVISER
    return None


def may_close(actor: Actor, employer: str) -> bool:
    """Whether a person may close the plan."""
    return employer_owner(actor, {"employer": employer})


def only_employer(actor: Actor) -> str | None:
    """The employer of somebody who belongs to exactly one, whose plan the menu can lead to."""
    return next(iter(actor.employers)) if len(actor.employers) == 1 else None
