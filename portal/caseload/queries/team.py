"""A provider's work by person, and what became of referrals: so many statements, however many rows.

``organisation_ids`` limits everything to these providers; None means every provider.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, case, func, select, true
from sqlalchemy import cast as sql_cast

from portal.accounts.models import Role, User, users_roles
from portal.caseload.models import (
    Case,
    Confirmation,
    Delivery,
    DiagnosticSession,
    Interaction,
    NextAction,
    Referral,
    ReferralSource,
    StageChange,
)
from portal.caseload.rules.attention import quiet_before
from portal.caseload.rules.stages import Stage
from portal.caseload.rules.team import RECENT_DAYS, Arrival, Load, first_reached
from portal.db import current_session
from portal.programme.models import Organisation, StaffPost

Key = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class TeamRow:
    """One person's figures within one provider; ``user_id`` is None for what nobody has."""

    organisation_id: int
    organisation: str
    user_id: int | None
    name: str
    active: bool
    adviser: bool
    load: Load


def _of(column: Any, organisation_ids: Collection[int] | None) -> ColumnElement[bool]:
    return true() if organisation_ids is None else column.in_(organisation_ids)


def workload(
    organisation_ids: Collection[int] | None, *, today: date, now: datetime, quiet_days: int
) -> list[TeamRow]:
    """Figures by person, by provider and name; what nobody has comes last for each provider."""
    loads: dict[Key, Load] = defaultdict(Load)
    _count_cases(loads, organisation_ids, today, quiet_days)
    _count_contacts(loads, organisation_ids, now - timedelta(days=RECENT_DAYS))
    first = today.replace(day=1)
    _count_sessions(loads, organisation_ids, first, today)
    _count_deliveries(loads, organisation_ids, first, today)
    _count_confirmations(loads, organisation_ids, today)
    return _named(loads, organisation_ids)


def _count_cases(
    loads: dict[Key, Load], organisations: Collection[int] | None, today: date, quiet_days: int
) -> None:
    latest = func.coalesce(Case.last_contact_at, Case.opened_at)
    rows: Iterable[Any] = current_session().execute(
        select(
            Case.organisation_id,
            Case.adviser_id,
            Case.stage,
            func.count(),
            count_where(NextAction.due_on < today),
            count_where(NextAction.id.is_(None)),
            count_where(latest < quiet_before(today, quiet_days)),
        )
        .outerjoin(NextAction, and_(NextAction.case_id == Case.id, NextAction.state == "open"))
        .where(Case.closed_at.is_(None), _of(Case.organisation_id, organisations))
        .group_by(Case.organisation_id, Case.adviser_id, Case.stage)
    )
    for organisation, adviser, stage, count, overdue, no_next, quiet in rows:
        load = loads[organisation, adviser]
        load.stages[Stage(stage)] += count
        load.overdue += overdue
        load.no_next += no_next
        load.quiet += quiet


