"""An adviser brings the first owner of an employer that nobody acts for yet."""

from __future__ import annotations

from sqlalchemy import select, update

from portal.accounts.models import User
from portal.db import current_session
from portal.employers import queries
from portal.employers.models import Invitation
from portal.employers.service.people import invite_member
from portal.kernel.clock import utc_now
from portal.kernel.result import Err, Ok, Problem
from portal.programme.models import StaffPost


def invite_first_owner(
    *, reference: str, email: str, by: int, by_name: str
) -> Ok[Invitation] | Err:
    """Invite somebody as the owner of an employer that has none; the caller serves the employer.

    Earlier invitations end: one sent to a wrong address must not make a stranger the owner.
    Refused once there is an owner, who then invites the others, and for an address of staff, who
    would act for both sides.
    """
    employer = queries.employer_for_update(reference)
    if employer is None:
        return Err(Problem("not_found", "There is no such employer"))
    if queries.owner_count(employer.id):
        return Err(Problem("has_owner", "This employer has an owner, who invites colleagues"))
    session = current_session()
    staff = session.scalar(
        select(StaffPost.id)
        .join(User, User.id == StaffPost.user_id)
        .where(User.email == email.strip().lower())
        .limit(1)
    )
    if staff is not None:
        problem = "That is the address of somebody who works for a provider or the programme"
        return Err(Problem("is_staff", problem, "email"))
    session.execute(
        update(Invitation)
        .where(
            Invitation.employer_id == employer.id,
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=utc_now())
    )
    return invite_member(reference=reference, email=email, role="owner", by=by, by_name=by_name)
