"""Resources as those who manage them list them: by state, whose, and what is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, exists, func, or_, select

from portal.db import current_session
from portal.toolkit.models import Resource, ResourceRating, ResourceTest, ResourceVersion
from portal.toolkit.rules.states import ResourceState

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which resources a list shows. ``mine`` is a person's key, ``due_by`` a day of review."""

    state: ResourceState | None = None
    mine: int | None = None
    due_by: date | None = None
    untested: bool = False
    words: str = ""


@dataclass(frozen=True, slots=True)
class ManagedLine:
    """One resource in the list of those who manage it."""

    reference: str
    title: str
    format: str
    state: ResourceState
    latest_number: int
    published_number: int | None
    review_by: date
    rating_count: int
    stars: int
    seeded: bool
    asked: int
    answered: int

    @property
    def is_being_revised(self) -> bool:
        """Whether a later version than the published one is there."""
        return self.state.is_public and self.latest_number != self.published_number


@dataclass(frozen=True, slots=True)
class Counts:
    """How many resources each way through the list leads to."""

    states: dict[ResourceState, int]
    due: int
    untested: int
    comments: int

    @property
    def all(self) -> int:
        """Every resource."""
        return sum(self.states.values())


def managed(wanted: Wanted, *, page: int = 1) -> tuple[list[ManagedLine], bool]:
    """A page of resources by title, and whether there are more."""
    tests = (
        select(
            ResourceTest.resource_id,
            func.count().filter(ResourceTest.state != "withdrawn").label("asked"),
            func.count().filter(ResourceTest.state == "answered").label("answered"),
        )
        .group_by(ResourceTest.resource_id)
        .subquery()
    )
    query: Any = select(
        Resource.reference,
        Resource.title,
        Resource.format,
        Resource.state,
        Resource.latest_number,
        Resource.published_number,
        Resource.review_by,
        Resource.rating_count,
        Resource.stars,
        Resource.seed_hash.is_not(None),
        func.coalesce(tests.c.asked, 0),
        func.coalesce(tests.c.answered, 0),
    ).outerjoin(tests, tests.c.resource_id == Resource.id)
    rows: Any = (
        current_session()
        .execute(
            _narrowed(query, wanted)
            .order_by(func.lower(Resource.title), Resource.id)
            .limit(PAGE + 1)
            .offset((page - 1) * PAGE)
        )
        .all()
    )
    return [_line(row) for row in rows[:PAGE]], len(rows) > PAGE


def _line(row: Any) -> ManagedLine:
    values = [*row]
    values[3] = ResourceState(row[3])
    return ManagedLine(*values)


def counts(*, mine: int | None, due_by: date) -> Counts:
    """How many resources there are of each kind, of everybody's or of one person's."""
    session = current_session()
    by_state: Any = select(Resource.state, func.count())
    states: Any = session.execute(_narrowed(by_state, Wanted(mine=mine)).group_by(Resource.state))
    due = _narrowed(select(func.count(Resource.id)), Wanted(mine=mine, due_by=due_by))
    untested = _narrowed(select(func.count(Resource.id)), Wanted(mine=mine, untested=True))
    return Counts(
        {ResourceState(state): count for state, count in states},
        session.scalar(due) or 0,
        session.scalar(untested) or 0,
        session.scalar(
            select(func.count(ResourceRating.id)).where(ResourceRating.comment_state == "waiting")
        )
        or 0,
    )


def replacement(text: str) -> tuple[str, str] | None:
    """The published resource that somebody means: its slug and title, by slug, address or title."""
    words = text.strip().rstrip("/")
    slug = words.rpartition("/toolkit/")[2].partition("?")[0]
    row = (
        current_session()
        .execute(
            select(Resource.slug, Resource.title)
            .where(
                Resource.state == ResourceState.PUBLISHED.value,
                or_(Resource.slug == slug, func.lower(Resource.title) == words.lower()),
            )
            .limit(1)
        )
        .one_or_none()
    )
    return None if row is None else (row[0], row[1])


def title_of(resource_id: int) -> tuple[str, str] | None:
    """Slug and title of a resource that another one names."""
    row = (
        current_session()
        .execute(select(Resource.slug, Resource.title).where(Resource.id == resource_id))
        .one_or_none()
    )
    return None if row is None else (row[0], row[1])


def is_tested(resource_id: int) -> bool:
    """Whether any employer has said what it thinks of it."""
    return bool(current_session().scalar(select(_tested(resource_id))))


def _narrowed(query: Select[Any], wanted: Wanted) -> Select[Any]:
    if wanted.state is not None:
        query = query.where(Resource.state == wanted.state.value)
    if wanted.mine is not None:
        wrote = exists().where(
            ResourceVersion.resource_id == Resource.id, ResourceVersion.by == wanted.mine
        )
        query = query.where(or_(Resource.created_by == wanted.mine, wrote))
    if wanted.due_by is not None:
        query = query.where(
            Resource.state == ResourceState.PUBLISHED.value, Resource.review_by <= wanted.due_by
        )
    if wanted.untested:
        query = query.where(Resource.state == ResourceState.PUBLISHED.value, ~_tested(Resource.id))
    for word in wanted.words.lower().split()[:6]:
        query = query.where(func.lower(Resource.title).contains(word, autoescape=True))
    return query


def _tested(resource_id: Any) -> ColumnElement[bool]:
    return exists().where(ResourceTest.resource_id == resource_id, ResourceTest.state == "answered")
