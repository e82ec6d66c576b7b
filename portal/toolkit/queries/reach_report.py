"""Counts of readers for the report, each with what the resource was when it was counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, func, select

from portal.db import current_session
from portal.toolkit.models import Campaign, ReachCount, Resource, ResourceVersion
from portal.toolkit.rules.reach_report import Cell
from portal.toolkit.rules.words import SECTORS, suits


@dataclass(frozen=True, slots=True)
class ReachFilter:
    """Which counts: from a day to a day, both included; empty texts narrow nothing."""

    since: date
    until: date
    audience: str = ""
    sector: str = ""
    campaign: str = ""
    format: str = ""


def cells(wanted: ReachFilter) -> list[Cell]:
    """The counts that a filter lets through, months put together.

    Audience and sector are those of the version that was counted, not of a later one.
    """
    count = func.sum(ReachCount.__table__.c["count"])
    month = _month()
    query = (
        select(
            ReachCount.kind,
            count,
            month,
            Resource.title,
            Resource.format,
            ResourceVersion.audiences,
            ResourceVersion.sectors,
            Campaign.title,
            Campaign.network,
            ReachCount.reader_sector,
        )
        .outerjoin(Resource, Resource.id == ReachCount.resource_id)
        .outerjoin(
            ResourceVersion,
            and_(
                ResourceVersion.resource_id == ReachCount.resource_id,
                ResourceVersion.number == ReachCount.number,
            ),
        )
        .outerjoin(Campaign, Campaign.id == ReachCount.campaign_id)
        .where(ReachCount.day.between(wanted.since, wanted.until))
        .group_by(
            ReachCount.kind,
            month,
            Resource.id,
            ResourceVersion.id,
            Campaign.id,
            ReachCount.reader_sector,
        )
    )
    if wanted.campaign:
        query = query.where(Campaign.reference == wanted.campaign)
    if wanted.format:
        query = query.where(Resource.format == wanted.format)
    found = [_cell(row) for row in current_session().execute(query)]
    return [
        cell
        for cell in found
        if (not wanted.audience or wanted.audience in cell.audiences)
        and (not wanted.sector or _suits(cell, wanted.sector))
    ]


def campaign_choices() -> list[tuple[str, str]]:
    """Campaigns to choose from, the latest first."""
    rows = current_session().execute(
        select(Campaign.reference, Campaign.title).order_by(
            Campaign.starts_on.desc(), Campaign.id.desc()
        )
    )
    return [(reference, title) for reference, title in rows]


def first_day() -> date | None:
    """The first day on which anything was counted."""
    return current_session().scalar(select(func.min(ReachCount.day)))


def _month() -> Any:
    if current_session().get_bind().dialect.name == "sqlite":
        return func.strftime("%Y-%m", ReachCount.day)
    return func.to_char(ReachCount.day, "YYYY-MM")


def _cell(row: Any) -> Cell:
    return Cell(
        kind=row[0],
        count=int(row[1]),
        month=date.fromisoformat(f"{row[2]}-01"),
        title=row[3] or "",
        format=row[4] or "",
        audiences=tuple(row[5] or ()),
        sectors=tuple(row[6] or ()),
        campaign=row[7] or "",
        network=row[8] or "",
        reader=row[9],
    )


def _suits(cell: Cell, sector: str) -> bool:
    return bool(cell.title) and sector in suits(list(cell.sectors), SECTORS)
