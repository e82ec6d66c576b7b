"""The audit trail as people search it: the newest entries first, a page after the other."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select

from portal.accounts.models import User
from portal.db import current_session
from portal.db.audit import AuditEntry
from portal.kernel.clock import LONDON
from portal.network.models import ForumPost, ForumThread

PAGE: Final = 50
# A word that fits more people than these finds the first of them only.
_MOST_PEOPLE: Final = 200
_entry: Any = AuditEntry.__table__.c


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; days are London's, both included."""

    who: str = ""
    what: str = ""
    subject: str = ""
    first: date | None = None
    last: date | None = None

    @property
    def is_empty(self) -> bool:
        """Whether everything is looked for."""
        return self == Search()


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it is shown; nobody's name stands for what the portal did by itself."""

    id: int
    at: datetime
    name: str | None
    email: str | None
    actor_id: int | None
    action: str
    subject: str
    detail: Mapping[str, Any]
    masked: bool


def _masked() -> ColumnElement[bool]:
    """Whether an entry would say who wrote a post without a name: the forum promises not to.

    What moderators did with such a post keeps their names.
    """
    own = and_(ForumPost.unnamed.is_(True), ForumPost.by == _entry.actor_id)
    of_post = exists().where(own, ForumPost.reference == _after("forum_post:"))
    of_thread = exists().where(
        own,
        ForumPost.thread_id == ForumThread.id,
        ForumThread.reference == _after("forum_thread:"),
    )
    return or_(
        and_(_entry.subject.startswith("forum_post:"), of_post),
        and_(_entry.subject.startswith("forum_thread:"), of_thread),
        # A draft that was refused is nowhere kept, so nobody knows whether it bore a name.
        and_(_entry.subject == "forum", _entry.action == "network.refused_in_forum"),
    )


def _after(prefix: str) -> Any:
    return func.substr(_entry.subject, len(prefix) + 1)


def _people(word: str) -> list[int]:
    pattern = word.lower()
    return list(
        current_session().scalars(
            select(User.id)
            .where(
                or_(
                    func.lower(User.name).contains(pattern, autoescape=True),
                    func.lower(User.email).contains(pattern, autoescape=True),
                )
            )
            .order_by(User.id)
            .limit(_MOST_PEOPLE)
        )
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), LONDON).astimezone(UTC)


def _conditions(search: Search) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if search.who.lower() == "portal":
        found.append(_entry.actor_id.is_(None))
    elif search.who:
        people = _people(search.who)
        # Nor may looking for somebody find what they wrote without a name.
        found.append(and_(_entry.actor_id.in_(people), ~_masked()) if people else false())
    if search.what:
        found.append(_entry.action.startswith(search.what.lower(), autoescape=True))
    if search.subject:
        found.append(_entry.subject.startswith(search.subject, autoescape=True))
    if search.first is not None:
        found.append(_entry.at >= _midnight(search.first))
    if search.last is not None and search.last < date.max:
        found.append(_entry.at < _midnight(search.last + timedelta(days=1)))
    return found


def _lines(search: Search) -> Select[Any]:
    return (
        select(
            *(_entry.id, _entry.at, User.name, User.email),
            *(_entry.actor_id, _entry.action, _entry.subject, _entry.detail),
            _masked().label("masked"),
        )
        .select_from(AuditEntry.__table__.outerjoin(User.__table__, User.id == _entry.actor_id))
        .where(*_conditions(search))
        .order_by(_entry.id.desc())
    )


def page(search: Search, *, before: int | None) -> tuple[list[Line], int | None]:
    """A page of entries older than ``before``, and where the next one begins if there is one."""
    query = _lines(search).limit(PAGE + 1)
    if before is not None:
        query = query.where(_entry.id < before)
    lines = [Line(*row) for row in current_session().execute(query)]
    more = lines[PAGE - 1].id if len(lines) > PAGE else None
    return lines[:PAGE], more


def every(search: Search) -> Generator[Line]:
    """Every entry that fits, without keeping them all."""
    result = current_session().execute(_lines(search), execution_options={"yield_per": 1000})
    try:
        for row in result:
            yield Line(*row)
    finally:
        result.close()
