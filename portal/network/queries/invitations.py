"""Whom a business has invited, and who came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from portal.db import current_session
from portal.employers.models import Employer, Membership
from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of
from portal.kernel.addresses import mailbox
from portal.network.models import MailRefusal, NetworkInvitation, NetworkMember
from portal.network.queries.members import UNNAMED, public_names
from portal.network.rules.invitations import STATES


@dataclass(frozen=True, slots=True)
class InvitationFacts:
    """An invitation as its sender sees it."""

    reference: str
    to_business: str
    to_name: str
    to_email: str
    state: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Brought:
    """An employer that came into the network by another: under the name that it shows."""

    name: str
    joined_at: datetime | None
    by_link: bool


@dataclass(frozen=True, slots=True)
class Door:
    """What a join link leads to: who invites, and the words that go with it.

    ``invitation`` is the reference of the mail it came by, if it came by one.
    """

    employer_id: int
    employer_name: str
    by_name: str = ""
    to_name: str = ""
    words: str = ""
    invitation: str | None = None
    state: str = ""


def sent(employer_id: int, *, limit: int, offset: int = 0) -> list[InvitationFacts]:
    """The mails a business sent, the latest first."""
    rows = current_session().execute(
        select(
            NetworkInvitation.reference,
            NetworkInvitation.to_business,
            NetworkInvitation.to_name,
            NetworkInvitation.to_email,
            NetworkInvitation.state,
            NetworkInvitation.by_name,
            NetworkInvitation.created_at,
        )
        .where(_mails_of(employer_id))
        .order_by(NetworkInvitation.created_at.desc(), NetworkInvitation.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [InvitationFacts(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many mails a business sent, how many of them since an instant, and who came."""

    sent: int
    lately: int
    brought: int


def counts(employer_id: int, *, since: datetime) -> Counts:
    """The numbers of a business's invitations; one statement."""
    is_mail = NetworkInvitation.to_email != ""
    row = (
        current_session()
        .execute(
            select(
                func.count(case((is_mail, 1))),
                func.count(case((is_mail & (NetworkInvitation.created_at >= since), 1))),
                func.count(case((brings_another(), 1))),
            ).where(NetworkInvitation.from_employer_id == employer_id)
        )
        .one()
    )
    return Counts(*row)


def brought_by(employer_id: int, *, limit: int = 200) -> list[Brought]:
    """Who came into the network by a business, the latest first.

    A business that was invited by mail is named as its sender wrote it; one that came by the link
    under the name it shows to others.
    """
    rows = (
        current_session()
        .execute(
            select(
                NetworkInvitation.to_business,
                NetworkInvitation.joined_at,
                NetworkInvitation.joined_employer_id,
            )
            .where(NetworkInvitation.from_employer_id == employer_id, brings_another())
            .order_by(NetworkInvitation.joined_at.desc(), NetworkInvitation.id.desc())
            .limit(limit)
        )
        .all()
    )
    known = public_names([key for _to, _at, key in rows if key is not None])
    return [
        Brought(to or known.get(key or 0, UNNAMED), joined_at, not to)
        for to, joined_at, key in rows
    ]


def brings_another() -> ColumnElement[bool]:
    """What counts as bringing a business; nobody brings a record that became part of its own."""
    own_parts = select(Employer.id).where(
        Employer.merged_into_id == NetworkInvitation.from_employer_id
    )
    return and_(
        NetworkInvitation.state == "joined",
        NetworkInvitation.joined_employer_id.not_in(own_parts.correlate(NetworkInvitation)),
    )


def door(*, token_hash: str, link_code: str) -> Door | None:
    """What stands behind a join link: the token of a mail, or the code of an employer's own."""
    row = (
        current_session()
        .execute(
            select(NetworkInvitation, Employer.name, Employer.trading_name)
            .join(Employer, Employer.id == NetworkInvitation.from_employer_id)
            .where(NetworkInvitation.token_hash == token_hash, NetworkInvitation.to_email != "")
        )
        .one_or_none()
    )
    if row is not None:
        found = row[0]
        return Door(
            found.from_employer_id,
            row[2] or row[1],
            found.by_name,
            found.to_name,
            found.words,
            found.reference,
            found.state,
        )
    own = _own_door(link_code)
    return None if own is None else Door(own[0], own[2] or own[1])


def _own_door(link_code: str) -> tuple[int, str, str | None] | None:
    """Whose link it is. One of a record that was merged leads to the one it went into."""
    passed_on, into = aliased(NetworkMember), aliased(Employer)
    row = (
        current_session()
        .execute(
            select(into.id, into.name, into.trading_name)
            .select_from(passed_on)
            .join(Employer, Employer.id == passed_on.employer_id)
            .join(into, into.id == func.coalesce(Employer.merged_into_id, Employer.id))
            .join(NetworkMember, NetworkMember.employer_id == into.id)
            .where(
                passed_on.link_code == link_code,
                NetworkMember.left_at.is_(None),
                into.merged_into_id.is_(None),
            )
        )
        .one_or_none()
    )
    return None if row is None else (row[0], row[1], row[2])


