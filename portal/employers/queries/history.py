"""What an employer's facts were, at a version or on a day, and who changed them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from portal.accounts.models import User
from portal.db import current_session
from portal.employers.models import Employer, EmployerChange
from portal.employers.rules.facts import FACTS, unplain
from portal.kernel.clock import london


@dataclass(frozen=True, slots=True)
class FactChange:
    """One saved change: who, when, and each fact before and after."""

    version: int
    at: datetime
    by: str | None
    changes: dict[str, tuple[Any, Any]]


def facts_at(employer: Employer, version: int) -> dict[str, Any]:
    """The facts as they stood at a version, by undoing what came later."""
    facts = {field: getattr(employer, field) for field in FACTS}
    later = current_session().scalars(
        select(EmployerChange.changes)
        .where(EmployerChange.employer_id == employer.id, EmployerChange.version > version)
        .order_by(EmployerChange.version.desc())
    )
    for changes in later:
        for field, (before, _after) in changes.items():
            facts[field] = unplain(field, before)
    return facts


def facts_on(employer_id: int, day: date) -> dict[str, Any] | None:
    """The facts as the record held them at the end of a London day; None before there were any."""
    facts: dict[str, Any] | None = None
    rows = current_session().execute(
        select(EmployerChange.at, EmployerChange.changes)
        .where(EmployerChange.employer_id == employer_id)
        .order_by(EmployerChange.version)
    )
    for at, changes in rows:
        if london(at).date() > day:
            break
        facts = facts or dict.fromkeys(FACTS)
        facts.update({field: unplain(field, after) for field, (_old, after) in changes.items()})
    return facts


def facts_trail(employer_id: int) -> list[tuple[date, int, dict[str, Any]]]:
    """All facts after each saved change, with its London day and version; oldest first."""
    facts: dict[str, Any] = dict.fromkeys(FACTS)
    rows = current_session().execute(
        select(EmployerChange.at, EmployerChange.version, EmployerChange.changes)
        .where(EmployerChange.employer_id == employer_id)
        .order_by(EmployerChange.version)
    )
    trail = []
    for at, version, changes in rows:
        facts = facts | {field: unplain(field, after) for field, (_old, after) in changes.items()}
        trail.append((london(at).date(), version, facts))
    return trail


def fact_changes(employer_id: int, *, after_version: int = 0, limit: int = 100) -> list[FactChange]:
    """Saved changes, newest first."""
    rows = current_session().execute(
        select(EmployerChange.version, EmployerChange.at, User.name, EmployerChange.changes)
        .outerjoin(User, User.id == EmployerChange.changed_by)
        .where(EmployerChange.employer_id == employer_id, EmployerChange.version > after_version)
        .order_by(EmployerChange.version.desc())
        .limit(limit)
    )
    return [
        FactChange(
            version=version,
            at=at,
            by=name,
            changes={
                field: (unplain(field, old), unplain(field, new))
                for field, (old, new) in changes.items()
            },
        )
        for version, at, name, changes in rows
    ]
