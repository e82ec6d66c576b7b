"""What moderators look at: what waits, what was reported, who is suspended, and the log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from portal.accounts.models import User
from portal.db import current_session
from portal.employers.models import Employer
from portal.kernel.clock import utc_now
from portal.network.models import (
    ForumLog,
    ForumPost,
    ForumReport,
    ForumSuspension,
    ForumThread,
)
from portal.network.queries.members import UNNAMED
from portal.network.rules.forum_words import A_PAGE


@dataclass(frozen=True, slots=True)
class Waiting:
    """A post that waits for a moderator, or that somebody reported."""

    post: str
    thread: str
    title: str
    who: str
    body: str
    state: str
    why: str
    at: datetime
    reports: tuple[tuple[str, str, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the log. Who wrote a post without a name is not in it."""

    at: datetime
    what: str
    reason: str
    by_name: str
    about: str
    thread: str | None
    title: str | None
    post: str | None


@dataclass(frozen=True, slots=True)
class Suspended:
    """Somebody who may not write for a time."""

    id: int
    name: str
    until: datetime
    reason: str


def held(*, page: int = 1) -> tuple[list[Waiting], bool]:
    """Posts that wait, oldest first; and whether there are more."""
    rows: Any = (
        current_session()
        .execute(
            select(ForumPost, ForumThread.reference, ForumThread.title)
            .join(ForumThread, ForumThread.id == ForumPost.thread_id)
            .where(ForumPost.state == "held")
            .order_by(ForumPost.id)
            .limit(A_PAGE + 1)
            .offset((page - 1) * A_PAGE)
        )
        .all()
    )
    found = [
        Waiting(
            post.reference,
            thread,
            title,
            _who(post),
            post.body,
            post.state,
            post.held_reason,
            post.created_at,
        )
        for post, thread, title in rows[:A_PAGE]
    ]
    return found, len(rows) > A_PAGE


def reported() -> list[Waiting]:
    """Posts with reports that nobody has decided, the oldest report first; at most a page."""
    keys = (
        select(ForumReport.post_id)
        .where(ForumReport.state == "open")
        .group_by(ForumReport.post_id)
        .order_by(func.min(ForumReport.id))
        .limit(A_PAGE)
    )
    rows: Any = current_session().execute(
        select(ForumReport, ForumPost, ForumThread.reference, ForumThread.title)
        .join(ForumPost, ForumPost.id == ForumReport.post_id)
        .join(ForumThread, ForumThread.id == ForumPost.thread_id)
        .where(ForumReport.state == "open", ForumReport.post_id.in_(keys))
        .order_by(ForumReport.id)
    )
    found: dict[int, tuple[ForumPost, str, str, list[tuple[str, str, datetime]]]] = {}
    for report, post, thread, title in rows:
        known = found.setdefault(post.id, (post, thread, title, []))
        known[3].append((report.reason, report.words, report.created_at))
    return [
        Waiting(
            post.reference,
            thread,
            title,
            _who(post),
            post.body,
            post.state,
            "",
            post.created_at,
            tuple(reports),
        )
        for post, thread, title, reports in found.values()
    ]


def log(*, page: int = 1, what: str = "") -> tuple[list[LogLine], bool]:
    """The log, the latest first; and whether there is more."""
    query = (
        select(
            ForumLog,
            ForumThread.reference,
            ForumThread.title,
            ForumPost.reference,
            ForumPost.unnamed,
            User.name,
        )
        .outerjoin(ForumPost, ForumPost.id == ForumLog.post_id)
        .outerjoin(
            ForumThread,
            or_(ForumThread.id == ForumLog.thread_id, ForumThread.id == ForumPost.thread_id),
        )
        .outerjoin(User, User.id == ForumLog.about_user_id)
        .order_by(ForumLog.id.desc())
        .limit(A_PAGE + 1)
        .offset((page - 1) * A_PAGE)
    )
    if what:
        query = query.where(ForumLog.what == what)
    rows: Any = current_session().execute(query).all()
    found = [
        LogLine(
            line.at,
            line.what,
            line.reason,
            line.by_name,
            # Also where the log knows the person: the log is read more often than looked up.
            UNNAMED if unnamed and about else about or "",
            thread,
            title,
            post,
        )
        for line, thread, title, post, unnamed, about in rows[:A_PAGE]
    ]
    return found, len(rows) > A_PAGE


def suspended() -> list[Suspended]:
    """Who may not write now."""
    rows = current_session().execute(
        select(ForumSuspension.id, User.name, ForumSuspension.until, ForumSuspension.reason)
        .join(User, User.id == ForumSuspension.user_id)
        .where(ForumSuspension.lifted_at.is_(None), ForumSuspension.until > utc_now())
        .order_by(ForumSuspension.until, ForumSuspension.id)
    )
    return [Suspended(*row) for row in rows]


def was_unmasked(post_id: int, user_id: int | None) -> bool:
    """Whether a moderator has looked up, on record, who wrote a post."""
    return (
        current_session().scalar(
            select(ForumLog.id)
            .where(ForumLog.post_id == post_id, ForumLog.by == user_id, ForumLog.what == "unmask")
            .limit(1)
        )
        is not None
    )


def employer_name(employer_id: int | None) -> str:
    """The name of an employer; empty for none."""
    if employer_id is None:
        return ""
    return current_session().scalar(select(Employer.name).where(Employer.id == employer_id)) or ""


def _who(post: ForumPost) -> str:
    return UNNAMED if post.unnamed else post.by_name
