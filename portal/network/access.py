"""Who may open which page of the network.

Anybody reads what employers have chosen to show, the events and the awards. What is written among
peers is for employers in the network and for staff; LEP staff run rounds, events and moderation.
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
}
