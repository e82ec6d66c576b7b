"""What a person may do in the forum now, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select

from portal.accounts.models import User
from portal.db import current_session
from portal.employers.models import Employer, Membership
from portal.kernel.clock import utc_now
from portal.network.models import ForumPromise, ForumSuspension, NetworkMember
from portal.network.rules.forum_words import CODE_VERSION, Rank


@dataclass(frozen=True, slots=True)
class Place:
    """An employer in the network for which a person writes; ``named`` says if peers see its name.

    ``names`` are what would give it away in a text that is posted without a name.
    """

    id: int
    reference: str
    name: str
    named: bool
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Who somebody is in the forum, and what stands in the way of writing."""

    user_id: int
    name: str
    rank: Rank
    places: tuple[Place, ...]
    promised: bool
    suspended_until: datetime | None

    @property
    def is_staff(self) -> bool:
        """Whether they may write and read as staff."""
        return self.rank != "member"

    @property
    def is_moderator(self) -> bool:
        """Whether they may moderate."""
        return self.rank == "moderator"

    @property
    def may_read(self) -> bool:
        """Staff, and people of employers in the network."""
        return self.is_staff or bool(self.places)

    @property
    def employer_ids(self) -> frozenset[int]:
        """Keys of their employers in the network."""
        return frozenset(place.id for place in self.places)

    def place(self, reference: str) -> Place | None:
        """One of their employers, by its reference."""
        return next((one for one in self.places if one.reference == reference), None)


def standing(user_id: int, rank: Rank) -> Standing | None:
    """What a person may do now; ``rank`` comes from how they are signed in."""
    promised, suspended = _conditions(user_id)
    rows: Any = (
        current_session()
        .execute(
            select(
                User.name,
                User.email,
                promised,
                suspended,
                Employer.id,
                Employer.reference,
                Employer.name,
                Employer.trading_name,
                NetworkMember.shown,
                NetworkMember.website,
            )
            .select_from(User)
            .outerjoin(Membership, Membership.user_id == User.id)
            .outerjoin(
                NetworkMember,
                and_(
                    NetworkMember.employer_id == Membership.employer_id,
                    NetworkMember.left_at.is_(None),
                ),
            )
            .outerjoin(Employer, Employer.id == NetworkMember.employer_id)
            .where(User.id == user_id, User.active.is_(True))
            .order_by(Employer.name, Employer.id)
        )
        .all()
    )
    if not rows:
        return None
    name, email, has_promised, until = rows[0][:4]
    places = tuple(_place(*row[4:], own=(name, email)) for row in rows if row[4] is not None)
    return Standing(user_id, name, rank, places, bool(has_promised), until)


def _conditions(user_id: int) -> tuple[Any, Any]:
    """Whether the code of conduct is accepted, and until when writing is stopped."""
    promised = (
        select(func.count(ForumPromise.id))
        .where(ForumPromise.user_id == user_id, ForumPromise.version == CODE_VERSION)
        .scalar_subquery()
    )
    suspended = (
        select(func.max(ForumSuspension.until))
        .where(
            ForumSuspension.user_id == user_id,
            ForumSuspension.lifted_at.is_(None),
            ForumSuspension.until > utc_now(),
        )
        .scalar_subquery()
    )
    return promised, suspended


def _place(
    key: int,
    reference: str,
    name: str,
    trading: str | None,
    shown: list[str],
    website: str,
    *,
    own: tuple[str, str],
) -> Place:
    names = tuple(one for one in (name, trading or "", website, *own) if one)
    return Place(key, reference, name, "name" in shown, names)


def promise_to_change(user_id: int) -> ForumPromise | None:
    """A person's promise, held: one person's posts come one after the other."""
    return current_session().scalar(
        select(ForumPromise)
        .where(ForumPromise.user_id == user_id, ForumPromise.version == CODE_VERSION)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def suspension_to_lift(suspension_id: int) -> ForumSuspension | None:
    """A suspension, held until the unit of work ends."""
    return current_session().scalar(
        select(ForumSuspension)
        .where(ForumSuspension.id == suspension_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
