"""The forum: categories, threads, posts with every text they had, and moderation with its log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, Timestamped, UtcDateTime
from portal.db.constraints import one_of
from portal.employers import models as employers_models
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_reference
from portal.network.rules.states import POST_MOVES, THREAD_MOVES
from portal.network.rules.words import NAME_LENGTH, REPORT_REASONS, TITLE_LENGTH

assert employers_models  # noqa: S101 - imported so that employers are known


class ForumCategory(Timestamped, Base):
    """A part of the forum, by theme or by sector."""

    __tablename__ = "forum_categories"
    __table_args__ = (UniqueConstraint("slug"), UniqueConstraint("title"))

    slug: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    about: Mapped[str] = mapped_column(String(300), default="")
    dimension: Mapped[str | None] = mapped_column(String(20))
    sector: Mapped[str | None] = mapped_column(String(30))
    position: Mapped[int] = mapped_column(default=0)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class ForumThread(Timestamped, Base):
    """A question or a topic. Counts are of posts that are shown, kept with every change."""

    __tablename__ = "forum_threads"
    __table_args__ = (
        UniqueConstraint("reference"),
        one_of("state", THREAD_MOVES, name="state_known"),
        CheckConstraint("posts >= 0", name="posts_not_negative"),
        Index("ix_forum_threads_category_id", "category_id", "state", "last_post_at"),
        Index("ix_forum_threads_employer_id", "employer_id"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    category_id: Mapped[int] = mapped_column(ForeignKey("forum_categories.id"))
    title: Mapped[str] = mapped_column(String(TITLE_LENGTH))
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employers.id"))
    state: Mapped[str] = mapped_column(String(10), default="open")
    pinned: Mapped[bool] = mapped_column(default=False)
    solved_by_id: Mapped[int | None]
    posts: Mapped[int] = mapped_column(default=0)
    last_post_at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)


class ForumPost(Timestamped, Base):
    """A post; the first of a thread is its question.

    With ``unnamed`` neither the person nor the employer is shown to peers; staff who unmask it are
    on record. ``held`` waits for a moderator before others see it.
    """

    __tablename__ = "forum_posts"
    __table_args__ = (
        UniqueConstraint("reference"),
        one_of("state", POST_MOVES, name="state_known"),
        Index("ix_forum_posts_thread_id", "thread_id", "id"),
        # One form sent twice is one post.
        UniqueConstraint("by", "submit_key"),
        Index("ix_forum_posts_by", "by", "created_at"),
        Index("ix_forum_posts_shown_at", "shown_at"),
        Index("ix_forum_posts_employer_id", "employer_id"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    thread_id: Mapped[int] = mapped_column(ForeignKey("forum_threads.id"))
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("forum_posts.id"))
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employers.id"))
    is_staff: Mapped[bool] = mapped_column(default=False)
    unnamed: Mapped[bool] = mapped_column(default=False)
    body: Mapped[str] = mapped_column(Text())
    state: Mapped[str] = mapped_column(String(10), default="shown")
    held_reason: Mapped[str] = mapped_column(Text(), default="")
    helpful: Mapped[int] = mapped_column(default=0)
    edited_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    revision: Mapped[int] = mapped_column(default=0)
    submit_key: Mapped[str | None] = mapped_column(String(64))
    # When others could first see it, and when those who follow the thread were told by mail.
    shown_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), default=utc_now)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class ForumText(Base):
    """What a post said before it was changed. Only appended."""

    __tablename__ = "forum_texts"
    __table_args__ = (UniqueConstraint("post_id", "revision"),)

    post_id: Mapped[int] = mapped_column(ForeignKey("forum_posts.id"))
    revision: Mapped[int]
    body: Mapped[str] = mapped_column(Text())
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)


class ForumAttachment(Base):
    """A file with a post, scanned before it is handed out."""

    __tablename__ = "forum_attachments"
    __table_args__ = (
        UniqueConstraint("reference"),
        UniqueConstraint("storage_key"),
        Index("ix_forum_attachments_post_id", "post_id"),
    )

    reference: Mapped[str] = mapped_column(String(10), default=new_reference)
    post_id: Mapped[int] = mapped_column(ForeignKey("forum_posts.id"))
    file_name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    storage_key: Mapped[str] = mapped_column(String(200))
    scan_state: Mapped[str] = mapped_column(String(12), default="waiting")
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)


class ForumHelpful(Base):
    """That somebody found another's post helpful; nobody votes for their own employer's."""

    __tablename__ = "forum_helpful"
    __table_args__ = (UniqueConstraint("post_id", "user_id"),)

    post_id: Mapped[int] = mapped_column(ForeignKey("forum_posts.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)


class ForumSubscription(Timestamped, Base):
    """Who wants to hear of a thread or a category: at once, or in the weekly digest."""

    __tablename__ = "forum_subscriptions"
    __table_args__ = (
        UniqueConstraint("user_id", "thread_id"),
        UniqueConstraint("user_id", "category_id"),
        one_of("how", ["at_once", "digest"], name="how_known"),
        CheckConstraint("(thread_id IS NULL) <> (category_id IS NULL)", name="one_subject"),
        Index("ix_forum_subscriptions_thread_id", "thread_id"),
        Index("ix_forum_subscriptions_category_id", "category_id"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("forum_threads.id"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("forum_categories.id"))
    how: Mapped[str] = mapped_column(String(8))


class ForumReport(Timestamped, Base):
    """That somebody asks a moderator to look at a post, and what became of it."""

    __tablename__ = "forum_reports"
    __table_args__ = (
        UniqueConstraint("post_id", "by"),
        one_of("reason", REPORT_REASONS, name="reason_known"),
        one_of("state", ["open", "upheld", "dismissed"], name="state_known"),
        Index("ix_forum_reports_state", "state", "created_at"),
    )

    post_id: Mapped[int] = mapped_column(ForeignKey("forum_posts.id"))
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(String(12))
    words: Mapped[str] = mapped_column(Text(), default="")
    state: Mapped[str] = mapped_column(String(10), default="open")
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class ForumLog(Base):
    """What moderators did, and what the portal refused of bad manners. Only appended."""

    __tablename__ = "forum_log"
    __table_args__ = (Index("ix_forum_log_at", "at"), Index("ix_forum_log_post_id", "post_id"))

    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    what: Mapped[str] = mapped_column(String(40))
    thread_id: Mapped[int | None] = mapped_column(ForeignKey("forum_threads.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("forum_posts.id"))
    about_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(Text(), default="")
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(NAME_LENGTH))


class ForumPromise(Base):
    """That a person has read and accepted a version of the code of conduct."""

    __tablename__ = "forum_promises"
    __table_args__ = (UniqueConstraint("user_id", "version"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    version: Mapped[int]
    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)


class ForumSuspension(Timestamped, Base):
    """That a person may not write for a time, and why."""

    __tablename__ = "forum_suspensions"
    __table_args__ = (
        CheckConstraint("reason <> ''", name="reason_given"),
        Index("ix_forum_suspensions_user_id", "user_id"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    until: Mapped[datetime] = mapped_column(UtcDateTime())
    reason: Mapped[str] = mapped_column(Text())
    lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
