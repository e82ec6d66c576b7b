"""What went: the runs of the schedule, and the tombstones they left."""

from __future__ import annotations

from sqlalchemy import select

from portal.db import current_session
from portal.governance.models.retention import RetentionRun, RetentionTombstone


def runs(*, limit: int) -> list[RetentionRun]:
    """The latest runs of the schedule."""
    return list(
        current_session().scalars(
            select(RetentionRun).order_by(RetentionRun.id.desc()).limit(limit)
        )
    )


def latest(*, limit: int) -> list[RetentionTombstone]:
    """The latest tombstones."""
    query = select(RetentionTombstone).order_by(RetentionTombstone.id.desc()).limit(limit)
    return list(current_session().scalars(query))
