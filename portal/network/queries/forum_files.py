"""Files with posts of the forum."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select, true

from portal.db import current_session
from portal.network.models import ForumAttachment, ForumPost, ForumThread
from portal.network.queries.forum import LISTED
from portal.network.queries.forum_standing import Standing


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it is handed out."""

    reference: str
    file_name: str
    media_type: str
    sha256: str
    storage_key: str
    scan_state: str


def stored(reference: str, who: Standing) -> StoredFile | None:
    """A file, where this person may read its post."""
    row = (
        current_session()
        .execute(
            select(
                ForumAttachment.reference,
                ForumAttachment.file_name,
                ForumAttachment.media_type,
                ForumAttachment.sha256,
                ForumAttachment.storage_key,
                ForumAttachment.scan_state,
            )
            .join(ForumPost, ForumPost.id == ForumAttachment.post_id)
            .join(ForumThread, ForumThread.id == ForumPost.thread_id)
            .where(
                ForumAttachment.reference == reference,
                ForumAttachment.withdrawn_at.is_(None),
                true()
                if who.is_moderator
                else or_(
                    and_(LISTED, ForumPost.state == "shown"),
                    and_(ForumPost.by == who.user_id, ForumPost.state == "held"),
                ),
            )
        )
        .one_or_none()
    )
    return None if row is None else StoredFile(*row)


def waiting(reference: str) -> str | None:
    """Where a file is stored that waits for its scan."""
    return current_session().scalar(
        select(ForumAttachment.storage_key).where(
            ForumAttachment.reference == reference, ForumAttachment.scan_state == "waiting"
        )
    )


def to_change(reference: str) -> ForumAttachment | None:
    """A file, held until the unit of work ends."""
    return current_session().scalar(
        select(ForumAttachment)
        .where(ForumAttachment.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def live_of(post_id: int) -> list[ForumAttachment]:
    """Files with a post that were not taken away."""
    return list(
        current_session().scalars(
            select(ForumAttachment)
            .where(ForumAttachment.post_id == post_id, ForumAttachment.withdrawn_at.is_(None))
            .order_by(ForumAttachment.id)
        )
    )


def how_many(post_id: int) -> int:
    """How many files stand with a post."""
    number = current_session().scalar(
        select(func.count(ForumAttachment.id)).where(
            ForumAttachment.post_id == post_id, ForumAttachment.withdrawn_at.is_(None)
        )
    )
    return number or 0


def author_of(reference: str) -> tuple[int | None, str] | None:
    """Who wrote the post that a file stands with, and the post's reference."""
    row = (
        current_session()
        .execute(
            select(ForumPost.by, ForumPost.reference)
            .join(ForumAttachment, ForumAttachment.post_id == ForumPost.id)
            .where(ForumAttachment.reference == reference)
        )
        .one_or_none()
    )
    return None if row is None else (row[0], row[1])