def to_change(employer_id: int, reference: str) -> NetworkInvitation | None:
    """A mail that a business sent, held until the unit of work ends."""
    return current_session().scalar(
        select(NetworkInvitation)
        .where(_mails_of(employer_id), NetworkInvitation.reference == reference)
        .with_for_update()
    )


def by_token_to_change(token_hash: str) -> NetworkInvitation | None:
    """The invitation of a mailed link, held until the unit of work ends."""
    return current_session().scalar(
        select(NetworkInvitation)
        .where(NetworkInvitation.token_hash == token_hash)
        .with_for_update()
    )


def open_for(email: str) -> NetworkInvitation | None:
    """The first invitation to a mailbox that waits for an answer, held likewise."""
    return current_session().scalar(
        select(NetworkInvitation)
        .where(same_mailbox(NetworkInvitation.to_email, email), NetworkInvitation.state == "sent")
        .order_by(NetworkInvitation.id)
        .limit(1)
        .with_for_update()
    )


def came_by(employer_id: int) -> bool:
    """Whether an employer has been counted to somebody who brought it."""
    return (
        current_session().scalar(
            select(NetworkInvitation.id)
            .where(NetworkInvitation.joined_employer_id == employer_id)
            .limit(1)
        )
        is not None
    )


def acts_for(user_id: int | None, employer_id: int) -> bool:
    """Whether a person belongs to an employer."""
    return (
        user_id is not None
        and current_session().scalar(
            select(Membership.id).where(
                Membership.user_id == user_id, Membership.employer_id == employer_id
            )
        )
        is not None
    )


def wants_none(email: str) -> bool:
    """Whether whoever reads a mailbox has said no to invitations, to anybody."""
    session = current_session()
    refusal: Select[Any] = select(MailRefusal.id).where(
        same_mailbox(MailRefusal.email, email), MailRefusal.kind == "invitations"
    )
    said_no: Select[Any] = select(NetworkInvitation.id).where(
        same_mailbox(NetworkInvitation.to_email, email), NetworkInvitation.state == "refused"
    )
    return any(session.scalar(query.limit(1)) is not None for query in (refusal, said_no))


def asked_before(email: str, employer_id: int) -> bool:
    """Whether a business has sent this mailbox a mail already."""
    return (
        current_session().scalar(
            select(NetworkInvitation.id)
            .where(same_mailbox(NetworkInvitation.to_email, email), _mails_of(employer_id))
            .limit(1)
        )
        is not None
    )


def asked_by_all(email: str, *, since: datetime) -> int:
    """How many mails a mailbox got from all businesses since an instant."""
    return (
        current_session().scalar(
            select(func.count(NetworkInvitation.id)).where(
                same_mailbox(NetworkInvitation.to_email, email),
                NetworkInvitation.created_at >= since,
            )
        )
        or 0
    )


def same_mailbox(column: Any, email: str) -> ColumnElement[bool]:
    """Whether stored addresses lead to the same mailbox: with a tag ("ada+shop@…") or without."""
    local, at, domain = mailbox(email).rpartition("@")
    tagged = "".join(f"\\{char}" if char in "%_\\" else char for char in f"{local}+")
    rest = "".join(f"\\{char}" if char in "%_\\" else char for char in f"{at}{domain}")
    return or_(column == f"{local}{at}{domain}", column.like(f"{tagged}%{rest}", escape="\\"))


def pairs_of(employer_ids: list[int]) -> list[tuple[int, int, int | None]]:
    """Invitations of some employers: key, who invited, who joined."""
    rows = current_session().execute(
        select(
            NetworkInvitation.id,
            NetworkInvitation.from_employer_id,
            NetworkInvitation.joined_employer_id,
        )
        .where(
            or_(
                NetworkInvitation.from_employer_id.in_(employer_ids),
                NetworkInvitation.joined_employer_id.in_(employer_ids),
            )
        )
        .order_by(NetworkInvitation.id)
    )
    return [(key, one, other) for key, one, other in rows]


def _mails_of(employer_id: int) -> ColumnElement[bool]:
    return (NetworkInvitation.from_employer_id == employer_id) & (NetworkInvitation.to_email != "")


HELD: Final = TableShown(
    table_of(NetworkInvitation),
    lambda key: NetworkInvitation.from_employer_id == key,
    {
        "reference": "Reference",
        "created_at": "Sent",
        "to_business": "To which business",
        "to_name": "To whom",
        "to_email": "Address",
        "words": "Your words",
        "state": "What became of it",
        "joined_at": "Joined",
        "by": "By",
        "by_name": "Their name then",
    },
    names("id from_employer_id token_hash joined_employer_id updated_at"),
    words={"state": STATES},
)
