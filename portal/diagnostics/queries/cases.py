"""Cases and in-depth sessions, as a diagnostic needs them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from portal.caseload.models import Case, DiagnosticSession
from portal.db import current_session
from portal.programme import queries as programme


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """An in-depth session of a case; ``by_name`` is the adviser who held it."""

    id: int
    reference: str
    held_on: date
    by_name: str


def open_case_to_change(employer_id: int) -> Case | None:
    """The employer's open case in the present programme, locked until the unit of work ends.

    Lock it before a plan or the employer: everybody who needs several takes them in that order.
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
