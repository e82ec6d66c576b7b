"""Campaigns and what each has brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select

from portal.db import current_session
from portal.toolkit.models import Campaign, ReachCount, Resource
from portal.toolkit.rules.states import ResourceState


@dataclass(frozen=True, slots=True)
class CampaignFacts:
    """A campaign with what it has brought so far, by kind of count."""

    id: int
    reference: str
    code: str
    title: str
    network: str
    network_name: str
    audience: str | None
    sectors: tuple[str, ...]
    starts_on: date
    ends_on: date | None
    sent_to: int | None
    note: str
    revision: int
    organisation_id: int | None
    by_name: str
    resource: str | None
    resource_title: str | None
    resource_published: bool
    counts: Mapping[str, int] = field(default_factory=dict)

    def count(self, kind: str) -> int:
        """How often something was counted that came by its link."""
        return self.counts.get(kind, 0)


def campaigns(*, limit: int, offset: int = 0) -> list[CampaignFacts]:
    """Campaigns, the latest start first, each with its counts."""
    return _read(limit=limit, offset=offset)


def campaign(reference: str) -> CampaignFacts | None:
    """One campaign with its counts."""
    found = _read(reference=reference, limit=1)
    return found[0] if found else None


def how_many() -> int:
    """The number of all campaigns."""
    return current_session().scalar(select(func.count(Campaign.id))) or 0


def to_change(reference: str) -> Campaign | None:
    """A campaign, held until the unit of work ends."""
    return current_session().scalar(
        select(Campaign)
        .where(Campaign.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def by_code(code: str) -> Campaign | None:
    """The campaign of a short link, typed in any case."""
    return current_session().scalar(select(Campaign).where(Campaign.code == code.lower()))


def code_taken(code: str) -> bool:
    """Whether a code was ever given out."""
    return by_code(code) is not None


def slug_of(resource_id: int) -> str | None:
    """A resource's address."""
    return current_session().scalar(select(Resource.slug).where(Resource.id == resource_id))


def published_slug(resource_id: int) -> str | None:
    """A resource's address if it can be read."""
    return current_session().scalar(
        select(Resource.slug).where(
            Resource.id == resource_id, Resource.state == ResourceState.PUBLISHED.value
        )
    )


def published_choices() -> list[tuple[str, str]]:
    """Every published resource by title, as address and title."""
    rows = current_session().execute(
        select(Resource.slug, Resource.title)
        .where(Resource.state == ResourceState.PUBLISHED.value)
        .order_by(Resource.title)
    )
    return [(slug, title) for slug, title in rows]


def by_month(campaign_id: int) -> list[tuple[date, Mapping[str, int]]]:
    """What a campaign brought in each month since its first reader, by the month's first day."""
    rows = current_session().execute(
        select(ReachCount.day, ReachCount.kind, ReachCount.__table__.c["count"])
        .where(ReachCount.campaign_id == campaign_id)
        .order_by(ReachCount.day)
    )
    months: dict[date, dict[str, int]] = {}
    for day, kind, count in rows:
        month = months.setdefault(day.replace(day=1), {})
        month[kind] = month.get(kind, 0) + count
    return sorted(months.items())


def _read(*, limit: int, offset: int = 0, reference: str | None = None) -> list[CampaignFacts]:
    query = (
        select(Campaign, Resource.slug, Resource.title, Resource.state)
        .outerjoin(Resource, Resource.id == Campaign.resource_id)
        .order_by(Campaign.starts_on.desc(), Campaign.id.desc())
        .limit(limit)
        .offset(offset)
    )
    if reference is not None:
        query = query.where(Campaign.reference == reference)
    rows = current_session().execute(query).all()
    counts = _counts([row[0].id for row in rows])
    return [
        CampaignFacts(
            **{
                name: getattr(one, name)
                for name in (
                    *("id", "reference", "code", "title", "network", "network_name", "audience"),
                    *("starts_on", "ends_on", "sent_to", "note", "revision", "organisation_id"),
                    "by_name",
                )
            },
            sectors=tuple(one.sectors),
            resource=slug,
            resource_title=title,
            resource_published=state == ResourceState.PUBLISHED.value,
            counts=counts.get(one.id, {}),
        )
        for one, slug, title, state in rows
    ]


def _counts(ids: list[int]) -> dict[int, dict[str, int]]:
    rows = current_session().execute(
        select(
            ReachCount.campaign_id,
            ReachCount.kind,
            func.sum(ReachCount.__table__.c["count"]),
        )
        .where(ReachCount.campaign_id.in_(ids))
        .group_by(ReachCount.campaign_id, ReachCount.kind)
    )
    counts: dict[int, dict[str, int]] = {}
    for campaign_id, kind, count in rows:
        counts.setdefault(campaign_id, {})[kind] = int(count)
    return counts
