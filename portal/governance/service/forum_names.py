"""Old threads of the forum: what was said stays, and no longer says who said it.

Names in the words are those of the people who wrote in the thread, under whatever name; a name that
somebody else's words mention is not known as one.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from portal.accounts.models import User
from portal.db import current_session
from portal.governance.rules.person_data import without_people
from portal.governance.rules.retention import REMOVED_NAME
from portal.network.models import ForumPost, ForumThread
from portal.network.service.forum_keeping import keep_thread


def take_people_out(user_ids: Collection[int]) -> None:
    """Whoever leaves is named no longer in the threads in which they wrote; later nobody knows."""
    written = select(ForumPost.thread_id).where(ForumPost.by.in_(user_ids))
    begun = select(ForumThread.id).where(ForumThread.by.in_(user_ids))
    threads = sorted(set(current_session().scalars(written.union(begun))))
    take_names_out(threads, of=frozenset(user_ids))


def take_names_out(thread_ids: Collection[int], *, of: frozenset[int] | None = None) -> None:
    """Take addresses, numbers and writers (of these accounts, or all) out of posts and search."""
    session = current_session()
    threads = session.scalars(
        select(ForumThread)
        .where(ForumThread.id.in_(thread_ids))
        .order_by(ForumThread.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for thread in threads:
        posts = session.scalars(
            select(ForumPost)
            .where(ForumPost.thread_id == thread.id)
            .order_by(ForumPost.id)
            .execution_options(populate_existing=True)
        ).all()
        written: list[ForumThread | ForumPost] = [thread, *posts]
        names = _names([one for one in written if of is None or one.by in of])
        thread.title = without_people(thread.title, names)[:_TITLE]
        for post in posts:
            post.body = without_people(post.body, names)
        keep_thread(thread)


_TITLE = ForumThread.__table__.c.title.type.length  # type: ignore[attr-defined]


def _names(written: Collection[ForumThread | ForumPost]) -> set[str]:
    """Whoever wrote these, by the name shown then and by the account's."""
    shown = {one.by_name for one in written}
    writers = {one.by for one in written if one.by is not None}
    accounts = current_session().scalars(select(User.name).where(User.id.in_(writers)))
    return (shown | set(accounts)) - {"", REMOVED_NAME}
