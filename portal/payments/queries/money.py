"""What a provider earned and how far each output is on its way to being paid."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    and_,
    case,
    exists,
    extract,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from portal.caseload.models import Attendance, Case, Delivery, DiagnosticSession
from portal.db import current_session
from portal.employers.models import Employer
from portal.payments.models import Claim, ClaimLine, Contract, LedgerEntry, Output
from portal.payments.rules.ledger import Entry
from portal.payments.rules.money import PAGE, WORK, Step
from portal.payments.rules.periods import claim_month, last_day
from portal.payments.rules.states import LineState
from portal.payments.rules.words import OUTPUT_TYPES

_GONE: Final = (LineState.REJECTED.value, LineState.REMOVED.value)
_LIVE: Final = and_(ClaimLine.output_id == Output.id, ClaimLine.state.not_in(_GONE))
_Rows = Select[*tuple[Any, ...]]
_PENCE: Final = Output.base_pence + Output.bonus_pence


@dataclass(frozen=True, slots=True)
class Part:
    """Outputs of one type, month and step: how many, and pence.

    ``earned`` is their price. ``back`` is what was taken back of them, ``returned`` from how many.
    """

    output_type: str
    month: date
    step: Step
    count: int
    earned: int
    back: int
    returned: int

    @property
    def stands(self) -> int:
        """Pence less what was taken back."""
        return self.earned - self.back


@dataclass(frozen=True, slots=True)
class Waiting:
    """One output or piece of work that is not paid.

    ``kind`` is output, session or delivery; work has no step and no price yet. ``claim_on`` is the
    month in which an output is claimed, ``owner`` the provider whose contract pays for it.
    """

    kind: str
    id: int
    reference: str
    day: date
    output_type: str
    title: str
    case: str | None
    pence: int | None
    step: Step | None
    claim: str | None
    period: date | None
    claim_on: date | None
    said: str
    owner: int | None


def _of(organisations: Collection[int]) -> ColumnElement[bool]:
    """Outputs under these providers' contracts, and what they delivered under another's."""
    return or_(
        Contract.organisation_id.in_(organisations), Output.organisation_id.in_(organisations)
    )


def _step(month: date) -> ColumnElement[str]:
    """Where an output stands; ``month`` is the current one, which cannot be claimed yet."""
    other = aliased(ClaimLine)
    rejected = exists().where(other.output_id == Output.id, other.state == LineState.REJECTED.value)
    live, claim = ClaimLine.__table__.c, Claim.__table__.c
    return case(
        (live.state == LineState.DRAFT.value, Step.DRAFT.value),
        (live.state == LineState.SUBMITTED.value, Step.WAITING.value),
        (live.state == LineState.QUERIED.value, Step.QUERIED.value),
        (and_(live.state == LineState.APPROVED.value, claim.state == "paid"), Step.PAID.value),
        (live.state == LineState.APPROVED.value, Step.APPROVED.value),
        (rejected, Step.REJECTED.value),
        (or_(Output.occurred_on >= month, Contract.open_from >= month), Step.LATER.value),
        else_=Step.READY.value,
    )


def _taken_back() -> Any:
    """Pence taken back of each output, less what was given back again."""
    sign = case((LedgerEntry.kind == Entry.RECOVER, LedgerEntry.pence), else_=-LedgerEntry.pence)
    return (
        select(LedgerEntry.output_id, func.sum(sign).label("back"))
        .where(LedgerEntry.kind.in_((Entry.RECOVER, Entry.ADJUST)))
        .group_by(LedgerEntry.output_id)
        .subquery()
    )


def parts(organisations: Collection[int], *, month: date) -> list[Part]:
    """Everything these providers earned, by type, month and step; one statement."""
    back = _taken_back()
    step = _step(month)
    year, number = extract("year", Output.occurred_on), extract("month", Output.occurred_on)
    taken = func.coalesce(back.c.back, 0)
    rows = current_session().execute(
        select(
            Output.output_type,
            year,
            number,
            step,
            func.count(),
            func.sum(_PENCE),
            func.sum(taken),
            func.sum(case((taken > 0, 1), else_=0)),
        )
        .join(Contract, Contract.id == Output.contract_id)
        .outerjoin(ClaimLine, _LIVE)
        .outerjoin(Claim, Claim.id == ClaimLine.claim_id)
        .outerjoin(back, back.c.output_id == Output.id)
        .where(Output.withdrawn_at.is_(None), _of(organisations))
        .group_by(Output.output_type, year, number, step)
    )
    return [
        Part(
            row[0],
            date(int(row[1]), int(row[2]), 1),
            Step(row[3]),
            row[4],
            int(row[5]),
            int(row[6]),
            int(row[7]),
        )
        for row in rows
    ]


def _unpaid_outputs(organisations: Collection[int], month: date) -> _Rows:
    other = aliased(ClaimLine)
    said = (
        select(other.reason)
        .where(other.output_id == Output.id, other.state == LineState.REJECTED.value)
        .order_by(other.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            literal("output").label("kind"),
            Output.id.label("id"),
            Output.reference.label("reference"),
            Output.occurred_on.label("day"),
            Output.output_type.label("output_type"),
            Output.employer_name.label("title"),
            Case.reference.label("case_reference"),
            _PENCE.label("pence"),
            _step(month).label("step"),
            Claim.reference.label("claim"),
            Claim.period.label("period"),
            Contract.open_from.label("open_from"),
            func.coalesce(said, "").label("said"),
            Contract.organisation_id.label("owner"),
        )
        .join(Contract, Contract.id == Output.contract_id)
        .join(Case, Case.id == Output.case_id)
        .outerjoin(ClaimLine, _LIVE)
        .outerjoin(Claim, Claim.id == ClaimLine.claim_id)
        .where(
            Output.withdrawn_at.is_(None),
            _of(organisations),
            or_(Claim.id.is_(None), Claim.state != "paid"),
        )
    )


_NO_NUMBER, _NO_DAY = literal(None, Output.id.type), literal(None, Date())
_NO_TEXT = literal(None, Output.reference.type)


def _work(organisations: Collection[int]) -> tuple[_Rows, _Rows]:
    """Sessions and deliveries, not withdrawn, from which no output arose."""
    return _idle_sessions(organisations), _idle_deliveries(organisations)


def _idle_sessions(organisations: Collection[int]) -> _Rows:
    name = func.coalesce(func.nullif(Employer.trading_name, ""), Employer.name)
    return (
        select(
            literal("session"),
            DiagnosticSession.id,
            DiagnosticSession.reference,
            DiagnosticSession.held_on,
            literal("engagement"),
            name,
            Case.reference,
            _NO_NUMBER,
            _NO_TEXT,
            _NO_TEXT,
            _NO_DAY,
            _NO_DAY,
            literal(""),
            _NO_NUMBER,
        )
        .join(Case, Case.id == DiagnosticSession.case_id)
        .join(Employer, Employer.id == Case.employer_id)
        .where(
            Case.organisation_id.in_(organisations),
            DiagnosticSession.withdrawn_at.is_(None),
            ~exists().where(Output.session_id == DiagnosticSession.id),
        )
    )


def _idle_deliveries(organisations: Collection[int]) -> _Rows:
    return select(
        literal("delivery"),
        Delivery.id,
        Delivery.reference,
        Delivery.delivered_on,
        Delivery.kind,
        Delivery.title,
        _NO_TEXT,
        _NO_NUMBER,
        _NO_TEXT,
        _NO_TEXT,
        _NO_DAY,
        _NO_DAY,
        literal(""),
        _NO_NUMBER,
    ).where(
        Delivery.organisation_id.in_(organisations),
        Delivery.withdrawn_at.is_(None),
        Delivery.kind.in_(OUTPUT_TYPES),
        exists().where(Attendance.delivery_id == Delivery.id),
        ~exists().where(Output.delivery_id == Delivery.id),
    )


def work_count(organisations: Collection[int]) -> int:
    """How many sessions and deliveries have made no output yet."""
    sessions, deliveries = _work(organisations)
    counted = union_all(
        sessions.with_only_columns(DiagnosticSession.id), deliveries.with_only_columns(Delivery.id)
    ).subquery()
    return current_session().scalar(select(func.count()).select_from(counted)) or 0


def waiting(
    organisations: Collection[int],
    *,
    month: date,
    steps: Collection[str] = (),
    kind: str = "",
    of: date | None = None,
    page: int = 1,
) -> tuple[list[Waiting], int]:
    """A page of what is not paid, the oldest first, and how many there are; one statement.

    ``steps`` narrows it to outputs at these, or to work from which nothing arose; ``kind`` to one
    type, ``of`` to the month in which the work was done. ``month`` is the current one.
    """
    selects: list[_Rows] = []
    if not steps or WORK not in steps:
        selects.append(_unpaid_outputs(organisations, month))
    if not steps or WORK in steps:
        # The names come from outputs, so that every list has the same columns.
        selects = selects or [_unpaid_outputs(organisations, month).where(false())]
        selects += _work(organisations)
    found = union_all(*selects).subquery()
    query = select(found, func.count().over().label("total")).order_by(
        found.c.day, found.c.kind, found.c.id
    )
    if steps and WORK not in steps:
        query = query.where(found.c.step.in_(steps))
    if kind:
        query = query.where(found.c.output_type == kind)
    if of is not None:
        query = query.where(found.c.day.between(of, last_day(of)))
    rows = current_session().execute(query.limit(PAGE).offset((page - 1) * PAGE)).all()
    return [_waiting(row) for row in rows], rows[0].total if rows else 0


def _waiting(row: Any) -> Waiting:
    is_output = row.kind == "output"
    step = Step(row.step) if is_output else None
    return Waiting(
        kind=row.kind,
        id=row.id,
        reference=row.reference,
        day=row.day,
        output_type=row.output_type,
        title=row.title,
        case=row.case_reference,
        pence=row.pence,
        step=step,
        claim=row.claim,
        period=row.period,
        claim_on=claim_month(occurred_on=row.day, open_from=row.open_from) if is_output else None,
        said=row.said if step is Step.REJECTED else "",
        owner=row.owner,
    )
