"""What was counted of readers, and the campaigns that led them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from portal.db import current_session
from portal.toolkit.models import Campaign, ReachCount, ReachSalt


def salt(day: date) -> str | None:
    """The secret of a day, if it was needed on that day."""
    return current_session().scalar(select(ReachSalt.salt).where(ReachSalt.day == day))


def campaign_key(code: str) -> int:
    """The key of the campaign with a code, in any case; 0 where there is none."""
    key = current_session().scalar(select(Campaign.id).where(Campaign.code == code.lower()))
    return key or 0


def total(kind: str, *, resource_id: int | None = None) -> int:
    """How often something was counted, of one resource or of all."""
    query = select(func.coalesce(func.sum(ReachCount.__table__.c["count"]), 0)).where(
        ReachCount.kind == kind
    )
    if resource_id is not None:
        query = query.where(ReachCount.resource_id == resource_id)
    return int(current_session().scalar(query) or 0)
