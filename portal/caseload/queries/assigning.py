"""Who has which cases, who can be given them, and what somebody who leaves still has in hand."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from portal.accounts.models import Role, User, users_roles
from portal.caseload.models import Case, Confirmation, NextAction, Referral
from portal.caseload.queries.team import count_where
from portal.caseload.rules.stages import Stage
from portal.caseload.rules.team import Colleague
from portal.db import current_session
from portal.employers.models import Employer
from portal.programme.models import StaffPost

_SHOWN_NAME: ColumnElement[str] = func.coalesce(
    func.nullif(Employer.trading_name, ""), Employer.name
)


@dataclass(frozen=True, slots=True)
class HeldCase:
    """A case in the list of those that can be given away."""

    id: int
    reference: str
    employer: str
    stage: Stage
    adviser_id: int | None
    adviser: str | None
    next_what: str | None
    next_due_on: date | None
    organisation_id: int


@dataclass(frozen=True, slots=True)
class Holding:
    """What somebody who leaves still has in hand."""

    cases: int
    next_actions: int
    overdue: int
    referrals: int
    confirmations: int


def colleague(user_id: int, organisation_ids: Collection[int]) -> Colleague | None:
    """Somebody who works for one of these organisations, with roles and all their organisations."""
    posts = frozenset(
        current_session().scalars(
            select(StaffPost.organisation_id).where(StaffPost.user_id == user_id)
        )
    )
    if not posts & set(organisation_ids):
        return None
    rows = (
        current_session()
        .execute(
            select(User.id, User.name, User.email, User.active, Role.name.label("role"))
            .outerjoin(users_roles, users_roles.c.user_id == User.id)
            .outerjoin(Role, Role.id == users_roles.c.role_id)
            .where(User.id == user_id)
        )
        .all()
    )
    first = rows[0]
    roles = frozenset(row.role for row in rows if row.role is not None)
    return Colleague(first.id, first.name, first.email, first.active, roles, posts)


def takers(organisation_ids: Collection[int]) -> list[tuple[str, str]]:
    """Who can be given a case: active advisers and managers of these providers, by name."""
    rows: Iterable[Any] = current_session().execute(
        select(User.id, User.name)
        .join(StaffPost, StaffPost.user_id == User.id)
        .join(users_roles, users_roles.c.user_id == User.id)
        .join(Role, Role.id == users_roles.c.role_id)
        .where(
            StaffPost.organisation_id.in_(organisation_ids),
            User.active.is_(True),
            Role.name.in_(("adviser", "provider_manager")),
        )
        .order_by(User.name, User.id)
        .distinct()
    )
    return [(str(row.id), row.name) for row in rows]


def holders(organisation_ids: Collection[int]) -> list[tuple[str, str]]:
    """Everybody who has an open case of these providers, closed accounts too, by name."""
    rows = current_session().execute(
        select(User.id, User.name)
        .where(
            User.id.in_(
                select(Case.adviser_id).where(
                    Case.organisation_id.in_(organisation_ids), Case.closed_at.is_(None)
                )
            )
        )
        .order_by(User.name, User.id)
    )
    return [(str(row.id), row.name) for row in rows]


def open_case_count(user_id: int) -> int:
    """How many open cases a person holds, whoever's they are."""
    count = current_session().scalar(
        select(func.count())
        .select_from(Case)
        .where(Case.adviser_id == user_id, Case.closed_at.is_(None))
    )
    return int(count or 0)


def held_cases(
    organisation_ids: Collection[int],
    *,
    adviser: str = "",
    stage: str = "",
    q: str = "",
    limit: int | None = None,
    offset: int = 0,
) -> list[HeldCase]:
    """Open cases of these providers; ``adviser`` is a key, ``none``, or empty for everybody's."""
    query: Any = (
        select(
            Case.id,
            Case.reference,
            _SHOWN_NAME,
            Case.stage,
            Case.adviser_id,
            User.name,
            NextAction.what,
            NextAction.due_on,
            Case.organisation_id,
        )
        .join(Employer, Employer.id == Case.employer_id)
        .outerjoin(User, User.id == Case.adviser_id)
        .outerjoin(NextAction, and_(NextAction.case_id == Case.id, NextAction.state == "open"))
        .where(Case.closed_at.is_(None), Case.organisation_id.in_(organisation_ids))
        .order_by(func.lower(_SHOWN_NAME), Case.id)
        .offset(offset)
    )
    query = _narrowed(query, adviser, stage, q)
    rows: Iterable[Any] = current_session().execute(query.limit(limit))
    return [
        HeldCase(
            id=row[0],
            reference=row[1],
            employer=row[2],
            stage=Stage(row[3]),
            adviser_id=row[4],
            adviser=row[5],
            next_what=row[6],
            next_due_on=row[7],
            organisation_id=row[8],
        )
        for row in rows
    ]


def _narrowed(query: Select[Any], adviser: str, stage: str, q: str) -> Select[Any]:
    if adviser == "none":
        query = query.where(Case.adviser_id.is_(None))
    elif adviser:
        query = query.where(Case.adviser_id == int(adviser))
    if stage:
        query = query.where(Case.stage == stage)
    for word in q.lower().split()[:6]:
        query = query.where(
            or_(
                func.lower(Employer.name).contains(word, autoescape=True),
                func.lower(func.coalesce(Employer.trading_name, "")).contains(
                    word, autoescape=True
                ),
                Case.reference == word.upper(),
            )
        )
    return query


def cases_to_change(references: Sequence[str]) -> list[Case]:
    """Cases locked in one order, so that two managers never wait for each other."""
    return list(
        current_session().scalars(
            select(Case)
            .where(Case.reference.in_(set(references)))
            .order_by(Case.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def case_names(case_ids: Collection[int]) -> dict[int, str]:
    """Employers' names by case."""
    rows: Iterable[Any] = current_session().execute(
        select(Case.id, _SHOWN_NAME)
        .join(Employer, Employer.id == Case.employer_id)
        .where(Case.id.in_(case_ids))
    )
    return {row[0]: row[1] for row in rows}


def holding(user_id: int, *, today: date) -> Holding:
    """What somebody still has in hand, wherever."""
    session = current_session()
    cases, actions, overdue = session.execute(
        select(
            func.count(),
            count_where(NextAction.id.is_not(None)),
            count_where(NextAction.due_on < today),
        )
        .select_from(Case)
        .outerjoin(NextAction, and_(NextAction.case_id == Case.id, NextAction.state == "open"))
        .where(Case.adviser_id == user_id, Case.closed_at.is_(None))
    ).one()
    referrals = session.scalar(
        select(func.count())
        .select_from(Referral)
        .where(Referral.created_by == user_id, Referral.status == "waiting")
    )
    confirmations = session.scalar(
        select(func.count())
        .select_from(Confirmation)
        .where(Confirmation.asked_by == user_id, Confirmation.state == "awaiting")
    )
    return Holding(cases, actions, overdue, int(referrals or 0), int(confirmations or 0))
