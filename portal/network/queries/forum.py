"""Parts and threads of the forum, as people read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import aliased

from portal.db import current_session
from portal.network.models import ForumCategory, ForumPost, ForumSubscription, ForumThread
from portal.network.queries.forum_standing import Standing
from portal.network.rules.forum_words import A_PAGE

# A thread that others see: hidden ones and those whose posts are all hidden are nowhere.
LISTED: Final = and_(ForumThread.state != "hidden", ForumThread.posts > 0)


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """A part of the forum with what it holds."""

    id: int
    slug: str
    title: str
    about: str
    dimension: str | None
    sector: str | None
    closed: bool
    threads: int = 0
    posts: int = 0
    last_post_at: datetime | None = None
    how: str | None = None


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """A thread in a list."""

    reference: str
    title: str
    state: str
    pinned: bool
    solved: bool
    posts: int
    last_post_at: datetime
    category: str
    category_slug: str


@dataclass(frozen=True, slots=True)
class ThreadFacts:
    """A thread as its page shows it. ``how`` is the reader's own subscription."""

    id: int
    reference: str
    title: str
    state: str
    pinned: bool
    posts: int
    solved_by_id: int | None
    solved_by: str | None
    category_id: int
    category: str
    category_slug: str
    is_mine: bool
    how: str | None
    category_how: str | None

    @property
    def is_open(self) -> bool:
        """Whether people may write in it."""
        return self.state == "open"


def categories(user_id: int) -> list[CategoryLine]:
    """Every part in its order, with the threads and posts that are shown."""
    rows: Any = current_session().execute(
        select(
            *_category_columns(),
            func.count(ForumThread.id),
            func.coalesce(func.sum(ForumThread.posts), 0),
            func.max(ForumThread.last_post_at),
            _own_how(user_id, ForumSubscription.category_id == ForumCategory.id),
        )
        .outerjoin(ForumThread, and_(ForumThread.category_id == ForumCategory.id, LISTED))
        .group_by(ForumCategory.id)
        .order_by(ForumCategory.position, ForumCategory.id)
    )
    return [_category_line(row) for row in rows]


def category(slug: str, user_id: int) -> CategoryLine | None:
    """One part of the forum."""
    row: Any = (
        current_session()
        .execute(
            select(
                *_category_columns(),
                _own_how(user_id, ForumSubscription.category_id == ForumCategory.id),
            ).where(ForumCategory.slug == slug)
        )
        .one_or_none()
    )
    return None if row is None else _category_line([*row[:7], 0, 0, None, row[7]])


def open_categories() -> list[tuple[str, str]]:
    """Address and title of each part in which people may write."""
    rows = current_session().execute(
        select(ForumCategory.slug, ForumCategory.title)
        .where(ForumCategory.closed_at.is_(None))
        .order_by(ForumCategory.position, ForumCategory.id)
    )
    return [(slug, title) for slug, title in rows]


def threads(
    *, category_id: int | None = None, page: int = 1, limit: int = A_PAGE, unsolved: bool = False
) -> tuple[list[ThreadLine], bool]:
    """Threads, pinned ones of a part first, then the latest; and whether there are more."""
    order = [] if category_id is None else [ForumThread.pinned.desc()]
    rows: Any = (
        current_session()
        .execute(
            select(
                ForumThread.reference,
                ForumThread.title,
                ForumThread.state,
                ForumThread.pinned,
                ForumThread.solved_by_id,
                ForumThread.posts,
                ForumThread.last_post_at,
                ForumCategory.title,
                ForumCategory.slug,
            )
            .join(ForumCategory, ForumCategory.id == ForumThread.category_id)
            .where(
                LISTED,
                true() if category_id is None else ForumThread.category_id == category_id,
                ForumThread.solved_by_id.is_(None) if unsolved else true(),
            )
            .order_by(*order, ForumThread.last_post_at.desc(), ForumThread.id.desc())
            .limit(limit + 1)
            .offset((page - 1) * limit)
        )
        .all()
    )
    found = [_thread_line(row) for row in rows[:limit]]
    return found, len(rows) > limit


def thread(reference: str, who: Standing) -> ThreadFacts | None:
    """A thread, where this person may read it.

    One that is hidden is there for moderators, and for whoever began it while its first post waits.
    """
    first, solving = aliased(ForumPost), aliased(ForumPost)
    waits = exists(
        select(first.id).where(
            first.thread_id == ForumThread.id, first.by == who.user_id, first.state == "held"
        )
    )
    row: Any = (
        current_session()
        .execute(
            select(
                ForumThread.id,
                ForumThread.reference,
                ForumThread.title,
                ForumThread.state,
                ForumThread.pinned,
                ForumThread.posts,
                ForumThread.solved_by_id,
                select(solving.reference)
                .where(solving.id == ForumThread.solved_by_id)
                .scalar_subquery(),
                ForumCategory.id,
                ForumCategory.title,
                ForumCategory.slug,
                func.coalesce(ForumThread.by, 0),
                _own_how(who.user_id, ForumSubscription.thread_id == ForumThread.id),
                _own_how(who.user_id, ForumSubscription.category_id == ForumThread.category_id),
            )
            .join(ForumCategory, ForumCategory.id == ForumThread.category_id)
            .where(
                ForumThread.reference == reference,
                true()
                if who.is_moderator
                else or_(LISTED, and_(ForumThread.by == who.user_id, waits)),
            )
        )
        .one_or_none()
    )
    if row is None:
        return None
    values: list[Any] = list(row)
    values[11] = row[11] == who.user_id
    return ThreadFacts(*values)


def _category_line(row: Any) -> CategoryLine:
    values: list[Any] = list(row)
    values[6] = row[6] is not None
    return CategoryLine(*values)


def _thread_line(row: Any) -> ThreadLine:
    values: list[Any] = list(row)
    values[4] = row[4] is not None
    return ThreadLine(*values)


def _category_columns() -> tuple[Any, ...]:
    return (
        ForumCategory.id,
        ForumCategory.slug,
        ForumCategory.title,
        ForumCategory.about,
        ForumCategory.dimension,
        ForumCategory.sector,
        ForumCategory.closed_at,
    )


def _own_how(user_id: int, about: ColumnElement[bool]) -> Any:
    return (
        select(ForumSubscription.how)
        .where(ForumSubscription.user_id == user_id, about)
        .scalar_subquery()
    )
