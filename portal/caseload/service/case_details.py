"""Whom to talk to about a case, and what the employer has promised; inside a unit of work."""

from __future__ import annotations

from portal.caseload import queries
from portal.caseload.models import Case
from portal.caseload.service import cases
from portal.db import current_session
from portal.employers.service import timeline
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem


def change_contact(
    *,
    reference: str,
    name: str,
    job: str,
    email: str,
    phone: str,
    revision: int,
    by: Author,
) -> Ok[Case] | Err:
    """Say who is the case's contact person; an older ``revision`` than the case's is refused."""
    case = queries.case_to_change(reference)
    if case is None:
        return Err(cases.NO_CASE)
    if case.closed_at is not None:
        return Err(cases.CLOSED)
    if case.revision != revision:
        return Err(cases.CHANGED)
    if not name.strip():
        return Err(Problem("no_name", "Enter the contact's name", "contact_name"))
    before = case.contact_name
    after = (name.strip(), job.strip(), email.strip(), phone.strip())
    if after == (before, case.contact_job, case.contact_email, case.contact_phone):
        return Ok(case)
    case.contact_name, case.contact_job, case.contact_email, case.contact_phone = after
    case.revision += 1
    timeline.note(
        employer_id=case.employer_id,
        kind="people",
        title=f"Contact person of the case: {after[0]}",
        text=f"Before: {before}." if before and before != after[0] else "",
        by=by,
        subject=f"case:{case.reference}",
    )
    current_session().flush()
    return Ok(case)


def wait(*, reference: str, what: str, by: Author) -> Ok[Case] | Err:
    """Note what the employer has promised, from now on; nothing ends the wait."""
    case = queries.case_to_change(reference)
    if case is None:
        return Err(cases.NO_CASE)
    if case.closed_at is not None:
        return Err(cases.CLOSED)
    before = case.waiting_for
    if what.strip() == before:
        return Ok(case)
    cases.wait_for_employer(case=case, what=what)
    timeline.note(
        employer_id=case.employer_id,
        kind="case",
        title=(
            f"Waiting for the employer: {case.waiting_for}"
            if case.waiting_for
            else "No longer waiting for the employer"
        ),
        text=f"Before: {before}." if before else "",
        by=by,
        subject=f"case:{case.reference}",
    )
    current_session().flush()
    return Ok(case)
