"""Who acts for an employer: invitations, requests to join, roles, removal."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from portal.accounts.models import User
from portal.db import audit, current_session
from portal.employers import queries
from portal.employers.models import Employer, Invitation, JoinRequest, Membership
from portal.employers.service import timeline
from portal.integrations.mail import public_link, send_later
from portal.kernel.clock import london, utc_now
from portal.kernel.ids import new_token, token_hash
from portal.kernel.result import Err, Ok, Problem

INVITATION_DAYS = 14
MOST_OPEN_INVITATIONS = 50
ROLES = ("owner", "member")
_AS = {"owner": "an owner", "member": "a member"}
_NO_EMPLOYER = Err(Problem("not_found", "There is no such employer"))
_LAST_OWNER = Err(
    Problem(
        "last_owner",
        "An employer needs an owner. Make somebody else an owner first",
    )
)


def invite_member(
    *, reference: str, email: str, role: str, by: int, by_name: str
) -> Ok[Invitation] | Err:
    """Send somebody a link with which to join; an earlier link to that address ends."""
    employer = queries.employer_for_update(reference)
    if employer is None:
        return _NO_EMPLOYER
    email = email.strip().lower()
    if role not in ROLES:
        return Err(Problem("bad_role", "Choose what they may do", "role"))
    session = current_session()
    user_id = session.scalar(select(User.id).where(User.email == email))
    if user_id is not None and queries.membership(employer.id, user_id):
        return Err(Problem("already_member", "They already act for this employer", "email"))
    open_now = queries.open_invitations(employer.id)
    if len(open_now) >= MOST_OPEN_INVITATIONS:
        return Err(Problem("too_many", "Withdraw invitations nobody uses before sending more"))
    for earlier in session.scalars(
        select(Invitation).where(Invitation.id.in_([i.id for i in open_now if i.email == email]))
    ):
        earlier.withdrawn_at = utc_now()
    token = new_token()
    invitation = Invitation(
        employer_id=employer.id,
        email=email,
        role=role,
        token_hash=token_hash(token),
        invited_by=by,
        expires_at=utc_now() + timedelta(days=INVITATION_DAYS),
    )
    session.add(invitation)
    session.flush()
    until = london(invitation.expires_at)
    _mail(
        to=email,
        subject=f"Join {_one_line(employer.name)} on the Part-Time Talent Portal",
        template="employers_invitation",
        employer=employer,
        by_name=by_name,
        link=public_link("employers.invitation", token=token),
        until=f"{until.day} {until:%B %Y}",
    )
    _tell(employer, "Somebody was invited to act for the employer", by)
    _record("employer.member_invited", employer, by, role=role, invitation=invitation.id)
    return Ok(invitation)


def withdraw_invitation(*, reference: str, invitation_id: int, by: int) -> Ok[Invitation] | Err:
    """End an invitation's link; an accepted one cannot be withdrawn."""
    employer = queries.employer_for_update(reference)
    if employer is None:
        return _NO_EMPLOYER
    invitation = current_session().scalar(
        select(Invitation).where(
            Invitation.id == invitation_id, Invitation.employer_id == employer.id
        )
    )
    if invitation is None or invitation.accepted_at is not None:
        return Err(Problem("not_found", "That invitation has already been used"))
    if invitation.withdrawn_at is None:
        invitation.withdrawn_at = utc_now()
        _tell(employer, "An invitation was withdrawn", by)
        _record("employer.invitation_withdrawn", employer, by, invitation=invitation.id)
    return Ok(invitation)


def accept_invitation(*, token: str, user_id: int, email: str) -> Ok[Employer] | Err:
    """Join an employer by an invitation's link.

    The link works once, until it expires, and for the address it was sent to.
    """
    found = queries.invitation_by_hash(token_hash(token))
    if found is None:
        return Err(Problem("not_found", "This invitation link is not right. Copy all of it"))
    employer = _locked(found[0].employer_id)
    # Read again under the lock: two browsers may hold the same link.
    invitation = current_session().get_one(Invitation, found[0].id, populate_existing=True)
    if invitation.accepted_by == user_id:
        return Ok(employer)
    if invitation.withdrawn_at is not None or invitation.accepted_at is not None:
        return Err(Problem("ended", "This invitation was withdrawn or has been used"))
    if invitation.expires_at <= utc_now():
        return Err(Problem("expired", "This invitation has expired. Ask for a new one"))
    if invitation.email != email.strip().lower():
        return Err(
            Problem(
                "other_address",
                "This invitation was sent to another email address. Sign in with that address, or "
                "ask for an invitation to yours",
            )
        )
    invitation.accepted_at = utc_now()
    invitation.accepted_by = user_id
    _join(employer, user_id, invitation.role)
    _tell(employer, f"{_name(user_id)} joined by invitation", user_id)
    _record("employer.invitation_accepted", employer, user_id, invitation=invitation.id)
    return Ok(employer)


