"""What readers think of published resources: stars, and comments that staff have looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select

from portal.db import current_session
from portal.toolkit.models import Resource, ResourceRating

PAGE: Final = 50
MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment that readers see."""

    stars: int
    comment: str
    sector: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CommentLine:
    """A comment as staff see it."""

    reference: str
    state: str
    stars: int
    comment: str
    hidden_reason: str
    sector: str
    number: int
    at: datetime
    signed_in: bool
    resource_reference: str
    resource_slug: str
    resource_title: str


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody has rated already."""

    stars: int
    comment: str
    sector: str


def shown_comments(resource_id: int) -> list[Comment]:
    """The comments on a resource that readers see, the latest first."""
    rows = current_session().execute(
        select(
            ResourceRating.stars,
            ResourceRating.comment,
            ResourceRating.sector,
            ResourceRating.updated_at,
        )
        .where(ResourceRating.resource_id == resource_id, ResourceRating.comment_state == "shown")
        .order_by(ResourceRating.updated_at.desc(), ResourceRating.id.desc())
        .limit(MOST_SHOWN)
    )
    return [Comment(*row) for row in rows]


def given_by(resource_id: int, user_id: int) -> Given | None:
    """What somebody signed in has said before."""
    row = (
        current_session()
        .execute(
            select(ResourceRating.stars, ResourceRating.comment, ResourceRating.sector).where(
                ResourceRating.resource_id == resource_id, ResourceRating.user_id == user_id
            )
        )
        .one_or_none()
    )
    return None if row is None else Given(*row)


def of_reader_to_change(
    resource_id: int, *, user_id: int | None, mark: str | None
) -> ResourceRating | None:
    """A reader's own rating; the caller holds the resource."""
    whose = (
        ResourceRating.user_id == user_id
        if user_id is not None
        else ResourceRating.visitor_mark == mark
    )
    return current_session().scalar(
        select(ResourceRating).where(ResourceRating.resource_id == resource_id, whose)
    )


def to_change(reference: str) -> ResourceRating | None:
    """A rating, held until the unit of work ends."""
    return current_session().scalar(
        select(ResourceRating)
        .where(ResourceRating.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def comments(state: str, *, page: int = 1) -> tuple[list[CommentLine], bool]:
    """Comments in a state, those that wait the oldest first; and whether there are more."""
    order = (
        (ResourceRating.updated_at, ResourceRating.id)
        if state == "waiting"
        else (ResourceRating.updated_at.desc(), ResourceRating.id.desc())
    )
    rows: Any = (
        current_session()
        .execute(
            select(
                ResourceRating.reference,
                ResourceRating.comment_state,
                ResourceRating.stars,
                ResourceRating.comment,
                ResourceRating.hidden_reason,
                ResourceRating.sector,
                ResourceRating.number,
                ResourceRating.updated_at,
                ResourceRating.user_id.is_not(None),
                Resource.reference,
                Resource.slug,
                Resource.title,
            )
            .join(Resource, Resource.id == ResourceRating.resource_id)
            .where(ResourceRating.comment_state == state)
            .order_by(*order)
            .limit(PAGE + 1)
            .offset((page - 1) * PAGE)
        )
        .all()
    )
    return [CommentLine(*row) for row in rows[:PAGE]], len(rows) > PAGE


def comment_counts() -> dict[str, int]:
    """How many comments are in each state."""
    rows: Any = current_session().execute(
        select(ResourceRating.comment_state, func.count())
        .where(ResourceRating.comment_state != "none")
        .group_by(ResourceRating.comment_state)
    )
    return {state: int(count) for state, count in rows}


def recounted(resource_id: int) -> tuple[int, int]:
    """How many have rated a resource and the sum of their stars, from the ratings themselves."""
    row = (
        current_session()
        .execute(
            select(
                func.count(ResourceRating.id), func.coalesce(func.sum(ResourceRating.stars), 0)
            ).where(ResourceRating.resource_id == resource_id)
        )
        .one()
    )
    return int(row[0]), int(row[1])
