"""Who may open which page of the toolkit.

Anybody reads what is published and uses the tools. Staff of the LEP and of its providers write
resources and log what businesses say; publishing and retiring take a manager or the LEP.
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
    serves_employer,
    signed_in,
)

editors = any_of(provider_staff, lep_staff)
publishers = any_of(lep_staff, has_role("provider_manager"))
_keeps = any_of(employer_member, serves_employer)
_reads_kept = any_of(employer_member, serves_employer, lep_staff)


def may_keep(actor: Actor, employer: str) -> bool:
    """Whether a person may keep results of tools on an employer's record, and take them back."""
    return _keeps(actor, {"employer": employer})


def may_read_kept(actor: Actor, employer: str) -> bool:
    """Whether a person may read what is kept on an employer's record."""
    return _reads_kept(actor, {"employer": employer})


class Organised(Protocol):
    """What an organisation began."""

    @property
    def organisation_id(self) -> int | None:
        """The organisation's key."""


def may_change_campaign(actor: Actor, campaign: Organised) -> bool:
    """Whether a person may change a campaign: the LEP, and who began it with their colleagues."""
    own = provider_staff(actor, {}) and campaign.organisation_id in actor.organisations
    return lep_staff(actor, {}) or own


ROUTES: dict[str, Predicate] = {
    "toolkit.file": public,
    "toolkit.added_file": public,
    "toolkit.campaigns": editors,
    "toolkit.campaign_new": editors,
    "toolkit.campaign": editors,
    "toolkit.campaign_edit": editors,
    "toolkit.campaign_qr": editors,
    "toolkit.go": public,
    "toolkit.reach": editors,
    "toolkit.reach_export": editors,
    "toolkit.tools": public,
    "toolkit.tool_cost": public,
    # A visitor is led to signing in first.
    "toolkit.tool_keep": public,
    "toolkit.tool_plan": signed_in,
    "toolkit.kept_results": _reads_kept,
    "toolkit.kept_result": _reads_kept,
    "toolkit.compare_results": _reads_kept,
    "toolkit.withdraw_result": _keeps,
}