def request_to_join(*, employer_id: int, user_id: int) -> Ok[JoinRequest] | Err:
    """Ask the owners of an employer that already uses the portal; asking twice asks once."""
    employer = _locked(employer_id)
    if queries.membership(employer_id, user_id):
        return Err(Problem("already_member", "You already act for this employer"))
    session = current_session()
    request = session.scalar(
        select(JoinRequest).where(
            JoinRequest.employer_id == employer_id, JoinRequest.user_id == user_id
        )
    )
    if request is not None and request.state == "pending":
        return Ok(request)
    if request is None:
        request = JoinRequest(employer_id=employer_id, user_id=user_id)
        session.add(request)
    request.state = "pending"
    request.asked_at = utc_now()
    request.decided_at = request.decided_by = None
    session.flush()
    person = session.get_one(User, user_id)
    for address in queries.owner_emails(employer_id):
        _mail(
            to=address,
            subject="Somebody asks to join your employer",
            template="employers_join_request",
            employer=employer,
            person_name=person.name,
            person_email=person.email,
            link=public_link("employers.people", employer=employer.reference),
        )
    _tell(employer, f"{person.name} asked to act for the employer", user_id)
    _record("employer.join_requested", employer, user_id, request=request.id)
    return Ok(request)


def decide_request(
    *, reference: str, request_id: int, approve: bool, by: int
) -> Ok[JoinRequest] | Err:
    """Let somebody who asked join as a member, or decline."""
    employer = queries.employer_for_update(reference)
    if employer is None:
        return _NO_EMPLOYER
    session = current_session()
    request = session.scalar(
        select(JoinRequest).where(
            JoinRequest.id == request_id, JoinRequest.employer_id == employer.id
        )
    )
    if request is None or request.state != "pending":
        return Err(Problem("not_found", "Somebody has already answered that request"))
    request.state = "approved" if approve else "declined"
    request.decided_at = utc_now()
    request.decided_by = by
    if approve:
        _join(employer, request.user_id, "member")
    person = session.get_one(User, request.user_id)
    _mail(
        to=person.email,
        subject="Your request to join an employer",
        template="employers_join_decided",
        employer=employer,
        approved=approve,
        link=public_link("employers.index"),
    )
    outcome = "joined: the request was approved" if approve else "asked to join and was declined"
    _tell(employer, f"{person.name} {outcome}", by)
    action = "employer.join_approved" if approve else "employer.join_declined"
    _record(action, employer, by, user=request.user_id)
    return Ok(request)


def change_role(*, reference: str, membership_id: int, role: str, by: int) -> Ok[Membership] | Err:
    """Make a member an owner or an owner a member; never the last owner."""
    found = _member(reference, membership_id)
    if isinstance(found, Err):
        return found
    employer, membership = found
    if role not in ROLES:
        return Err(Problem("bad_role", "Choose owner or member", "role"))
    if membership.role == "owner" and role != "owner" and queries.owner_count(employer.id) <= 1:
        return _LAST_OWNER
    if membership.role != role:
        membership.role = role
        _tell(employer, f"{_name(membership.user_id)} is now {_AS[role]}", by)
        _record("employer.role_changed", employer, by, user=membership.user_id, role=role)
    return Ok(membership)


def remove_member(*, reference: str, membership_id: int, by: int) -> Ok[Employer] | Err:
    """Take somebody off the employer; never the last owner."""
    found = _member(reference, membership_id)
    if isinstance(found, Err):
        return found
    employer, membership = found
    if membership.role == "owner" and queries.owner_count(employer.id) <= 1:
        return _LAST_OWNER
    _tell(employer, f"{_name(membership.user_id)} no longer acts for the employer", by)
    _record("employer.member_removed", employer, by, user=membership.user_id)
    current_session().delete(membership)
    current_session().flush()
    return Ok(employer)


def _member(reference: str, membership_id: int) -> tuple[Employer, Membership] | Err:
    employer = queries.employer_for_update(reference)
    if employer is None:
        return _NO_EMPLOYER
    membership = current_session().scalar(
        select(Membership).where(
            Membership.id == membership_id, Membership.employer_id == employer.id
        )
    )
    if membership is None:
        return Err(Problem("not_found", "That person no longer acts for this employer"))
    return employer, membership


def _locked(employer_id: int) -> Employer:
    return (
        current_session()
        .execute(
            select(Employer)
            .where(Employer.id == employer_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .scalar_one()
    )


def _join(employer: Employer, user_id: int, role: str) -> None:
    session = current_session()
    known = queries.membership(employer.id, user_id)
    if known is None:
        session.add(Membership(employer_id=employer.id, user_id=user_id, role=role))
    elif role == "owner":
        known.role = "owner"
    pending = session.scalar(
        select(JoinRequest).where(
            JoinRequest.employer_id == employer.id,
            JoinRequest.user_id == user_id,
            JoinRequest.state == "pending",
        )
    )
    if pending is not None:
        pending.state = "approved"
        pending.decided_at = utc_now()
    session.flush()


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _mail(*, to: str, subject: str, template: str, employer: Employer, **context: object) -> None:
    send_later(
        to=to,
        subject=subject,
        template=template,
        context={"employer_name": employer.name, **context},
    )


def _name(user_id: int) -> str:
    return timeline.author(user_id).shown


def _tell(employer: Employer, title: str, by: int) -> None:
    timeline.note(employer_id=employer.id, kind="people", title=title, by=timeline.author(by))


def _record(action: str, employer: Employer, by: int | None, **detail: object) -> None:
    audit.record(
        action=action, subject=f"employer:{employer.reference}", detail=detail, actor_id=by
    )
