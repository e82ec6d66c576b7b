"""Who belongs to an employer, who is invited, and who asks to join."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from portal.accounts.models import User
from portal.db import current_session
from portal.employers.models import Employer, EmployerSite, Invitation, JoinRequest, Membership
from portal.kernel.clock import utc_now


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who acts for an employer."""

    membership_id: int
    user_id: int
    name: str
    email: str
    role: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """An invitation not yet accepted, or somebody who asks to join."""

    id: int
    name: str
    email: str
    role: str
    at: datetime


def people(employer_id: int) -> list[Person]:
    """Owners first, then members, by name."""
    rows = current_session().execute(
        select(Membership.id, User.id, User.name, User.email, Membership.role)
        .join(User, User.id == Membership.user_id)
        .where(Membership.employer_id == employer_id)
        .order_by(Membership.role.desc(), User.name, Membership.id)
    )
    return [Person(*row) for row in rows]


def open_invitations(employer_id: int) -> list[Waiting]:
    """Invitations that can still be accepted."""
    rows = current_session().execute(
        select(Invitation.id, Invitation.email, Invitation.role, Invitation.expires_at)
        .where(
            Invitation.employer_id == employer_id,
            Invitation.accepted_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.expires_at > utc_now(),
        )
        .order_by(Invitation.id)
    )
    return [Waiting(id_, "", email, role, at) for id_, email, role, at in rows]


def open_requests(employer_id: int) -> list[Waiting]:
    """People who asked to join and have had no answer."""
    rows = current_session().execute(
        select(JoinRequest.id, User.name, User.email, JoinRequest.asked_at)
        .join(User, User.id == JoinRequest.user_id)
        .where(JoinRequest.employer_id == employer_id, JoinRequest.state == "pending")
        .order_by(JoinRequest.id)
    )
    return [Waiting(id_, name, email, "member", at) for id_, name, email, at in rows]


def owner_emails(employer_id: int) -> list[str]:
    """Addresses of an employer's owners."""
    return list(
        current_session().scalars(
            select(User.email)
            .join(Membership, Membership.user_id == User.id)
            .where(Membership.employer_id == employer_id, Membership.role == "owner")
            .order_by(User.id)
        )
    )


def owner_count(employer_id: int) -> int:
    """How many owners an employer has."""
    count = current_session().scalar(
        select(func.count(Membership.id)).where(
            Membership.employer_id == employer_id, Membership.role == "owner"
        )
    )
    return int(count or 0)


def membership(employer_id: int, user_id: int) -> Membership | None:
    """A person's membership of an employer."""
    return current_session().scalar(
        select(Membership).where(
            Membership.employer_id == employer_id, Membership.user_id == user_id
        )
    )


def invitation_by_hash(token_hash: str) -> tuple[Invitation, str] | None:
    """An invitation by the hash of its link, with the employer's name."""
    row = (
        current_session()
        .execute(
            select(Invitation, Employer.name)
            .join(Employer, Employer.id == Invitation.employer_id)
            .where(Invitation.token_hash == token_hash)
        )
        .first()
    )
    return None if row is None else (row[0], row[1])


def employer_with(*, entry_id: int | None = None, number: str | None = None) -> Employer | None:
    """The employer that already has this register entry, or this company number.

    A number of a record that was merged leads to the one it was merged into.
    """
    tests = []
    if entry_id is not None:
        tests.append(Employer.register_entry_id == entry_id)
    if number:
        tests.append(Employer.company_number == number)
    if not tests:
        return None
    session = current_session()
    found = session.scalar(select(Employer).where(or_(*tests)).order_by(Employer.id))
    if found is None or found.merged_into_id is None:
        return found
    return session.get(Employer, found.merged_into_id)


def sites(employer_id: int, *, withdrawn: bool = False) -> list[EmployerSite]:
    """Places an employer works from; with ``withdrawn`` those it has left as well."""
    query = (
        select(EmployerSite)
        .where(EmployerSite.employer_id == employer_id)
        .order_by(EmployerSite.name, EmployerSite.id)
    )
    if not withdrawn:
        query = query.where(EmployerSite.withdrawn_at.is_(None))
    return list(current_session().scalars(query))
