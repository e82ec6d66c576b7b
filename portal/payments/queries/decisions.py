"""Decisions about money as they are shown: who decided what, and who had a hand in it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal.db import current_session
from portal.payments.models import Decision


@dataclass(frozen=True, slots=True)
class DecisionFacts:
    """One decision about a record."""

    at: datetime
    action: str
    by: int | None
    by_name: str
    detail: dict[str, Any]


def about(subject: str) -> list[DecisionFacts]:
    """Every decision about a record, newest first."""
    rows = current_session().execute(
        select(Decision.at, Decision.action, Decision.by, Decision.by_name, Decision.detail)
        .where(Decision.subject == subject)
        .order_by(Decision.sequence.desc())
    )
    return [DecisionFacts(*row) for row in rows]


def hands(subject: str, actions: Collection[str]) -> frozenset[int]:
    """Who did any of these to a record."""
    rows = current_session().scalars(
        select(Decision.by)
        .where(Decision.subject == subject, Decision.action.in_(actions), Decision.by.is_not(None))
        .distinct()
    )
    return frozenset(person for person in rows if person is not None)
