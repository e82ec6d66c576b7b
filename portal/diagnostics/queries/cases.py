"""Cases and in-depth sessions, as a diagnostic needs them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from portal.caseload.models import Case, DiagnosticSession
from portal.db import current_session
from portal.diagnostics.models import Response
from portal.employers.models import Employer
from portal.programme import queries as programme


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """An in-depth session of a case; ``by_name`` is the adviser who held it."""

    id: int
    reference: str
    held_on: date
    by_name: str


@dataclass(frozen=True, slots=True)
class TiedResponse:
    """A diagnostic and the reference of the employer it is about."""

    reference: str
    status: str
    employer: str


_TIED = select(Response.reference, Response.status, Employer.reference).join(
    Employer, Employer.id == Response.employer_id
)


def response_of_session(session: str) -> TiedResponse | None:
    """The newest diagnostic of the in-depth session of this reference, withdrawn ones left out."""
    query = (
        _TIED.join(DiagnosticSession, DiagnosticSession.id == Response.session_id)
        .where(DiagnosticSession.reference == session, Response.status != "withdrawn")
        .order_by(Response.started_at.desc(), Response.id.desc())
        .limit(1)
    )
    row = current_session().execute(query).first()
    return None if row is None else TiedResponse(*row)


def tied_responses(references: Collection[str]) -> list[TiedResponse]:
    """Diagnostics of employers among these references."""
    rows = current_session().execute(_TIED.where(Response.reference.in_(references)))
    return [TiedResponse(*row) for row in rows]


def open_case_to_change(employer_id: int) -> Case | None:
    """The employer's open case in the present programme, locked until the unit of work ends.

    Whoever needs several takes them in this order: response or plan, case, employer.
    """
    return current_session().scalar(
        select(Case)
        .where(
            Case.employer_id == employer_id,
            Case.programme == programme.settings().programme_key,
            Case.closed_at.is_(None),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def sessions_of(case_id: int) -> list[SessionFacts]:
    """The in-depth sessions of a case that stand, the newest first."""
    rows = current_session().execute(
        select(
            DiagnosticSession.id,
            DiagnosticSession.reference,
            DiagnosticSession.held_on,
            DiagnosticSession.by_name,
        )
        .where(DiagnosticSession.case_id == case_id, DiagnosticSession.withdrawn_at.is_(None))
        .order_by(DiagnosticSession.held_on.desc(), DiagnosticSession.id.desc())
    )
    return [SessionFacts(*row) for row in rows]
