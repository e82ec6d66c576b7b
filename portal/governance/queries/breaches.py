"""The log of breaches of personal data."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from portal.db import current_session
from portal.governance.models.privacy import Breach, BreachStep
from portal.governance.rules.breaches import Judged

PAGE = 50
# For pages, which know no tables.
Found = Breach


def judged(one: Breach) -> Judged:
    """What was decided about a breach, for the rules."""
    return Judged(
        found_at=one.found_at,
        risk=one.risk,
        why=one.why,
        ico_told_at=one.ico_told_at,
        ico_reason=one.ico_reason,
        people_told_at=one.people_told_at,
        people_reason=one.people_reason,
        lessons=one.lessons,
    )


def breaches(*, before: int | None = None, limit: int = PAGE) -> Sequence[Breach]:
    """Every breach, the newest record first, from before an id."""
    query = select(Breach).order_by(Breach.id.desc()).limit(limit)
    if before is not None:
        query = query.where(Breach.id < before)
    return current_session().scalars(query).all()


def open_breaches() -> Sequence[Breach]:
    """Breaches not closed yet, the oldest first."""
    return (
        current_session()
        .scalars(select(Breach).where(Breach.closed_at.is_(None)).order_by(Breach.found_at))
        .all()
    )


def breach_of(reference: str, *, lock: bool = False) -> Breach | None:
    """The breach with a reference, held for change when asked."""
    query = select(Breach).where(Breach.reference == reference)
    return current_session().scalar(query.with_for_update() if lock else query)


def steps(breach_id: int) -> Sequence[BreachStep]:
    """The log of a breach, the newest first."""
    return (
        current_session()
        .scalars(
            select(BreachStep)
            .where(BreachStep.breach_id == breach_id)
            .order_by(BreachStep.id.desc())
        )
        .all()
    )
