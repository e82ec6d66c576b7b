"""Posts as one person may read them. Who wrote one without a name is in none of these answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, true
from sqlalchemy.orm import aliased

from portal.db import current_session
from portal.employers.models import Employer
from portal.network.models import (
    Competitor,
    ForumAttachment,
    ForumHelpful,
    ForumPost,
    ForumThread,
    NetworkMember,
)
from portal.network.queries.forum import LISTED
from portal.network.queries.forum_standing import Standing
from portal.network.queries.members import UNNAMED
from portal.network.rules.forum_words import A_PAGE


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file with a post."""

    reference: str
    file_name: str
    media_type: str
    size_bytes: int
    scan_state: str


@dataclass(frozen=True, slots=True)
class PostLine:
    """A post as one reader may see it.

    ``who`` is what everybody reads. ``own_employer`` is never set for a post without a name.
    """

    id: int
    reference: str
    who: str
    is_staff: bool
    unnamed: bool
    is_mine: bool
    own_employer: bool
    is_first: bool
    body: str
    state: str
    held_reason: str
    helpful: int
    voted: bool
    revision: int
    edited_at: datetime | None
    created_at: datetime
    reply_to: str | None
    files: tuple[FileLine, ...] = ()


def shown_as(
    by_name: str, *, unnamed: bool, is_staff: bool, employer: str | None, shown: list[str] | None
) -> str:
    """Under which words everybody reads a post."""
    if unnamed:
        return UNNAMED
    if is_staff:
        return f"{by_name}, staff"
    if employer and "name" in (shown or ()):
        return f"{by_name}, {employer}"
    return f"{by_name}, a member of the network"


def posts(thread_id: int, who: Standing, *, page: int = 1) -> tuple[list[PostLine], bool]:
    """A page of a thread's posts as this person may see them, oldest first; and if more follow."""
    lines = _lines(
        select(ForumPost.id)
        .where(ForumPost.thread_id == thread_id, _visible(who))
        .order_by(ForumPost.id)
        .limit(A_PAGE + 1)
        .offset((page - 1) * A_PAGE),
        who,
    )
    return lines[:A_PAGE], len(lines) > A_PAGE


def post(reference: str, who: Standing) -> tuple[PostLine, str] | None:
    """A post as this person may see it, and the reference of its thread."""
    row = (
        current_session()
        .execute(
            select(ForumPost.id, ForumThread.reference)
            .join(ForumThread, ForumThread.id == ForumPost.thread_id)
            .where(
                ForumPost.reference == reference,
                _visible(who),
                true() if who.is_moderator else or_(LISTED, ForumPost.by == who.user_id),
            )
        )
        .one_or_none()
    )
    lines = [] if row is None else _lines(select(ForumPost.id).where(ForumPost.id == row[0]), who)
    return (lines[0], row[1]) if row is not None and lines else None


def page_of(reference: str, who: Standing) -> int:
    """On which page of its thread a post stands."""
    before = aliased(ForumPost)
    number = current_session().scalar(
        select(func.count(ForumPost.id))
        .join(before, before.thread_id == ForumPost.thread_id)
        .where(before.reference == reference, ForumPost.id < before.id, _visible(who))
    )
    return (number or 0) // A_PAGE + 1


def competitors_in(thread_id: int, who: Standing) -> list[str]:
    """Names of declared competitors of this person's employers that write in a thread.

    Posts without a name, and employers that do not show theirs, are left out: who declares
    competitors could otherwise find out who writes there.
    """
    if not who.places:
        return []
    own = who.employer_ids
    declared = (
        select(Competitor.other_id)
        .where(Competitor.employer_id.in_(own))
        .union(select(Competitor.employer_id).where(Competitor.other_id.in_(own)))
    )
    rows = current_session().execute(
        select(Employer.name, NetworkMember.shown)
        .join(NetworkMember, NetworkMember.employer_id == Employer.id)
        .where(
            Employer.id.in_(declared),
            Employer.id.not_in(own),
            NetworkMember.left_at.is_(None),
            exists(
                select(ForumPost.id).where(
                    ForumPost.thread_id == thread_id,
                    ForumPost.employer_id == Employer.id,
                    ForumPost.state == "shown",
                    ForumPost.unnamed.is_(False),
                    ForumPost.is_staff.is_(False),
                )
            ),
        )
        .order_by(Employer.name)
    )
    return [name for name, shown in rows if "name" in shown]


