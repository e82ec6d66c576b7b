"""What the forum holds of an employer. What was posted without its name is in no list of it."""

from __future__ import annotations

from typing import Final

from sqlalchemy import and_, select

from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of
from portal.network.models import ForumPost, ForumThread

THREADS: Final = TableShown(
    table_of(ForumThread),
    lambda key: ForumThread.employer_id == key,
    {
        "reference": "Reference",
        "title": "Title",
        "by_name": "Begun by",
        "state": "State",
        "posts": "Posts shown",
        "last_post_at": "Last post",
        "created_at": "Begun",
        "updated_at": "Last changed",
    },
    names("id category_id by employer_id pinned solved_by_id"),
)
POSTS: Final = TableShown(
    table_of(ForumPost),
    lambda key: and_(ForumPost.employer_id == key, ForumPost.unnamed.is_(False)),
    {
        "reference": "Reference",
        "by_name": "Written by",
        "body": "Text",
        "state": "State",
        "held_reason": "Why it waited",
        "helpful": "Found helpful by",
        "created_at": "Written",
        "edited_at": "Edited",
        "updated_at": "Last changed",
    },
    names(
        "id thread_id reply_to_id by employer_id is_staff unnamed revision submit_key shown_at "
        "told_at"
    ),
    more={
        "Thread": select(ForumThread.title)
        .where(ForumThread.id == ForumPost.thread_id)
        .scalar_subquery()
    },
)
