"""One business invites another, and is counted as having brought it when it joins."""

from __future__ import annotations

from portal.db import audit, current_session
from portal.employers.queries import EmployerProfile, employer_for_update
from portal.integrations.mail import public_link
from portal.kernel.clock import today, utc_now
from portal.kernel.ids import new_token, token_hash
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import NetworkInvitation
from portal.network.queries import invitations as found
from portal.network.queries import members
from portal.network.rules.invitations import (
    ALREADY_ASKED,
    ENOUGH_FOR_ONE,
    MOST_A_DAY,
    MOST_TO_ONE,
    TOO_MANY,
    WANTS_NONE,
    Invited,
    asked_since,
    day_began,
    faults,
)
from portal.network.rules.members import without_links
from portal.network.service import mails

NOT_IN = Problem("not_in", "Join the network first, then invite others")
NO_INVITATION = Problem("no_invitation", "This invitation cannot be changed any more")
KIND = "invitations"


def own_link(code: str) -> str:
    """The address that an employer passes on itself."""
    return public_link("network.invited", code=code)


def invite(
    *, employer: EmployerProfile, invited: Invited, by: Author
) -> Ok[NetworkInvitation] | list[Problem]:
    """Send a business one mail with a link of its own. What is refused is logged."""
    if employer_for_update(employer.reference) is None or not members.is_member(employer.id):
        return [NOT_IN]
    problems = faults(invited) or _manners(employer.id, invited)
    if problems:
        audit.record(
            action="network.refused.invitation",
            subject=f"employer:{employer.reference}",
            detail={"why": [problem.code for problem in problems]},
            actor_id=by.user_id,
        )
        return problems
    token = new_token()
    invitation = NetworkInvitation(
        from_employer_id=employer.id,
        by=by.user_id,
        by_name=by.shown,
        to_business=invited.business.strip(),
        to_name=invited.name.strip(),
        to_email=invited.email.strip().lower(),
        words=invited.words.strip(),
        token_hash=token_hash(token),
    )
    current_session().add(invitation)
    current_session().flush()
    _send(invitation, employer.display_name, token)
    _record("sent", invitation, by)
    return Ok(invitation)


def withdraw(*, employer: EmployerProfile, reference: str, by: Author) -> Ok[None] | Err:
    """End the link of an invitation that nobody has answered."""
    invitation = found.to_change(employer.id, reference)
    if invitation is None or invitation.state != "sent":
        return Err(NO_INVITATION)
    invitation.state = "withdrawn"
    _record("withdrawn", invitation, by)
    current_session().flush()
    return Ok(None)


def decline(*, token: str) -> Ok[None] | Err:
    """Say no for good: whoever was written to gets no invitation from any business again."""
    invitation = found.by_token_to_change(token_hash(token))
    if invitation is None or not invitation.to_email or invitation.state == "joined":
        return Err(NO_INVITATION)
    if invitation.state != "refused":
        invitation.state = "refused"
        mails.refuse(email=invitation.to_email, kind=KIND)
        _record("refused", invitation, None)
    current_session().flush()
    return Ok(None)


def count_joined(*, employer_id: int, came_by: str, by: Author) -> NetworkInvitation | None:
    """Count an employer that joins to the business that brought it, once and for all.

    By the link that led here; without one, by an open invitation to the address of who joins,
    since a link in a mail is often opened in one browser and the account made in another.
    """
    if found.came_by(employer_id):
        return None
    invitation = _invitation_for(came_by, by)
    if invitation is None:
        return None
    inviter = invitation.from_employer_id
    if inviter == employer_id or found.acts_for(by.user_id, inviter):
        audit.record(
            action="network.refused.own_invitation",
            subject=f"employer_id:{employer_id}",
            detail={"why": "own"},
            actor_id=by.user_id,
        )
        return None
    current_session().add(invitation)
    invitation.state = "joined"
    invitation.joined_employer_id = employer_id
    invitation.joined_at = utc_now()
    current_session().flush()
    _record("joined", invitation, by)
    return invitation


def _invitation_for(came_by: str, by: Author) -> NetworkInvitation | None:
    door = found.door(token_hash=token_hash(came_by), link_code=came_by) if came_by else None
    if door is not None and door.invitation is None:
        return _by_link(door.employer_id)
    if door is not None and door.state == "sent":
        return found.by_token_to_change(token_hash(came_by))
    if door is not None and door.state == "joined":
        # The mail was passed on to one business more: it came by the same sender.
        return _by_link(door.employer_id)
    return found.open_for(by.email) if by.email else None


def _by_link(inviter: int) -> NetworkInvitation:
    return NetworkInvitation(
        from_employer_id=inviter, by_name="", token_hash=token_hash(new_token()), state="joined"
    )


def _manners(employer_id: int, invited: Invited) -> list[Problem]:
    now = utc_now()
    if found.counts(employer_id, since=day_began(today())).lately >= MOST_A_DAY:
        return [TOO_MANY]
    if found.wants_none(invited.email):
        return [WANTS_NONE]
    if found.asked_before(invited.email, employer_id):
        return [ALREADY_ASKED]
    if found.asked_by_all(invited.email, since=asked_since(now)) >= MOST_TO_ONE:
        return [ENOUGH_FOR_ONE]
    return []


def _send(invitation: NetworkInvitation, employer_name: str, token: str) -> None:
    sender = without_links(invitation.by_name, instead="A colleague")
    mails.tell(
        kind=KIND,
        to=invitation.to_email,
        subject=f"{without_links(employer_name, instead='A business')[:100]} invites you to a "
        "network of employers",
        template="network_invitation",
        context={
            "to_name": invitation.to_name,
            "by_name": sender,
            "employer_name": without_links(employer_name, instead="a business near you"),
            "words": invitation.words,
            "link": public_link("network.invited", code=token),
        },
        unique_key=f"network.invitation:{invitation.reference}",
    )


def _record(what: str, invitation: NetworkInvitation, by: Author | None) -> None:
    audit.record(
        action=f"network_invitation.{what}",
        subject=f"network_invitation:{invitation.reference}",
        actor_id=by.user_id if by else None,
    )
