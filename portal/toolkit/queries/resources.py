"""Resources and their versions, one at a time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, select

from portal.db import current_session
from portal.toolkit.models import Resource, ResourceEvent, ResourceVersion
from portal.toolkit.rules.content import Content, Source
from portal.toolkit.rules.states import ResourceState


@dataclass(frozen=True, slots=True)
class ResourceFacts:
    """A resource with one version of it: the published one, or the one that was asked for."""

    id: int
    reference: str
    slug: str
    format: str
    state: ResourceState
    latest_number: int
    published_number: int | None
    published_at: datetime | None
    retired_reason: str | None
    replaced_by: int | None
    organisation_id: int | None
    seeded: bool
    revision: int
    rating_count: int
    stars: int
    number: int
    content: Content
    change_note: str
    by_name: str
    created_at: datetime

    @property
    def rating(self) -> float | None:
        """Stars from 1 to 5 on average, if anybody has rated it."""
        return self.stars / self.rating_count if self.rating_count else None

    @property
    def is_current(self) -> bool:
        """Whether this is the version that readers see."""
        return self.state.is_public and self.number == self.published_number


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version in the list of all."""

    number: int
    title: str
    change_note: str
    by_name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class EventLine:
    """One line of a resource's life."""

    at: datetime
    what: str
    number: int
    note: str
    by_name: str


def to_change(reference: str) -> Resource | None:
    """A resource, held until the unit of work ends."""
    return current_session().scalar(
        select(Resource)
        .where(Resource.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def to_change_by_slug(slug: str) -> Resource | None:
    """The same by its address."""
    return current_session().scalar(
        select(Resource)
        .where(Resource.slug == slug)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def slugs_taken(slugs: Collection[str]) -> set[str]:
    """Which of these addresses are in use."""
    return set(current_session().scalars(select(Resource.slug).where(Resource.slug.in_(slugs))))


def published(slug: str) -> ResourceFacts | None:
    """What readers see at an address; None where nothing is published there (any more)."""
    row = (
        current_session()
        .execute(
            select(Resource, ResourceVersion)
            .join(
                ResourceVersion,
                and_(
                    ResourceVersion.resource_id == Resource.id,
                    ResourceVersion.number == Resource.published_number,
                ),
            )
            .where(Resource.slug == slug, Resource.state == ResourceState.PUBLISHED.value)
        )
        .one_or_none()
    )
    return None if row is None else _facts(row)


def resource(reference: str, *, number: int | None = None) -> ResourceFacts | None:
    """A resource for those who manage it, with its latest version or the one asked for."""
    row = (
        current_session()
        .execute(
            select(Resource, ResourceVersion)
            .join(
                ResourceVersion,
                and_(
                    ResourceVersion.resource_id == Resource.id,
                    ResourceVersion.number
                    == (Resource.latest_number if number is None else number),
                ),
            )
            .where(Resource.reference == reference)
        )
        .one_or_none()
    )
    return None if row is None else _facts(row)


def resource_by_id(resource_id: int) -> ResourceFacts | None:
    """The same by its key, with its latest version."""
    reference = current_session().scalar(
        select(Resource.reference).where(Resource.id == resource_id)
    )
    return None if reference is None else resource(reference)


def redirect_of(slug: str) -> tuple[ResourceState, str | None] | None:
    """What became of an address that is not published: its state and what replaced it."""
    replacing = select(Resource.id, Resource.slug).subquery()
    row = (
        current_session()
        .execute(
            select(Resource.state, replacing.c.slug)
            .outerjoin(replacing, replacing.c.id == Resource.replaced_by)
            .where(Resource.slug == slug)
        )
        .one_or_none()
    )
    return None if row is None else (ResourceState(row[0]), row[1])


def versions(resource_id: int) -> list[VersionLine]:
    """Every version, the latest first."""
    rows = current_session().execute(
        select(
            ResourceVersion.number,
            ResourceVersion.title,
            ResourceVersion.change_note,
            ResourceVersion.by_name,
            ResourceVersion.created_at,
        )
        .where(ResourceVersion.resource_id == resource_id)
        .order_by(ResourceVersion.number.desc())
    )
    return [VersionLine(*row) for row in rows]


def events(resource_id: int) -> list[EventLine]:
    """A resource's life, the latest first."""
    rows = current_session().execute(
        select(
            ResourceEvent.at,
            ResourceEvent.what,
            ResourceEvent.number,
            ResourceEvent.note,
            ResourceEvent.by_name,
        )
        .where(ResourceEvent.resource_id == resource_id)
        .order_by(ResourceEvent.id.desc())
    )
    return [EventLine(*row) for row in rows]


def count_by_state() -> dict[ResourceState, int]:
    """How many resources are in each state."""
    rows = current_session().execute(select(Resource.state, func.count()).group_by(Resource.state))
    return {ResourceState(state): count for state, count in rows}


def due_for_review(until: date) -> list[tuple[str, str, date]]:
    """Published resources to look at again by a day: reference, title and day."""
    rows = current_session().execute(
        select(Resource.reference, Resource.title, Resource.review_by)
        .where(
            Resource.state == ResourceState.PUBLISHED.value,
            Resource.review_by <= until,
        )
        .order_by(Resource.review_by, Resource.title)
    )
    return [(reference, title, day) for reference, title, day in rows]


def content_of(version: ResourceVersion) -> Content:
    """What a version says, as a value."""
    return Content(
        title=version.title,
        summary=version.summary,
        body=version.body,
        author=version.author,
        minutes=version.minutes,
        review_by=version.review_by,
        illustrative=version.illustrative,
        audiences=tuple(version.audiences),
        dimensions=tuple(version.dimensions),
        practices=tuple(version.practices),
        sectors=tuple(version.sectors),
        sizes=tuple(version.sizes),
        sources=tuple(Source(**source) for source in version.sources),
        downloads=tuple(version.downloads),
        workbook=version.workbook,
    )


def _facts(row: Any) -> ResourceFacts:
    one: Resource = row[0]
    version: ResourceVersion = row[1]
    return ResourceFacts(
        id=one.id,
        reference=one.reference,
        slug=one.slug,
        format=one.format,
        state=ResourceState(one.state),
        latest_number=one.latest_number,
        published_number=one.published_number,
        published_at=one.published_at,
        retired_reason=one.retired_reason,
        replaced_by=one.replaced_by,
        organisation_id=one.organisation_id,
        seeded=one.seed_hash is not None,
        revision=one.revision,
        rating_count=one.rating_count,
        stars=one.stars,
        number=version.number,
        content=content_of(version),
        change_note=version.change_note,
        by_name=version.by_name,
        created_at=version.created_at,
    )
