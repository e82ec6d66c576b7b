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
keeps_sources = any_of(managers, lep_staff)
sees_team = any_of(managers, lep_staff)
merges_any = has_role("lep_manager", "administrator")
# Which employers a provider's manager may merge is decided on the records.
may_merge = any_of(merges_any, managers)


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
    "caseload.referrals": caseworkers,
    "caseload.referral_export": caseworkers,
    "caseload.referral": caseworkers,
    "caseload.referral_new": caseworkers,
    "caseload.referral_suggest": caseworkers,
    "caseload.referral_assign": lep_staff,
    "caseload.referral_accept": provider_staff,
    "caseload.referral_decline": caseworkers,
    "caseload.referral_again": caseworkers,
    "caseload.referral_file": caseworkers,
    "caseload.referral_template": caseworkers,
    "caseload.referral_batch": caseworkers,
    "caseload.referral_take": caseworkers,
    "caseload.referral_drop": caseworkers,
    "caseload.referral_faults": caseworkers,
    "caseload.sources": caseworkers,
    "caseload.source_new": keeps_sources,
    "caseload.source_edit": keeps_sources,
    "caseload.source_act": keeps_sources,
    "caseload.case_new": provider_staff,
    # An employer or a partner needs no account; the partner's link itself is the key.
    "caseload.refer_public": public,
    "caseload.refer_link": public,
    "caseload.refer_thanks": public,
    "caseload.home": provider_staff,
    "caseload.case_list": caseworkers,
    "caseload.case_export": caseworkers,
    "caseload.case_export_xlsx": caseworkers,
    "caseload.case": caseworkers,
    "caseload.log_contact": provider_staff,
    "caseload.next_action": provider_staff,
    "caseload.move_stage": provider_staff,
    "caseload.close": provider_staff,
    "caseload.reopen": provider_staff,
    "caseload.waiting": provider_staff,
    "caseload.case_contact": provider_staff,
    "caseload.support_list": caseworkers,
    "caseload.support_export": caseworkers,
    "caseload.support": caseworkers,
    "caseload.support_new": provider_staff,
    "caseload.support_edit": provider_staff,
    "caseload.support_ask": provider_staff,
    "caseload.support_withdraw": provider_staff,
    "caseload.referrals_out": caseworkers,
    "caseload.referral_out": caseworkers,
    "caseload.referral_out_new": provider_staff,
    "caseload.referral_out_outcome": provider_staff,
    "caseload.evidence_new": caseworkers,
    # Whose file it is, and so who may have it, is the view's question.
    "caseload.evidence_file": signed_in,
    "caseload.evidence_withdraw": provider_staff,
    "caseload.consultation": provider_staff,
    "caseload.consultation_record": caseworkers,
    "caseload.session_new": provider_staff,
    "caseload.session": caseworkers,
    "caseload.session_edit": provider_staff,
    "caseload.session_withdraw": provider_staff,
    "caseload.ask_confirmation": caseworkers,
    "caseload.send_confirmation": provider_staff,
    "caseload.confirmations": caseworkers,
    # The link itself is the key.
    "caseload.confirm": public,
    "caseload.confirm_new_link": public,
    "caseload.employer_confirmations": employer_member,
    "caseload.employer_confirmation": employer_member,
    "caseload.follow_ups": caseworkers,
    "caseload.follow_up": caseworkers,
    "caseload.follow_up_note": provider_staff,
    "caseload.follow_up_skip": provider_staff,
    "caseload.outcomes": caseworkers,
    "caseload.outcome_record": provider_staff,
    "caseload.preferences": has_role("adviser"),
    "caseload.team": sees_team,
    "caseload.team_export": sees_team,
    "caseload.team_sources": sees_team,
    "caseload.team_sources_export": sees_team,
    "caseload.reassign": managers,
    "caseload.leaver": managers,
    "caseload.invite": may_merge,
    "caseload.merges": may_merge,
    "caseload.merge_new": may_merge,
    "caseload.merge_preview": may_merge,
    "caseload.merge": may_merge,
}
