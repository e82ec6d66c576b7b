"""Contacts logged on a case, and what the page of one case shows beside it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from portal.caseload.models import DiagnosticSession, Interaction
from portal.db import current_session
from portal.employers.models import TimelineEntry

LATEST_LINES = 5


def sent_before(case_id: int, once: str | None) -> Interaction | None:
    """The contact that the same form logged on this case before, if it did."""
    if not once:
        return None
    return current_session().scalar(
        select(Interaction).where(Interaction.once == once, Interaction.case_id == case_id)
    )


class Line(NamedTuple):
    """One line of the employer's timeline."""

    at: datetime
    title: str
    text: str
    by_name: str


_t = TimelineEntry.__table__.c


def latest_lines(employer_id: int) -> list[Line]:
    """The newest lines of the employer's timeline."""
    query = (
        select(_t.at, _t.title, _t.text, _t.by_name)
        .where(_t.employer_id == employer_id)
        .order_by(_t.at.desc(), _t.id.desc())
        .limit(LATEST_LINES)
    )
    return [Line(*row) for row in current_session().execute(query)]


def latest_session(case_id: int) -> str | None:
    """The reference of the case's latest in-depth session that stands."""
    h = DiagnosticSession.__table__.c
    return current_session().scalar(
        select(h.reference)
        .where(h.case_id == case_id, h.withdrawn_at.is_(None))
        .order_by(h.held_on.desc(), h.id.desc())
        .limit(1)
    )
