"""Whom the forum tells what by mail: nothing that is hidden, and nothing to its own author."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from portal.accounts.models import Role, User, users_roles
from portal.db import current_session
from portal.db.outbox import OutboxEntry
from portal.employers.models import Employer, Membership
from portal.network.models import (
    ForumCategory,
    ForumPost,
    ForumSubscription,
    ForumThread,
    NetworkMember,
)
from portal.network.queries.forum import LISTED
from portal.network.queries.forum_posts import shown_as

_STAFF = ("adviser", "provider_manager", "lep_officer", "lep_manager", "administrator")
_MOST_PEOPLE = 300


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who may read the forum, with an address."""

    user_id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Fresh:
    """A post that nobody was told of yet. ``by`` is for leaving out its author only."""

    id: int
    reference: str
    by: int | None
    who: str
    body: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DigestThread:
    """A thread of the week: how many posts others wrote in it."""

    reference: str
    title: str
    category: str
    fresh: int


@dataclass(slots=True)
class Digest:
    """One person's week."""

    reader: Reader
    threads: list[DigestThread] = field(default_factory=list)


def may_read() -> ColumnElement[bool]:
    """Of ``users``: staff, and people of employers in the network now."""
    inside = exists(
        select(Membership.id)
        .join(NetworkMember, NetworkMember.employer_id == Membership.employer_id)
        .where(Membership.user_id == User.id, NetworkMember.left_at.is_(None))
    )
    staff = exists(
        select(users_roles.c.user_id)
        .join(Role, Role.id == users_roles.c.role_id)
        .where(users_roles.c.user_id == User.id, Role.name.in_(_STAFF))
    )
    return and_(User.active.is_(True), User.confirmed_at.is_not(None), or_(inside, staff))


def fresh_of(thread_id: int) -> list[Fresh]:
    """Posts of a thread that are shown and of which nobody was told, oldest first."""
    rows: Any = current_session().execute(
        select(ForumPost, Employer.name, NetworkMember.shown)
        .join(ForumThread, ForumThread.id == ForumPost.thread_id)
        .outerjoin(
            NetworkMember,
            and_(
                NetworkMember.employer_id == ForumPost.employer_id, NetworkMember.left_at.is_(None)
            ),
        )
        .outerjoin(Employer, Employer.id == NetworkMember.employer_id)
        .where(
            ForumPost.thread_id == thread_id,
            ForumPost.state == "shown",
            ForumPost.told_at.is_(None),
            LISTED,
        )
        .order_by(ForumPost.id)
    )
    return [
        Fresh(
            post.id,
            post.reference,
            post.by,
            shown_as(
                post.by_name,
                unnamed=post.unnamed,
                is_staff=post.is_staff,
                employer=employer,
                shown=shown,
            ),
            post.body,
            post.created_at,
        )
        for post, employer, shown in rows
    ]


