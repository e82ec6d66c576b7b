"""Readers' stars and comments. Call every function inside a unit of work."""

from __future__ import annotations

from portal.db import audit, current_session
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.toolkit.models import Resource, ResourceRating
from portal.toolkit.queries import ratings as queries
from portal.toolkit.queries import resources as found
from portal.toolkit.rules.readers import COMMENT_LENGTH, LEAST_STARS, MOST_STARS, neutral
from portal.toolkit.rules.states import ResourceState
from portal.toolkit.rules.words import NOTE_LENGTH, SECTORS
from portal.toolkit.service.reach import visitor_mark

NOT_THERE = Problem("not_published", "This resource cannot be rated any more")
NO_COMMENT = Problem("no_comment", "There is no such comment")


def rate(
    *, slug: str, stars: int, comment: str, sector: str, user_id: int | None
) -> Ok[ResourceRating] | Err:
    """Keep what a reader thinks of a published resource; said again it replaces what they said.

    Somebody signed in (``user_id``) has one rating, a visitor one a day. A new or changed comment
    waits for staff. The resource's sums change with it.
    """
    resource = found.to_change_by_slug(slug)
    if resource is None or resource.state != ResourceState.PUBLISHED.value:
        return Err(NOT_THERE)
    if not LEAST_STARS <= stars <= MOST_STARS:
        return Err(Problem("stars", "Choose from 1 to 5", "stars"))
    words = neutral(comment)
    if len(words) > COMMENT_LENGTH:
        return Err(
            Problem("too_long", f"The comment may have {COMMENT_LENGTH:,} characters", "comment")
        )
    mark = None if user_id is not None else visitor_mark()
    rating = queries.of_reader_to_change(resource.id, user_id=user_id, mark=mark)
    if rating is None:
        rating = ResourceRating(
            resource_id=resource.id, user_id=user_id, visitor_mark=mark, stars=0, number=0
        )
        rating.comment, rating.comment_state = "", "none"
        resource.rating_count += 1
        current_session().add(rating)
    _change(resource, rating, stars, words)
    rating.sector = sector if sector in SECTORS else ""
    current_session().flush()
    audit.record(
        action="resource.rated",
        subject=f"resource:{resource.reference}",
        detail={"rating": rating.reference, "stars": stars, "comment": rating.comment_state},
        actor_id=user_id,
    )
    return Ok(rating)


def _change(resource: Resource, rating: ResourceRating, stars: int, words: str) -> None:
    resource.stars += stars - rating.stars
    rating.stars, rating.number = stars, resource.published_number or resource.latest_number
    if words != rating.comment:
        rating.comment, rating.hidden_reason = words, ""
        rating.comment_state = "waiting" if words else "none"


def show(*, reference: str, by: Author) -> Ok[ResourceRating] | Err:
    """Let other readers see a comment."""
    rating = queries.to_change(reference)
    if rating is None or not rating.comment:
        return Err(NO_COMMENT)
    rating.comment_state, rating.hidden_reason = "shown", ""
    _audit("shown", rating, by)
    return Ok(rating)


def hide(*, reference: str, reason: str, by: Author) -> Ok[ResourceRating] | Err:
    """Keep a comment from other readers and say why; its stars go on counting."""
    rating = queries.to_change(reference)
    if rating is None or not rating.comment:
        return Err(NO_COMMENT)
    words = reason.strip()[:NOTE_LENGTH]
    if not words:
        return Err(Problem("reason_needed", "Say why the comment is not shown", "reason"))
    rating.comment_state, rating.hidden_reason = "hidden", words
    _audit("hidden", rating, by)
    return Ok(rating)


def _audit(what: str, rating: ResourceRating, by: Author) -> None:
    current_session().flush()
    audit.record(
        action=f"resource_comment.{what}",
        subject=f"resource_rating:{rating.reference}",
        actor_id=by.user_id,
    )
