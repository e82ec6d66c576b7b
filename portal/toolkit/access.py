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


def may_change(actor: Actor, record: Organised) -> bool:
    """Whether a person may change what an organisation began: its own staff, and the LEP."""
    own = provider_staff(actor, {}) and record.organisation_id in actor.organisations
    return lep_staff(actor, {}) or own


def may_read_recommended(actor: Actor, employer: str) -> bool:
    """Whether a person may see what is recommended to an employer because of its diagnostic."""
    return _reads_kept(actor, {"employer": employer})


def insight_organisations(actor: Actor) -> frozenset[int] | None:
    """Whose discussions a person sees: a provider's staff their own, LEP staff everybody's."""
    return None if lep_staff(actor, {}) else actor.organisations


def may_work_with(actor: Actor, employer: str) -> bool:
    """Whether a member of staff may open an employer's record."""
    return any_of(serves_employer, lep_staff)(actor, {"employer": employer})


ROUTES: dict[str, Predicate] = {
    "toolkit.manage": editors,
    "toolkit.resource_new": editors,
    "toolkit.resource_manage": editors,
    "toolkit.resource_edit": editors,
    "toolkit.file_add": editors,
    "toolkit.file_withdraw": editors,
    "toolkit.version": editors,
    "toolkit.compare": editors,
    "toolkit.restore": editors,
    "toolkit.testing_begin": editors,
    "toolkit.back_to_draft": editors,
    "toolkit.publish": publishers,
    "toolkit.retire": publishers,
    "toolkit.tests": editors,
    "toolkit.test_ask": editors,
    "toolkit.test_take_back": editors,
    # Whoever has the link; its hash is what is kept.
    "toolkit.test_answer": public,
    "toolkit.rate": public,
    "toolkit.comments": editors,
    "toolkit.comment_decide": editors,
    "toolkit.insights": editors,
    "toolkit.insights_export": editors,
    "toolkit.insight_new": editors,
    "toolkit.insight": editors,
    "toolkit.insight_edit": editors,
    "toolkit.insight_withdraw": editors,
    "toolkit.themes": editors,
    "toolkit.theme_new": editors,
    "toolkit.theme": editors,
    "toolkit.theme_edit": editors,
    "toolkit.theme_answer": editors,
    "toolkit.library": public,
    "toolkit.resource": public,
    # For which employer, is decided on the record.
    "toolkit.step": signed_in,
    "toolkit.recommended": _reads_kept,
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
    "toolkit.tool_job_design": public,
    "toolkit.tool_advert": public,
    "toolkit.tool_ladder": public,
    "toolkit.tool_rota": public,
    "toolkit.tool_rota_example": public,
    # A visitor is led to signing in first.
    "toolkit.tool_keep": public,
    "toolkit.tool_plan": signed_in,
    "toolkit.kept_results": _reads_kept,
    "toolkit.kept_result": _reads_kept,
    "toolkit.compare_results": _reads_kept,
    "toolkit.withdraw_result": _keeps,
}