def _is_first() -> ColumnElement[bool]:
    earlier = aliased(ForumPost)
    return ~exists(
        select(earlier.id).where(
            earlier.thread_id == ForumPost.thread_id, earlier.id < ForumPost.id
        )
    )


def _visible(who: Standing) -> ColumnElement[bool]:
    """Posts that this person may see: their own that wait too, and the place of a question."""
    if who.is_moderator:
        return true()
    return or_(
        ForumPost.state == "shown",
        and_(ForumPost.state == "held", ForumPost.by == who.user_id),
        and_(ForumPost.state == "withdrawn", _is_first()),
    )


def _lines(keys: Select[Any], who: Standing) -> list[PostLine]:
    """Posts with their files: one statement however many there are."""
    answered = aliased(ForumPost)
    voted = exists(
        select(ForumHelpful.id).where(
            ForumHelpful.post_id == ForumPost.id, ForumHelpful.user_id == who.user_id
        )
    )
    rows: Any = current_session().execute(
        select(
            ForumPost,
            Employer.name,
            NetworkMember.shown,
            answered.reference,
            voted,
            _is_first(),
            ForumAttachment,
        )
        .outerjoin(
            NetworkMember,
            and_(
                NetworkMember.employer_id == ForumPost.employer_id, NetworkMember.left_at.is_(None)
            ),
        )
        .outerjoin(Employer, Employer.id == NetworkMember.employer_id)
        .outerjoin(answered, and_(answered.id == ForumPost.reply_to_id, answered.state == "shown"))
        .outerjoin(
            ForumAttachment,
            and_(ForumAttachment.post_id == ForumPost.id, ForumAttachment.withdrawn_at.is_(None)),
        )
        .where(ForumPost.id.in_(keys))
        .order_by(ForumPost.id, ForumAttachment.id)
    )
    found: dict[int, PostLine] = {}
    files: dict[int, list[FileLine]] = {}
    for one, employer, shown, answers, has_voted, first, file in rows:
        if one.id not in found:
            found[one.id] = _line(one, (employer, shown), answers, has_voted, first, who)
        if file is not None:
            files.setdefault(one.id, []).append(
                FileLine(
                    file.reference,
                    file.file_name,
                    file.media_type,
                    file.size_bytes,
                    file.scan_state,
                )
            )
    return [_with_files(line, tuple(files.get(key, ()))) for key, line in found.items()]


def _with_files(line: PostLine, files: tuple[FileLine, ...]) -> PostLine:
    return replace(line, files=files) if files else line


def _line(
    one: ForumPost,
    employer: tuple[str | None, list[str] | None],
    answers: str | None,
    voted: Any,
    first: Any,
    who: Standing,
) -> PostLine:
    mine = one.by == who.user_id
    return PostLine(
        id=one.id,
        reference=one.reference,
        who=shown_as(
            one.by_name,
            unnamed=one.unnamed,
            is_staff=one.is_staff,
            employer=employer[0],
            shown=employer[1],
        ),
        is_staff=one.is_staff and not one.unnamed,
        unnamed=one.unnamed,
        is_mine=mine,
        own_employer=not one.unnamed and one.employer_id in who.employer_ids,
        is_first=bool(first),
        body=one.body,
        state=one.state,
        held_reason=one.held_reason if mine or who.is_moderator else "",
        helpful=one.helpful,
        voted=bool(voted),
        revision=one.revision,
        edited_at=one.edited_at,
        created_at=one.created_at,
        reply_to=answers,
    )
