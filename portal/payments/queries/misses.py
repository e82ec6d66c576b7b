"""Work from which an output is looked for each day, and what was found to be hopeless as it is.

A mark stands for everything that could change the answer: the employers' records, whose they are,
earlier engagements, contracts, rate cards and settings. While it stays the same, so does the
answer, and asking again is left for a month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import and_, exists, func, select

from portal.caseload.models import (
    Attendance,
    Case,
    CaseMilestone,
    Confirmation,
    Delivery,
    DiagnosticSession,
)
from portal.db import current_session
from portal.employers.models import Employer
from portal.payments.models import (
    Contract,
    ContractVariation,
    Output,
    OutputMiss,
    RateCardVersion,
)
from portal.payments.rules.words import ENGAGEMENT, OUTPUT_TYPES
from portal.programme.models import ProgrammeSetting

_CONFIRMED: Final = Confirmation.state == "confirmed"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A session or a delivery without an output; when, and how it was, it was last hopeless."""

    id: int
    mark: str
    missed_mark: str | None
    missed_at: datetime | None


def _mark(*parts: Any) -> str:
    return sha256("|".join(str(part) for part in parts).encode()).hexdigest()


def common_mark() -> str:
    """What counts for all work alike: contracts, their variations, cards and settings."""
    row = (
        current_session()
        .execute(
            select(
                select(func.count(Contract.id)).where(Contract.state != "draft").scalar_subquery(),
                select(func.max(Contract.updated_at)).scalar_subquery(),
                select(func.count(ContractVariation.id)).scalar_subquery(),
                select(func.count(RateCardVersion.id))
                .where(RateCardVersion.state == "published")
                .scalar_subquery(),
                select(func.max(ProgrammeSetting.id)).scalar_subquery(),
            )
        )
        .one()
    )
    return _mark(*row)


def sessions(common: str) -> list[Candidate]:
    """Confirmed sessions from which nothing arose yet, the earliest first."""
    engaged = (
        select(func.max(Output.id))
        .where(
            Output.employer_id == Case.employer_id,
            Output.programme == Case.programme,
            Output.output_type == ENGAGEMENT,
            Output.withdrawn_at.is_(None),
        )
        .correlate(Case)
        .scalar_subquery()
    )
    completed = (
        select(func.count(CaseMilestone.id))
        .where(CaseMilestone.case_id == Case.id, CaseMilestone.withdrawn_at.is_(None))
        .correlate(Case)
        .scalar_subquery()
    )
    rows = current_session().execute(
        select(
            DiagnosticSession.id,
            OutputMiss.mark,
            OutputMiss.looked_at,
            DiagnosticSession.held_on,
            Case.organisation_id,
            Case.employer_id,
            Employer.version,
            completed,
            engaged,
        )
        .join(Case, Case.id == DiagnosticSession.case_id)
        .join(Employer, Employer.id == Case.employer_id)
        .join(Confirmation, and_(Confirmation.session_id == DiagnosticSession.id, _CONFIRMED))
        .outerjoin(OutputMiss, OutputMiss.session_id == DiagnosticSession.id)
        .where(
            DiagnosticSession.withdrawn_at.is_(None),
            ~exists().where(Output.session_id == DiagnosticSession.id),
        )
        .order_by(DiagnosticSession.held_on, DiagnosticSession.id)
    )
    return [Candidate(row[0], _mark(common, *row[3:]), row[1], row[2]) for row in rows]


def deliveries(common: str) -> list[Candidate]:
    """Deliveries that an employer confirmed and from which nothing arose yet, the earliest first.

    Of several employers the sum of their records' versions counts: it only ever rises.
    """
    rows = current_session().execute(
        select(
            Delivery.id,
            func.max(OutputMiss.mark),
            func.max(OutputMiss.looked_at),
            Delivery.revision,
            func.count(Attendance.id),
            func.count(Confirmation.id),
            func.sum(Attendance.attended),
            func.sum(Attendance.employer_id),
            func.sum(Employer.version),
        )
        .join(Attendance, Attendance.delivery_id == Delivery.id)
        .join(Employer, Employer.id == Attendance.employer_id)
        .outerjoin(Confirmation, and_(Confirmation.attendance_id == Attendance.id, _CONFIRMED))
        .outerjoin(OutputMiss, OutputMiss.delivery_id == Delivery.id)
        .where(
            Delivery.withdrawn_at.is_(None),
            Delivery.kind.in_(OUTPUT_TYPES),
            ~exists().where(Output.delivery_id == Delivery.id),
        )
        .group_by(Delivery.id)
        .having(func.count(Confirmation.id) > 0)
        .order_by(Delivery.delivered_on, Delivery.id)
    )
    return [Candidate(row[0], _mark(common, *row[3:]), row[1], row[2]) for row in rows]


def miss_of(*, session_id: int | None = None, delivery_id: int | None = None) -> OutputMiss | None:
    """What was kept about a session or a delivery; the work itself is held by the caller."""
    query = select(OutputMiss)
    if session_id is not None:
        query = query.where(OutputMiss.session_id == session_id)
    else:
        query = query.where(OutputMiss.delivery_id == delivery_id)
    return current_session().scalar(query)
