"""Cases in SQL: their tables, and each question about them said once; values come with a request.

Statements are built once and run often, so nothing here knows today's date or who asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy.sql.expression import FromClause

from portal.caseload.models import Case, CaseMilestone, NextAction
from portal.caseload.rules import attention
from portal.caseload.rules.stages import Milestone
from portal.employers.models import Employer
from portal.programme import queries as programme

# Plain columns, not mapped ones: a list is built and read a quarter faster.
c = Case.__table__.c
e = Employer.__table__.c
n = NextAction.__table__.c
_m = CaseMilestone.__table__.c

shown_name: ColumnElement[str] = func.coalesce(func.nullif(e.trading_name, ""), e.name)
is_open: ColumnElement[bool] = c.closed_at.is_(None)
with_employer: FromClause = Case.__table__.join(Employer.__table__, e.id == c.employer_id)
its_action = and_(n.case_id == c.id, n.state == "open")
with_action: FromClause = with_employer.outerjoin(NextAction.__table__, its_action)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose cases somebody sees: those of these providers, or every provider's (None)."""

    organisations: frozenset[int] | None
    user_id: int | None


def _gap_count() -> ColumnElement[int]:
    diagnostic = exists(
        select(literal(1)).where(
            _m.case_id == c.id,
            _m.kind == Milestone.DIAGNOSTIC.value,
            _m.withdrawn_at.is_(None),
        )
    )
    present: tuple[ColumnElement[bool], ...] = (
        e.sector.in_(bindparam("target_sectors", expanding=True)),
        e.size_tier.is_not(None),
        c.session_state.in_(sorted(attention.SESSION_HELD)),
        diagnostic,
        c.session_state == attention.SESSION_CONFIRMED,
    )
    total: ColumnElement[int] = literal(0, Integer)
    for condition in present:
        total = total + case((condition, 0), else_=1)
    return total


# How many things an engagement lacks: ``attention.engagement_readiness`` in SQL.
gap_count = _gap_count()
_latest = func.coalesce(c.last_contact_at, c.opened_at, type_=c.opened_at.type)
_day, _week_end = bindparam("day", type_=Date()), bindparam("week_end", type_=Date())
# Open cases whose employer nobody reached lately: ``attention.is_quiet`` in SQL.
is_quiet: ColumnElement[bool] = _latest < bindparam("quiet_before", type_=c.opened_at.type)
unconfirmed: ColumnElement[bool] = c.session_state.in_(attention.SESSION_UNCONFIRMED)
own_provider: ColumnElement[bool] = c.organisation_id.in_(bindparam("own", expanding=True))
own_case: ColumnElement[bool] = c.adviser_id == bindparam("me", type_=Integer())

VIEWS: Mapping[str, ColumnElement[bool] | None] = {
    "open": is_open,
    "closed": c.closed_at.is_not(None),
    "all": None,
    "overdue": and_(is_open, n.due_on < _day),
    "today": and_(is_open, n.due_on == _day),
    "week": and_(is_open, n.due_on.between(_day, _week_end)),
    "no_next_action": and_(is_open, n.id.is_(None)),
    "quiet": and_(is_open, is_quiet),
    "never_contacted": and_(is_open, c.contact_count == 0),
    "waiting_for_employer": and_(is_open, c.waiting_since.is_not(None)),
    "almost_claimable": and_(is_open, gap_count == 1),
    "claimable": and_(is_open, gap_count == 0),
    "session_unconfirmed": and_(is_open, unconfirmed),
}
EQUAL: Mapping[str, ColumnElement[Any]] = {
    "provider": c.organisation_id,
    "stage": c.stage,
    "sector": e.sector,
    "size": e.size_tier,
    "district": e.district,
    "source": c.source_id,
}


def values(day: date, scope: Scope) -> dict[str, Any]:
    """What every statement about cases is given: the day, the programme's settings, whose cases."""
    settings = programme.settings()
    return {
        "day": day,
        "week_end": attention.end_of_week(day),
        "quiet_before": attention.quiet_before(day, settings.quiet_days),
        "target_sectors": sorted(sector.key for sector in settings.sectors),
        "own": sorted(scope.organisations or ()),
        "me": scope.user_id,
    }
