"""Who may open which page of the network.

Anybody reads what employers have chosen to show, the events and the awards. What is written among
peers is for employers in the network and for staff; LEP staff run rounds, events and moderation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from portal.web.access import (
    Actor,
    Predicate,
    any_of,
    employer_member,
    employer_owner,
    has_role,
    lep_staff,
    provider_staff,
    public,
    serves_employer,
    signed_in,
)

staff = any_of(lep_staff, provider_staff)
lep_manager = has_role("lep_manager")


class Organised(Protocol):
    """What an organisation runs."""

    @property
    def organisation_id(self) -> int | None:
        """The organisation's key."""


def may_run(actor: Actor, event: Organised) -> bool:
    """Whether a person runs an event: staff of the organisation that made it, and the LEP."""
    own = provider_staff(actor, {}) and event.organisation_id in actor.organisations
    return lep_staff(actor, {}) or own


# The forum is read by people of employers in the network, which its pages ask about, and by staff.
moderators = lep_staff


def _has_employer(actor: Actor, _args: Mapping[str, Any]) -> bool:
    return bool(actor.employers)


forum_readers = any_of(staff, _has_employer)


def may_read_certificate(actor: Actor, employer: str) -> bool:
    """Whether a person may take away an employer's certificate: its own people, and the LEP."""
    return any_of(employer_member, lep_staff)(actor, {"employer": employer})


def may_send(actor: Actor, employer: str) -> bool:
    """Whether a person may send, take back and withdraw an employer's applications."""
    return employer_owner(actor, {"employer": employer})


def may_decide(actor: Actor) -> bool:
    """Whether a person decides about awards."""
    return lep_manager(actor, {})


ROUTES: dict[str, Predicate] = {
    # Members: the directory, what an employer shows, competitors, invitations, mail.
    "network.home": public,
    "network.directory": public,
    "network.member": public,
    "network.profile_edit": employer_member,
    "network.leave": employer_member,
    "network.competitors": employer_member,
    "network.competitor_remove": employer_member,
    "network.invitations": employer_member,
    "network.invitation_withdraw": employer_member,
    # The link itself is the key.
    "network.invited": public,
    "network.invited_decline": public,
    "network.unsubscribe": public,
    "network.unsubscribe_now": public,
    "network.resume_mail": public,
    "network.mail_choices": signed_in,
    # Who is connected with whom: the whole for the LEP, its own part for an employer.
    "network.report": lep_staff,
    "network.report_ties": lep_staff,
    "network.report_renew": lep_staff,
    "network.employer_network": any_of(employer_member, lep_staff, serves_employer),
    # Peer support: an employer's own part; matching is the LEP's. A personal link is a key.
    "network.peers": employer_member,
    "network.peer_request_new": employer_member,
    "network.peer_request_edit": employer_member,
    "network.peer_request_withdraw": employer_member,
    "network.peer_request_again": employer_member,
    "network.peer_offer_edit": employer_member,
    "network.peer_match": employer_member,
    "network.peer_match_outcome": employer_member,
    "network.match": public,
    "network.match_outcome": public,
    "network.matches": lep_staff,
    "network.match_propose": lep_staff,
    "network.match_list": lep_staff,
    "network.match_record": lep_staff,
    "network.match_withdraw": lep_staff,
    "network.peer_request_close": lep_staff,
    # Events: anybody looks and registers; whoever has the link to a place manages it.
    "network.events": public,
    "network.event": public,
    "network.event_ics": public,
    "network.feed": public,
    "network.register": public,
    "network.registration": public,
    "network.registration_cancel": public,
    "network.registration_accept": public,
    "network.registration_queue": public,
    "network.registration_ics": public,
    "network.registration_qr": public,
    "network.registration_certificate": public,
    "network.checkin": public,
    "network.event_feedback": public,
    # Whether it is theirs to run, is decided on the event.
    "network.event_new": staff,
    "network.event_edit": staff,
    "network.event_publish": staff,
    "network.event_cancel": staff,
    "network.event_results_page": staff,
    "network.series_new": staff,
    "network.series_edit": staff,
    "network.attendees": staff,
    "network.attendees_csv": staff,
    "network.attendee": staff,
    "network.attendee_came": staff,
    "network.attendee_undo": staff,
    "network.attendee_employer": staff,
    "network.door": staff,
    "network.door_qr": staff,
    # The forum: reading, writing, moderating.
    "network.forum": forum_readers,
    "network.category": forum_readers,
    "network.category_subscribe": forum_readers,
    "network.thread": forum_readers,
    "network.thread_new": forum_readers,
    "network.reply": forum_readers,
    "network.subscribe": forum_readers,
    "network.post": forum_readers,
    "network.post_texts": forum_readers,
    "network.post_edit": forum_readers,
    "network.post_withdraw": forum_readers,
    "network.post_report": forum_readers,
    "network.helpful": forum_readers,
    "network.solve": forum_readers,
    "network.forum_search": forum_readers,
    "network.attachment": forum_readers,
    "network.attachment_withdraw": forum_readers,
    "network.conduct": forum_readers,
    "network.moderation": moderators,
    "network.moderation_log": moderators,
    "network.moderate_post": moderators,
    "network.moderate_thread": moderators,
    "network.suspension_lift": moderators,
    # Awards: anybody reads the scheme and verifies a code; owners send what members write.
    "network.awards": public,
    "network.award_criteria": public,
    "network.verify": public,
    "network.verify_code": public,
    "network.badge": public,
    # Whose it is, is decided on the award.
    "network.certificate": signed_in,
    "network.apply": employer_member,
    "network.renewal": employer_member,
    "network.application": employer_member,
    "network.application_choices": employer_member,
    "network.application_section": employer_member,
    "network.statement_ask": employer_member,
    "network.submit": employer_owner,
    "network.application_take_back": employer_owner,
    "network.withdraw": employer_owner,
    # The link itself is the key.
    "network.statement": public,
    "network.rounds": lep_staff,
    "network.round_new": lep_staff,
    "network.round": lep_staff,
    "network.round_edit": lep_staff,
    "network.round_cancel": lep_staff,
    "network.round_assessor_add": lep_staff,
    "network.round_assessor_remove": lep_staff,
    "network.round_assign": lep_staff,
    "network.moderate": lep_staff,
    "network.assign": lep_staff,
    "network.conflict_add": lep_staff,
    "network.decide": lep_manager,
    "network.award_revoke": lep_manager,
    # What they were given to assess, is decided on the record.
    "network.assess_list": signed_in,
    "network.assess": signed_in,
    "network.assess_conflict": signed_in,
    "network.assess_file": signed_in,
}
