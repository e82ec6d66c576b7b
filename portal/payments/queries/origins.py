"""Work from which outputs arise: sessions and deliveries with their employers' word on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy import and_, exists, func, select

from portal.caseload.models import (
    Attendance,
    Case,
    CaseMilestone,
    Confirmation,
    Delivery,
    DiagnosticSession,
)
from portal.caseload.rules.stages import Milestone
from portal.caseload.rules.support import FULLY_FUNDED
from portal.db import current_session
from portal.employers.models import Employer
from portal.payments.models import Output
from portal.payments.rules.words import ENGAGEMENT, OUTPUT_TYPES


@dataclass(frozen=True, slots=True)
class Attending:
    """One employer of a piece of work, through its case, and its word where it gave it.

    ``confirmation`` is the reference of its answer and when it was given.
    """

    employer_id: int
    case_id: int
    confirmation: tuple[str, datetime] | None
    attended: int | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """A session or a delivery as an output sees it; ``confirmed`` says what its employer said.

    ``employers`` lists, of a delivery, the confirmed attending employers, the one with the most
    people attending first and those with as many by name; where none has confirmed, all of them.
    """

    id: int
    reference: str
    output_type: str
    occurred_on: date
    organisation_id: int
    programme: str
    adviser_id: int | None
    withdrawn: bool
    confirmed: bool
    fully_funded: bool
    minutes: int
    mode: str
    employers: tuple[Attending, ...]


def hold_session(session_id: int) -> bool:
    """Hold the case of a session, as whoever answers or withdraws does; whether there is one."""
    return (
        current_session().scalar(
            select(Case.id)
            .join(DiagnosticSession, DiagnosticSession.case_id == Case.id)
            .where(DiagnosticSession.id == session_id)
            .with_for_update(of=Case)
        )
        is not None
    )


def hold_delivery(delivery_id: int) -> bool:
    """Hold a delivery, as whoever answers about it or withdraws it does; whether there is one."""
    return (
        current_session().scalar(
            select(Delivery.id).where(Delivery.id == delivery_id).with_for_update()
        )
        is not None
    )


_SESSION: Final = (
    select(
        DiagnosticSession.id,
        DiagnosticSession.reference,
        DiagnosticSession.held_on,
        DiagnosticSession.by,
        DiagnosticSession.minutes,
        DiagnosticSession.mode,
        DiagnosticSession.withdrawn_at,
        Case.id.label("case_id"),
        Case.employer_id,
        Case.organisation_id,
        Case.programme,
        Case.adviser_id,
        Confirmation.reference.label("answer"),
        Confirmation.answered_at,
    )
    .join(Case, Case.id == DiagnosticSession.case_id)
    .outerjoin(
        Confirmation,
        and_(Confirmation.session_id == DiagnosticSession.id, Confirmation.state == "confirmed"),
    )
)
_DELIVERY: Final = select(
    Delivery.id,
    Delivery.reference,
    Delivery.kind,
    Delivery.delivered_on,
    Delivery.organisation_id,
    Delivery.by,
    Delivery.funding,
    Delivery.minutes,
    Delivery.mode,
    Delivery.withdrawn_at,
)
_ATTENDING: Final = (
    select(
        Attendance.employer_id,
        Attendance.case_id,
        Attendance.attended,
        Case.programme,
        Confirmation.reference.label("answer"),
        Confirmation.answered_at,
    )
    .join(Case, Case.id == Attendance.case_id)
    .join(Employer, Employer.id == Attendance.employer_id)
    .outerjoin(
        Confirmation,
        and_(Confirmation.attendance_id == Attendance.id, Confirmation.state == "confirmed"),
    )
    .order_by(
        Attendance.attended.desc(),
        func.lower(func.coalesce(func.nullif(Employer.trading_name, ""), Employer.name)),
        Attendance.id,
    )
)


def session_origin(session_id: int) -> Origin | None:
    """An in-depth session with its employer's word on it."""
    row = current_session().execute(_SESSION.where(DiagnosticSession.id == session_id)).first()
    if row is None:
        return None
    answer = None if row.answer is None else (row.answer, row.answered_at)
    return Origin(
        id=row.id,
        reference=row.reference,
        output_type=ENGAGEMENT,
        occurred_on=row.held_on,
        organisation_id=row.organisation_id,
        programme=row.programme,
        adviser_id=row.by or row.adviser_id,
        withdrawn=row.withdrawn_at is not None,
        confirmed=answer is not None,
        fully_funded=False,
        minutes=row.minutes,
        mode=row.mode,
        employers=(Attending(row.employer_id, row.case_id, answer),),
    )