def count_where(test: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of a group pass a test."""
    return sql_cast(func.coalesce(func.sum(case((test, 1), else_=0)), 0), Integer)


def _count_contacts(
    loads: dict[Key, Load], organisations: Collection[int] | None, since: datetime
) -> None:
    rows: Iterable[Any] = current_session().execute(
        select(
            Case.organisation_id,
            Interaction.by,
            count_where(Interaction.kind != "note"),
            sql_cast(func.sum(Interaction.minutes), Integer),
        )
        .join(Case, Case.id == Interaction.case_id)
        .where(Interaction.at >= since, _of(Case.organisation_id, organisations))
        .group_by(Case.organisation_id, Interaction.by)
    )
    for organisation, by, contacts, minutes in rows:
        loads[organisation, by].contacts += contacts
        loads[organisation, by].minutes += minutes


def _count_sessions(
    loads: dict[Key, Load], organisations: Collection[int] | None, first: date, last: date
) -> None:
    rows: Iterable[Any] = current_session().execute(
        select(Case.organisation_id, DiagnosticSession.by, func.count())
        .join(Case, Case.id == DiagnosticSession.case_id)
        .where(
            DiagnosticSession.held_on.between(first, last),
            DiagnosticSession.withdrawn_at.is_(None),
            _of(Case.organisation_id, organisations),
        )
        .group_by(Case.organisation_id, DiagnosticSession.by)
    )
    for organisation, by, count in rows:
        loads[organisation, by].sessions += count


def _count_deliveries(
    loads: dict[Key, Load], organisations: Collection[int] | None, first: date, last: date
) -> None:
    rows: Iterable[Any] = current_session().execute(
        select(Delivery.organisation_id, Delivery.by, func.count())
        .where(
            Delivery.delivered_on.between(first, last),
            Delivery.withdrawn_at.is_(None),
            _of(Delivery.organisation_id, organisations),
        )
        .group_by(Delivery.organisation_id, Delivery.by)
    )
    for organisation, by, count in rows:
        loads[organisation, by].deliveries += count


def _count_confirmations(
    loads: dict[Key, Load], organisations: Collection[int] | None, today: date
) -> None:
    rows: Iterable[Any] = current_session().execute(
        select(Case.organisation_id, Case.adviser_id, func.count())
        .select_from(Confirmation)
        .join(Case, Case.id == Confirmation.case_id)
        .where(
            Confirmation.state == "awaiting",
            Confirmation.due_on < today,
            _of(Case.organisation_id, organisations),
        )
        .group_by(Case.organisation_id, Case.adviser_id)
    )
    for organisation, adviser, count in rows:
        loads[organisation, adviser].unconfirmed += count


def _named(loads: dict[Key, Load], organisations: Collection[int] | None) -> list[TeamRow]:
    named: Iterable[Any] = current_session().execute(
        select(Organisation.id, Organisation.name).where(
            Organisation.kind == "provider", _of(Organisation.id, organisations)
        )
    )
    names = {row.id: row.name for row in named}
    posts: Iterable[Any] = current_session().execute(
        select(StaffPost.organisation_id, User.id)
        .join(User, User.id == StaffPost.user_id)
        .join(users_roles, users_roles.c.user_id == User.id)
        .join(Role, Role.id == users_roles.c.role_id)
        .where(
            Role.name == "adviser",
            User.active.is_(True),
            _of(StaffPost.organisation_id, organisations),
        )
    )
    advisers = {(row[0], row[1]) for row in posts}
    for key in advisers:
        if key[0] in names:
            loads.setdefault(key, Load())
    held = {user for _organisation, user in loads if user is not None}
    people = {
        row.id: (row.name, row.active)
        for row in current_session().execute(
            select(User.id, User.name, User.active).where(User.id.in_(held))
        )
    }
    rows = [
        TeamRow(
            organisation,
            names.get(organisation, "Another organisation"),
            user,
            people[user][0] if user is not None else "Nobody",
            people[user][1] if user is not None else True,
            (organisation, user) in advisers,
            load,
        )
        for (organisation, user), load in loads.items()
    ]
    rows.sort(key=lambda row: (row.organisation, row.user_id is None, row.name, row.user_id or 0))
    return rows


def arrivals(
    organisation_ids: Collection[int] | None,
    *,
    start: datetime,
    end: datetime,
    kind: str = "",
    source_id: int | None = None,
) -> list[Arrival]:
    """Referrals received from one instant to another, with what their cases reached."""
    received = (
        Referral.received_at >= start,
        Referral.received_at < end,
        _of(Referral.organisation_id, organisation_ids),
    )
    query = (
        select(
            ReferralSource.id,
            ReferralSource.name,
            ReferralSource.kind,
            Referral.status,
            Referral.received_at,
            Referral.decided_at,
            Referral.decline_reason,
            Referral.case_id,
        )
        .join(ReferralSource, ReferralSource.id == Referral.source_id)
        .where(*received)
        .order_by(Referral.received_at, Referral.id)
    )
    moves = (
        select(StageChange.case_id, StageChange.to_stage, StageChange.at)
        .join(Referral, Referral.case_id == StageChange.case_id)
        .where(*received)
        .distinct()
        .order_by(StageChange.case_id, StageChange.at)
    )
    if kind:
        query = query.where(ReferralSource.kind == kind)
    if source_id is not None:
        query = query.where(ReferralSource.id == source_id)
        moves = moves.where(Referral.source_id == source_id)
    changes: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    moved: Iterable[Any] = current_session().execute(moves)
    for case_id, stage, at in moved:
        changes[case_id].append((stage, at))
    return [
        Arrival(*row[:7], reached=first_reached(changes.get(row.case_id or 0, ())))
        for row in current_session().execute(query)
    ]


def sources() -> list[tuple[str, str]]:
    """Every source to choose from, as (key, name)."""
    rows: Iterable[Any] = current_session().execute(
        select(ReferralSource.id, ReferralSource.name).order_by(ReferralSource.name)
    )
    return [(str(row.id), row.name) for row in rows]
