"""The records behind a figure: one page of a list, the latest first, in one statement.

Each kind of record counts by the same rule as the figure (``portal/reports/facts``), so that the
list is as long as the figure says. Pages follow one another by time and key, never by counting.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.sql.expression import FromClause

from portal.caseload.models import (
    Attendance,
    Case,
    Consultation,
    Delivery,
    DiagnosticSession,
    Interaction,
    Referral,
    ReferralSource,
)
from portal.db import current_session
from portal.employers.models import Employer
from portal.kernel.clock import LONDON
from portal.network.models import Event
from portal.payments.models import Contract, Output
from portal.payments.rules.words import ENGAGEMENT
from portal.programme.models import Organisation
from portal.reports.models import ReportActivity, ReportEmployer, ReportJourney
from portal.reports.rules.programme.data import UNKNOWN
from portal.reports.rules.programme.funnel import STEPS
from portal.reports.rules.records import PAGE, Asked, Mark

_e, _c, _s = Employer.__table__.c, Case.__table__.c, ReferralSource.__table__.c
_j, _f = ReportJourney.__table__.c, ReportEmployer.__table__.c
_o, _d = Output.__table__.c, Delivery.__table__.c
_names = Organisation.__table__.c
_STEP_DAYS: Final = {
    "referred": _j.referred_on,
    "accepted": _j.opened_on,
    "consulted": _j.consulted_on,
    "session": _j.session_on,
    "plan": _j.plan_on,
    "supported": _j.supported_on,
    "followed": _j.followed_on,
    "embedded": _j.embedded_on,
}
_Column = ColumnElement[Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One record; ``case`` and ``reference`` are references for addresses."""

    at: date | datetime
    id: int
    title: str
    provider: str | None
    said: str | None
    number: int | None
    case: str | None
    reference: str


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a kind of record is found."""

    rows: FromClause
    at: _Column
    id: _Column
    title: _Column
    reference: _Column
    counted: tuple[_Column, ...] = ()
    provider: _Column | None = None
    said: _Column | None = None
    number: _Column | None = None
    case: _Column | None = None
    # Who else may see it: whose contract pays for it.
    payer: _Column | None = None
    instant: bool = False
    columns: Mapping[str, _Column] = field(default_factory=dict)


def _known(column: _Column) -> _Column:
    """A group as figures name it: what is not known is a group too."""
    return func.coalesce(func.nullif(column, ""), UNKNOWN)


def _place(sector: _Column, size: _Column, district: _Column) -> dict[str, _Column]:
    return {"sector": _known(sector), "size": _known(size), "district": _known(district)}


def _of_kind(column: _Column, asked: Asked) -> tuple[_Column, ...]:
    return (column == asked.kind,) if asked.kind else ()


def _of_case(record: FromClause) -> FromClause:
    return (
        record.join(Case.__table__, _c.id == record.c.case_id)
        .join(Employer.__table__, _e.id == _c.employer_id)
        .outerjoin(ReferralSource.__table__, _s.id == _c.source_id)
    )


_CASE_COLUMNS: Final = {
    **_place(_e.sector, _e.size_tier, _e.district),
    "provider": _c.organisation_id,
    "source": func.coalesce(_s.kind, UNKNOWN),
}


def _cases(asked: Asked) -> _Source:
    rows = ReportJourney.__table__.join(Case.__table__, _c.id == _j.case_id).join(
        Employer.__table__, _e.id == _j.employer_id
    )
    steps = [key for key, _ in STEPS]
    if asked.what == "cohort":
        # Who came to a later step has come past this one.
        later = [_STEP_DAYS[key] for key in steps[steps.index(asked.kind) :]]
        at, counted = _j.opened_on, [or_(*(day.is_not(None) for day in later))]
    else:
        at, counted = _STEP_DAYS[asked.kind], []
    return _Source(
        rows,
        at,
        _j.case_id,
        _e.name,
        _c.reference,
        tuple(counted),
        provider=_j.organisation_id,
        said=_c.stage,
        case=_c.reference,
        columns={
            **_place(_j.sector, _j.size_tier, _j.district),
            "provider": _j.organisation_id,
            "source": func.coalesce(_j.source_kind, UNKNOWN),
        },
    )


def _employers(asked: Asked) -> _Source:
    return _Source(
        ReportEmployer.__table__.join(Employer.__table__, _e.id == _f.employer_id),
        _f[f"{asked.kind}_on"],
        _f.employer_id,
        _e.name,
        _e.reference,
        said=_e.district,
        columns=_place(_f.sector, _f.size_tier, _f.district),
    )


def _outputs(asked: Asked) -> _Source:
    counted: list[_Column] = [_o.withdrawn_at.is_(None)]
    if asked.kind == "support":
        counted.append(_o.output_type != ENGAGEMENT)
    elif asked.kind:
        counted.append(_o.output_type == asked.kind)
    if asked.value("hard"):
        counted.append(_o.hard_to_reach.is_(asked.value("hard") == "yes"))
    contract = Contract.__table__.c
    rows = (
        Output.__table__.join(Contract.__table__, contract.id == _o.contract_id)
        .join(Case.__table__, _c.id == _o.case_id)
        .outerjoin(ReferralSource.__table__, _s.id == _c.source_id)
    )
    return _Source(
        rows,
        _o.occurred_on,
        _o.id,
        _o.employer_name,
        _o.reference,
        tuple(counted),
        provider=_o.organisation_id,
        said=_o.output_type,
        number=_o.base_pence + _o.bonus_pence,
        payer=contract.organisation_id,
        columns={
            **_place(_o.sector, _o.size_tier, _o.district),
            "provider": _o.organisation_id,
            "source": func.coalesce(_s.kind, UNKNOWN),
            "contract": _o.contract_id,
        },
    )


def _sessions(_asked: Asked) -> _Source:
    record = DiagnosticSession.__table__.c
    return _Source(
        _of_case(DiagnosticSession.__table__),
        record.held_on,
        record.id,
        _e.name,
        record.reference,
        (record.withdrawn_at.is_(None),),
        provider=_c.organisation_id,
        said=record.mode,
        number=record.minutes,
        case=_c.reference,
        columns=_CASE_COLUMNS,
    )


def _consultations(_asked: Asked) -> _Source:
    record = Consultation.__table__.c
    return _Source(
        _of_case(Consultation.__table__),
        record.held_at,
        record.id,
        _e.name,
        record.reference,
        (record.corrects_id.is_(None),),
        provider=_c.organisation_id,
        said=record.next_step,
        number=record.minutes,
        case=_c.reference,
        instant=True,
        columns=_CASE_COLUMNS,
    )


def _contacts(asked: Asked) -> _Source:
    record = Interaction.__table__.c
    return _Source(
        _of_case(Interaction.__table__),
        record.at,
        record.id,
        _e.name,
        record.reference,
        (record.reached.is_(True), *_of_kind(record.kind, asked)),
        provider=_c.organisation_id,
        said=record.kind,
        number=record.minutes,
        case=_c.reference,
        instant=True,
        columns=_CASE_COLUMNS,
    )


def _deliveries(asked: Asked) -> _Source:
    return _Source(
        Delivery.__table__,
        _d.delivered_on,
        _d.id,
        _d.title,
        _d.reference,
        (_d.withdrawn_at.is_(None), *_of_kind(_d.kind, asked)),
        provider=_d.organisation_id,
        said=_d.kind,
        number=_d.minutes,
        columns={"provider": _d.organisation_id},
    )


def _support(asked: Asked) -> _Source:
    record = Attendance.__table__.c
    rows = Attendance.__table__.join(Delivery.__table__, _d.id == record.delivery_id).join(
        Employer.__table__, _e.id == record.employer_id
    )
    return _Source(
        rows,
        _d.delivered_on,
        record.id,
        _e.name,
        _d.reference,
        (_d.withdrawn_at.is_(None), *_of_kind(_d.kind, asked)),
        provider=_d.organisation_id,
        said=_d.kind,
        number=record.attended,
        columns={
            **_place(record.sector, record.size_tier, _e.district),
            "provider": _d.organisation_id,
        },
    )


def _referrals(asked: Asked) -> _Source:
    record = Referral.__table__.c
    rows = Referral.__table__.join(ReferralSource.__table__, _s.id == record.source_id).outerjoin(
        Employer.__table__, _e.id == record.employer_id
    )
    return _Source(
        rows,
        record.received_at,
        record.id,
        record.employer_name,
        record.reference,
        _of_kind(record.status, asked),
        provider=record.organisation_id,
        said=record.status,
        instant=True,
        columns={
            **_place(func.coalesce(_e.sector, record.sector), _e.size_tier, _e.district),
            "provider": record.organisation_id,
            "source": _s.kind,
        },
    )


def _events(asked: Asked) -> _Source:
    record, held = Event.__table__.c, ReportActivity.__table__.c
    return _Source(
        ReportActivity.__table__.join(Event.__table__, record.id == held.event_id),
        held.held_on,
        held.event_id,
        record.title,
        record.reference,
        _of_kind(held.mode, asked),
        said=held.mode,
    )


_SOURCES: Final[Mapping[str, Callable[[Asked], _Source]]] = {
    "cohort": _cases,
    "arrived": _cases,
    "employers": _employers,
    "outputs": _outputs,
    "sessions": _sessions,
    "consultations": _consultations,
    "contacts": _contacts,
    "deliveries": _deliveries,
    "support": _support,
    "referrals": _referrals,
    "events": _events,
}


def lines(asked: Asked, *, own: Collection[int] | None) -> tuple[list[Line], Mark | None]:
    """A page of records and where the next begins, if there is one.

    ``own`` are the providers whose records may be seen; None sees everything.

    Raises:
        ValueError: for records that belong to no provider, asked for by one.
    """
    source = _SOURCES[asked.what](asked)
    rows = source.rows
    if source.provider is not None:
        rows = rows.outerjoin(Organisation.__table__, _names.id == source.provider)
    query = (
        select(
            source.at,
            source.id,
            source.title,
            literal(None) if source.provider is None else _names.name,
            literal(None) if source.said is None else source.said,
            literal(None) if source.number is None else source.number,
            literal(None) if source.case is None else source.case,
            source.reference,
        )
        .select_from(rows)
        .where(*source.counted, *_chosen(source, asked), *_owned(source, own))
        .order_by(source.at.desc(), source.id.desc())
        .limit(PAGE + 1)
    )
    found = [Line(*row) for row in current_session().execute(query)]
    if len(found) <= PAGE:
        return found, None
    last = found[PAGE - 1]
    return found[:PAGE], Mark(last.at, last.id)


def _owned(source: _Source, own: Collection[int] | None) -> list[_Column]:
    if own is None:
        return []
    if source.provider is None:
        raise ValueError("These records belong to no provider")
    mine = source.provider.in_(sorted(own))
    return [mine if source.payer is None else or_(mine, source.payer.in_(sorted(own)))]


def _chosen(source: _Source, asked: Asked) -> list[_Column]:
    found = [*_between(source, asked)]
    for name, value in asked.filters:
        column = source.columns.get(name)
        if column is not None:
            found.append(column == (int(value) if name in {"provider", "contract"} else value))
    after = asked.after
    if after is not None and isinstance(after.at, datetime) == source.instant:
        earlier = source.at < after.at
        found.append(or_(earlier, and_(source.at == after.at, source.id < after.id)))
    return found


def _between(source: _Source, asked: Asked) -> list[_Column]:
    """Between two days of London, both included."""
    if not source.instant:
        return [source.at >= asked.first, source.at <= asked.last]
    first, after = (
        datetime.combine(day, time(), LONDON).astimezone(UTC)
        for day in (asked.first, asked.last + timedelta(days=1))
    )
    return [source.at >= first, source.at < after]
