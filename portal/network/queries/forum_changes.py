"""Rows of the forum held for a change, what somebody wrote lately, and counts recomputed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select

from portal.accounts.models import User
from portal.db import current_session
from portal.kernel.clock import utc_now
from portal.network.models import (
    ForumCategory,
    ForumEntry,
    ForumHelpful,
    ForumPost,
    ForumReport,
    ForumSubscription,
    ForumText,
    ForumThread,
)
from portal.network.rules.forum_manners import SAME_WITHIN_DAYS, Recent, fingerprint

_MOST_COMPARED = 200


def thread_to_change(reference: str) -> ForumThread | None:
    """A thread, held until the unit of work ends."""
    return current_session().scalar(
        select(ForumThread)
        .where(ForumThread.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def post_to_change(reference: str) -> tuple[ForumPost, ForumThread] | None:
    """A post with its thread, both held; the thread first, as everywhere."""
    session = current_session()
    thread_id = session.scalar(select(ForumPost.thread_id).where(ForumPost.reference == reference))
    if thread_id is None:
        return None
    thread = session.scalars(
        select(ForumThread)
        .where(ForumThread.id == thread_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    post = session.scalars(
        select(ForumPost)
        .where(ForumPost.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    return post, thread


def category_of(slug: str) -> ForumCategory | None:
    """A part of the forum."""
    return current_session().scalar(select(ForumCategory).where(ForumCategory.slug == slug))


def sent_before(user_id: int, key: str) -> tuple[str, str] | None:
    """The thread and the post that one form has made already, by reference."""
    row = (
        current_session()
        .execute(
            select(ForumThread.reference, ForumPost.reference)
            .join(ForumThread, ForumThread.id == ForumPost.thread_id)
            .where(ForumPost.by == user_id, ForumPost.submit_key == key)
        )
        .one_or_none()
    )
    return None if row is None else (row[0], row[1])


def recent(user_id: int) -> Recent:
    """What a person wrote lately, for judging the next post; hidden posts count as well."""
    now = utc_now()
    session = current_session()
    rows = session.execute(
        select(ForumPost.body, ForumPost.created_at)
        .where(
            ForumPost.by == user_id, ForumPost.created_at > now - timedelta(days=SAME_WITHIN_DAYS)
        )
        .order_by(ForumPost.created_at.desc())
        .limit(_MOST_COMPARED)
    ).all()
    threads = session.scalar(
        select(func.count(ForumThread.id)).where(
            ForumThread.by == user_id, ForumThread.created_at > now - timedelta(hours=1)
        )
    )
    before = session.scalar(
        select(func.count(ForumPost.id)).where(ForumPost.by == user_id, ForumPost.state == "shown")
    )
    return Recent(
        in_ten_minutes=_since([row[1] for row in rows], now - timedelta(minutes=10)),
        threads_in_an_hour=threads or 0,
        in_a_day=_since([row[1] for row in rows], now - timedelta(days=1)),
        before=before or 0,
        texts=frozenset(fingerprint(row[0]) for row in rows),
    )


def _since(times: list[datetime], start: datetime) -> int:
    return sum(at > start for at in times)


def first_post(thread_id: int) -> ForumPost | None:
    """The question of a thread."""
    return current_session().scalar(
        select(ForumPost)
        .where(ForumPost.thread_id == thread_id)
        .order_by(ForumPost.id)
        .limit(1)
        .execution_options(populate_existing=True)
    )


def shown_in(thread_id: int) -> tuple[int, datetime | None]:
    """How many posts of a thread are shown, and when the last of them was written."""
    row = (
        current_session()
        .execute(
            select(func.count(ForumPost.id), func.max(ForumPost.created_at)).where(
                ForumPost.thread_id == thread_id, ForumPost.state == "shown"
            )
        )
        .one()
    )
    return row[0], row[1]


def shown_posts(thread_id: int) -> list[ForumPost]:
    """Posts of a thread that are shown, in their order."""
    return list(
        current_session().scalars(
            select(ForumPost)
            .where(ForumPost.thread_id == thread_id, ForumPost.state == "shown")
            .order_by(ForumPost.id)
        )
    )


def votes(post_id: int) -> int:
    """How many people found a post helpful."""
    number = current_session().scalar(
        select(func.count(ForumHelpful.id)).where(ForumHelpful.post_id == post_id)
    )
    return number or 0


def vote(post_id: int, user_id: int) -> ForumHelpful | None:
    """That a person found a post helpful."""
    return current_session().scalar(
        select(ForumHelpful).where(ForumHelpful.post_id == post_id, ForumHelpful.user_id == user_id)
    )


def subscription(
    user_id: int, *, thread_id: int | None = None, category_id: int | None = None
) -> ForumSubscription | None:
    """A person's subscription of a thread or of a part."""
    about = (
        ForumSubscription.category_id == category_id
        if thread_id is None
        else ForumSubscription.thread_id == thread_id
    )
    return current_session().scalar(
        select(ForumSubscription).where(ForumSubscription.user_id == user_id, about)
    )


def subscription_to_change(
    user_id: int, *, thread_id: int | None = None, category_id: int | None = None
) -> ForumSubscription | None:
    """The same, with the person held: two presses at once make one subscription."""
    current_session().execute(select(User.id).where(User.id == user_id).with_for_update())
    return subscription(user_id, thread_id=thread_id, category_id=category_id)


def report_of(post_id: int, user_id: int) -> ForumReport | None:
    """What a person reported about a post."""
    return current_session().scalar(
        select(ForumReport).where(ForumReport.post_id == post_id, ForumReport.by == user_id)
    )


def open_reports(post_id: int) -> list[ForumReport]:
    """Reports about a post that nobody has decided, held."""
    return list(
        current_session().scalars(
            select(ForumReport)
            .where(ForumReport.post_id == post_id, ForumReport.state == "open")
            .order_by(ForumReport.id)
            .with_for_update()
        )
    )


def texts_of(post_id: int) -> list[ForumText]:
    """What a post said before, the latest first."""
    return list(
        current_session().scalars(
            select(ForumText)
            .where(ForumText.post_id == post_id)
            .order_by(ForumText.revision.desc())
        )
    )


def category_by_key(category_id: int) -> ForumCategory:
    """A part of the forum, by its key."""
    return current_session().get_one(ForumCategory, category_id)


def indexed_of(thread_id: int) -> dict[int, ForumEntry]:
    """What the search holds of a thread, by post."""
    rows = current_session().scalars(
        select(ForumEntry)
        .join(ForumPost, ForumPost.id == ForumEntry.id)
        .where(ForumPost.thread_id == thread_id)
    )
    return {entry.id: entry for entry in rows}


def post_in(thread_id: int, reference: str) -> int | None:
    """The key of a post of a thread that is shown."""
    return current_session().scalar(
        select(ForumPost.id).where(
            ForumPost.thread_id == thread_id,
            ForumPost.reference == reference,
            ForumPost.state == "shown",
        )
    )
