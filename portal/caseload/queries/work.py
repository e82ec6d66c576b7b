"""Phone consultations and in-depth sessions of a case."""

from __future__ import annotations

from sqlalchemy import select

from portal.caseload.models import Consultation, DiagnosticSession
from portal.db import current_session


def consultations_of(case_id: int) -> list[Consultation]:
    """Every consultation of a case, the latest recorded first."""
    return list(
        current_session().scalars(
            select(Consultation)
            .where(Consultation.case_id == case_id)
            .order_by(Consultation.recorded_at.desc(), Consultation.id.desc())
        )
    )


def consultation(case_id: int, reference: str) -> Consultation | None:
    """One consultation of a case."""
    return current_session().scalar(
        select(Consultation).where(
            Consultation.case_id == case_id, Consultation.reference == reference
        )
    )


def correction_of(consultation_id: int) -> Consultation | None:
    """The latest consultation that says it corrects this one."""
    return current_session().scalar(
        select(Consultation)
        .where(Consultation.corrects_id == consultation_id)
        .order_by(Consultation.id.desc())
        .limit(1)
    )


def consultation_by_id(consultation_id: int) -> Consultation | None:
    """The consultation with this key."""
    return current_session().get(Consultation, consultation_id)


def sent_consultation(case_id: int, once: str | None) -> Consultation | None:
    """What the same form recorded when it was sent before."""
    if not once:
        return None
    return current_session().scalar(
        select(Consultation).where(Consultation.once == once, Consultation.case_id == case_id)
    )


def sessions_of(case_id: int) -> list[DiagnosticSession]:
    """Every in-depth session of a case, the latest first; withdrawn ones among them."""
    return list(
        current_session().scalars(
            select(DiagnosticSession)
            .where(DiagnosticSession.case_id == case_id)
            .order_by(DiagnosticSession.held_on.desc(), DiagnosticSession.id.desc())
        )
    )


def session_of(
    case_id: int, reference: str, *, to_change: bool = False
) -> DiagnosticSession | None:
    """One in-depth session of a case, locked where it is to be changed."""
    query = select(DiagnosticSession).where(
        DiagnosticSession.case_id == case_id, DiagnosticSession.reference == reference
    )
    if to_change:
        query = query.with_for_update().execution_options(populate_existing=True)
    return current_session().scalar(query)


def sent_session(case_id: int, once: str | None) -> DiagnosticSession | None:
    """What the same form recorded when it was sent before."""
    if not once:
        return None
    return current_session().scalar(
        select(DiagnosticSession).where(
            DiagnosticSession.once == once, DiagnosticSession.case_id == case_id
        )
    )