def posts_to_tell(keys: Collection[int]) -> list[ForumPost]:
    """The posts, held, that nobody else has told of meanwhile."""
    return list(
        current_session().scalars(
            select(ForumPost)
            .where(ForumPost.id.in_(keys), ForumPost.told_at.is_(None))
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def thread_by_key(thread_id: int) -> ForumThread | None:
    """A thread, held."""
    return current_session().scalar(
        select(ForumThread)
        .where(ForumThread.id == thread_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def at_once(thread_id: int, category_id: int) -> list[Reader]:
    """Who wants to hear of a thread at once; what one says of the thread goes before the part."""
    rows: Any = current_session().execute(
        select(User.id, User.name, User.email, ForumSubscription.thread_id, ForumSubscription.how)
        .join(ForumSubscription, ForumSubscription.user_id == User.id)
        .where(
            or_(
                ForumSubscription.thread_id == thread_id,
                ForumSubscription.category_id == category_id,
            ),
            may_read(),
        )
        .order_by(User.id, ForumSubscription.thread_id.is_(None))
    )
    chosen: dict[int, tuple[Reader, str]] = {}
    for key, name, email, _about, how in rows:
        chosen.setdefault(key, (Reader(key, name, email), how))
    return [reader for reader, how in chosen.values() if how == "at_once"]


def people_in(thread_id: int, category_id: int) -> list[tuple[int, str]]:
    """People who write under their names: of the thread first, then of its part, latest first."""
    rows = current_session().execute(
        select(ForumPost.by, ForumPost.by_name, func.max(ForumPost.id))
        .join(ForumThread, ForumThread.id == ForumPost.thread_id)
        .where(
            ForumThread.category_id == category_id,
            LISTED,
            ForumPost.state == "shown",
            ForumPost.unnamed.is_(False),
            ForumPost.by.is_not(None),
        )
        .group_by(ForumPost.by, ForumPost.by_name)
        .order_by(
            func.max(ForumPost.thread_id == thread_id)
            if _is_sqlite()
            else func.bool_or(ForumPost.thread_id == thread_id),
            func.max(ForumPost.id),
        )
    )
    found = [(key, name) for key, name, _last in rows if key is not None]
    return list(reversed(found))[:_MOST_PEOPLE]


def readers(keys: Collection[int]) -> list[Reader]:
    """Those of these people who may read the forum."""
    rows = current_session().execute(
        select(User.id, User.name, User.email).where(User.id.in_(keys), may_read())
    )
    return [Reader(*row) for row in rows]


def digests(*, start: datetime, end: datetime) -> Mapping[int, Digest]:
    """For everybody with a digest: the threads in which others wrote in a week.

    A subscription begun after the week does not bring it. A thread that somebody hears of at once
    is not in their digest.
    """
    subscribers = select(ForumSubscription.user_id).where(ForumSubscription.how == "digest")
    rows: Any = current_session().execute(
        select(
            User.id,
            User.name,
            User.email,
            ForumThread.reference,
            ForumThread.title,
            ForumCategory.title,
            func.count(ForumPost.id),
        )
        .select_from(User)
        .join(
            ForumPost,
            and_(
                ForumPost.state == "shown",
                ForumPost.shown_at >= start,
                ForumPost.shown_at < end,
                or_(ForumPost.by.is_(None), ForumPost.by != User.id),
            ),
        )
        .join(ForumThread, ForumThread.id == ForumPost.thread_id)
        .join(ForumCategory, ForumCategory.id == ForumThread.category_id)
        .where(
            User.id.in_(subscribers),
            may_read(),
            LISTED,
            _wants_digest(end),
        )
        .group_by(User.id, ForumThread.id, ForumCategory.id)
        .order_by(User.id, ForumCategory.position, func.count(ForumPost.id).desc(), ForumThread.id)
    )
    found: dict[int, Digest] = {}
    for key, name, email, *about in rows:
        digest = found.setdefault(key, Digest(Reader(key, name, email)))
        digest.threads.append(DigestThread(*about))
    return found


def _wants_digest(end: datetime) -> ColumnElement[bool]:
    """Of ``users`` and threads: whether the thread belongs in the person's digest."""
    of_thread = (
        select(ForumSubscription.user_id, ForumThread.id.label("thread_id"), ForumSubscription.how)
        .join(ForumThread, ForumThread.id == ForumSubscription.thread_id)
        .where(ForumSubscription.created_at < end)
    ).subquery()
    own = (
        select(of_thread.c.how)
        .where(of_thread.c.user_id == User.id, of_thread.c.thread_id == ForumThread.id)
        .correlate(User, ForumThread)
        .scalar_subquery()
    )
    of_category = exists(
        select(ForumSubscription.id)
        .where(
            ForumSubscription.user_id == User.id,
            ForumSubscription.category_id == ForumThread.category_id,
            ForumSubscription.how == "digest",
            ForumSubscription.created_at < end,
        )
        .correlate(User, ForumThread)
    )
    return or_(own == "digest", and_(own.is_(None), of_category))


def promised(keys: Collection[str]) -> frozenset[str]:
    """Those of the mails, by their unique keys, that were sent or wait to be."""
    found = current_session().scalars(
        select(OutboxEntry.unique_key).where(OutboxEntry.unique_key.in_(keys))
    )
    return frozenset(key for key in found if key is not None)


def _is_sqlite() -> bool:
    return current_session().get_bind().dialect.name == "sqlite"
