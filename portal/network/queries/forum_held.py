"""What the forum holds of an employer. What was posted without its name is in no list of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select

from portal.db import current_session
from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of
from portal.network.models import (
    ForumAttachment,
    ForumLog,
    ForumPost,
    ForumReport,
    ForumSubscription,
    ForumText,
    ForumThread,
)
from portal.network.queries.forum_files import StoredFile
from portal.network.rules.forum_words import LOG_WORDS


def _named(employer_id: int) -> ColumnElement[bool]:
    return and_(ForumPost.employer_id == employer_id, ForumPost.unnamed.is_(False))


def _of_post(column: Any) -> Callable[[int], ColumnElement[bool]]:
    """Rows that hang on posts under the employer's name."""

    def about(employer_id: int) -> ColumnElement[bool]:
        found: ColumnElement[bool] = column.in_(select(ForumPost.id).where(_named(employer_id)))
        return found

    return about


def _about_log(employer_id: int) -> ColumnElement[bool]:
    own = select(ForumThread.id).where(ForumThread.employer_id == employer_id)
    on_thread = and_(ForumLog.post_id.is_(None), ForumLog.thread_id.in_(own))
    acts = ForumLog.what != "refused"
    return and_(acts, or_(_of_post(ForumLog.post_id)(employer_id), on_thread))


def _reference_of_post(column: Any) -> Any:
    return select(ForumPost.reference).where(ForumPost.id == column).scalar_subquery()


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
    more={
        "Followed by people": select(func.count(ForumSubscription.id))
        .where(ForumSubscription.thread_id == ForumThread.id)
        .scalar_subquery()
    },
)
POSTS: Final = TableShown(
    table_of(ForumPost),
    _named,
    {
        "reference": "Reference",
        "by_name": "Written by",
        "body": "Text",
        "state": "State",
        "held_reason": "Why it waited",
        "helpful": "Found helpful by people",
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
        .scalar_subquery(),
        # Who reported it stays with the moderators.
        "Reports": select(func.count(ForumReport.id))
        .where(ForumReport.post_id == ForumPost.id)
        .scalar_subquery(),
    },
)
TEXTS: Final = TableShown(
    table_of(ForumText),
    _of_post(ForumText.post_id),
    {"revision": "Version", "body": "Text until then", "at": "Changed"},
    names("id post_id"),
    more={"Post": _reference_of_post(ForumText.post_id)},
)
FILES: Final = TableShown(
    table_of(ForumAttachment),
    _of_post(ForumAttachment.post_id),
    {
        "reference": "Reference",
        "file_name": "File name",
        "media_type": "Kind",
        "size_bytes": "Size in bytes",
        "scan_state": "Virus scan",
        "at": "Added",
        "withdrawn_at": "Taken away",
    },
    names("id post_id sha256 storage_key"),
    more={"Post": _reference_of_post(ForumAttachment.post_id)},
)
LOG: Final = TableShown(
    table_of(ForumLog),
    _about_log,
    {"at": "When", "what": "What was done", "reason": "Why", "by_name": "By"},
    names("id thread_id post_id about_user_id by"),
    more={"Post": _reference_of_post(ForumLog.post_id)},
    words={"what": LOG_WORDS},
)


def files_of(employer_id: int) -> list[tuple[StoredFile, int]]:
    """Files with posts under an employer's name, taken away ones too, with their sizes."""
    rows = current_session().execute(
        select(
            ForumAttachment.reference,
            ForumAttachment.file_name,
            ForumAttachment.media_type,
            ForumAttachment.sha256,
            ForumAttachment.storage_key,
            ForumAttachment.scan_state,
            ForumAttachment.size_bytes,
        )
        .where(_of_post(ForumAttachment.post_id)(employer_id))
        .order_by(ForumAttachment.id)
    )
    return [(StoredFile(*row[:6]), row[6]) for row in rows]