def delivery_origin(delivery_id: int) -> Origin | None:
    """A delivery with the employers that attended and their word on it."""
    session = current_session()
    delivery = session.execute(_DELIVERY.where(Delivery.id == delivery_id)).first()
    if delivery is None:
        return None
    attending = session.execute(_ATTENDING.where(Attendance.delivery_id == delivery_id)).all()
    everyone = [
        Attending(
            row.employer_id,
            row.case_id,
            None if row.answer is None else (row.answer, row.answered_at),
            row.attended,
        )
        for row in attending
    ]
    confirmed = [one for one in everyone if one.confirmation is not None]
    return Origin(
        id=delivery.id,
        reference=delivery.reference,
        output_type=delivery.kind,
        occurred_on=delivery.delivered_on,
        organisation_id=delivery.organisation_id,
        programme=attending[0].programme if attending else "",
        adviser_id=delivery.by,
        withdrawn=delivery.withdrawn_at is not None,
        confirmed=bool(confirmed),
        fully_funded=delivery.funding == FULLY_FUNDED,
        minutes=delivery.minutes,
        mode=delivery.mode,
        employers=tuple(confirmed or everyone),
    )


def diagnostic_of(case_id: int) -> tuple[str, datetime] | None:
    """The completed diagnostic that a case rests on: what it is called, and since when."""
    row = (
        current_session()
        .execute(
            select(CaseMilestone.subject, CaseMilestone.at)
            .where(
                CaseMilestone.case_id == case_id,
                CaseMilestone.kind == Milestone.DIAGNOSTIC.value,
                CaseMilestone.withdrawn_at.is_(None),
            )
            .order_by(CaseMilestone.at, CaseMilestone.id)
            .limit(1)
        )
        .one_or_none()
    )
    return None if row is None else (row.subject, row.at)


def confirmed_sessions_of(case_id: int) -> list[int]:
    """Sessions of a case that its employer confirmed, the earliest first."""
    return list(
        current_session().scalars(
            select(DiagnosticSession.id)
            .join(
                Confirmation,
                and_(
                    Confirmation.session_id == DiagnosticSession.id,
                    Confirmation.state == "confirmed",
                ),
            )
            .where(DiagnosticSession.case_id == case_id, DiagnosticSession.withdrawn_at.is_(None))
            .order_by(DiagnosticSession.held_on, DiagnosticSession.id)
        )
    )


def delivery_of(attendance_id: int) -> int | None:
    """The delivery that an employer attended."""
    return current_session().scalar(
        select(Attendance.delivery_id).where(Attendance.id == attendance_id)
    )


def sessions_without_output() -> list[int]:
    """Confirmed sessions from which nothing arose yet."""
    return list(
        current_session().scalars(
            select(DiagnosticSession.id)
            .join(
                Confirmation,
                and_(
                    Confirmation.session_id == DiagnosticSession.id,
                    Confirmation.state == "confirmed",
                ),
            )
            .where(
                DiagnosticSession.withdrawn_at.is_(None),
                ~exists().where(Output.session_id == DiagnosticSession.id),
            )
            .order_by(DiagnosticSession.held_on, DiagnosticSession.id)
        )
    )


def deliveries_without_output() -> list[int]:
    """Deliveries that an employer confirmed and from which nothing arose yet."""
    confirmed = exists().where(
        Attendance.delivery_id == Delivery.id,
        Confirmation.attendance_id == Attendance.id,
        Confirmation.state == "confirmed",
    )
    return list(
        current_session().scalars(
            select(Delivery.id)
            .where(
                Delivery.withdrawn_at.is_(None),
                Delivery.kind.in_(OUTPUT_TYPES),
                confirmed,
                ~exists().where(Output.delivery_id == Delivery.id),
            )
            .order_by(Delivery.delivered_on, Delivery.id)
        )
    )
