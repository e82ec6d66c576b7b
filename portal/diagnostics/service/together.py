"""The diagnostic at an in-depth session: an adviser and the employer's people answer one together.

A response is tied to its session by the session's key. The case says whose session it is; the
caller has checked that the adviser works on that case.
"""

from __future__ import annotations

from portal.caseload import queries as caseload
from portal.caseload.queries import CaseFacts
from portal.db import audit
from portal.diagnostics import queries
from portal.diagnostics.models import Response
from portal.diagnostics.queries import SessionFacts
from portal.diagnostics.rules.together import may_say_together
from portal.diagnostics.service.starting import correct, start
from portal.diagnostics.service.telling import rest_case_on, subject_of, tell
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.programme import queries as programme

NO_CASE = Problem("no_case", "There is no such case")
CLOSED = Problem("case_closed", "This case is closed. Reopen it first")
NO_SESSION = Problem("no_session", "That session is not one of this case, or was withdrawn")
NO_RESPONSE = Problem("no_response", "That diagnostic is not one of this employer")


def start_together(
    *, case: str, session: str | None, sector: str, size_tier: str, by: Author
) -> Ok[str] | Err:
    """Start a diagnostic of the case's employer, tied to an in-depth session if there is one yet.

    One under way is gone on with instead, and taken into the session.
    """
    found = _case_and_session(case, session)
    if isinstance(found, Err):
        return found
    facts, held = found
    under_way = queries.under_way(facts.employer_id)
    if under_way is not None:
        return take_in(case=case, session=session, response=under_way, by=by)
    return start(
        sector=sector,
        size_tier=size_tier,
        district=facts.district,
        employer_id=facts.employer_id,
        owner_id=by.user_id,
        session_id=None if held is None else held.id,
        by=by,
    )


def take_in(*, case: str, session: str | None, response: str, by: Author) -> Ok[str] | Err:
    """Go on together with what the employer has under way; returns its reference."""
    found = _case_and_session(case, session)
    if isinstance(found, Err):
        return found
    facts, held = found
    row = _of_employer(response, facts)
    if row is None:
        return Err(NO_RESPONSE)
    if row.status != "in_progress":
        return Err(Problem("not_open", "That diagnostic has been finished meanwhile"))
    if held is not None and row.session_id != held.id:
        _tie(row, held, by, title="Diagnostic taken into the in-depth session")
    return Ok(row.reference)


def go_through(*, case: str, session: str | None, response: str, by: Author) -> Ok[str] | Err:
    """Open the employer's finished answers, to go through and correct them together."""
    found = _case_and_session(case, session)
    if isinstance(found, Err):
        return found
    facts, held = found
    row = _of_employer(response, facts)
    if row is None:
        return Err(NO_RESPONSE)
    under_way = queries.under_way(facts.employer_id)
    if under_way is not None:
        return take_in(case=case, session=session, response=under_way, by=by)
    opened = correct(response_id=row.id, session_id=None if held is None else held.id)
    if isinstance(opened, Ok):
        tell(row, by, title="Answers of the diagnostic opened again, to go through together")
    return opened


def say_together(*, case: str, session: str, response: str, by: Author) -> Ok[str] | Err:
    """Tie a finished diagnostic to the session at which it was answered, recorded afterwards.

    Refused for one in which nobody of the provider answered anything.
    """
    found = _case_and_session(case, session)
    if isinstance(found, Err):
        return found
    facts, held = found
    row = _of_employer(response, facts)
    if row is None or held is None or row.status != "completed":
        return Err(NO_RESPONSE)
    advisers = programme.staff_of([facts.organisation_id])
    problem = may_say_together(row.answers, advisers=advisers)
    if problem is not None:
        return Err(problem)
    rest_case_on(row, by, queries.open_case_to_change(facts.employer_id))
    _tie(row, held, by, title="Diagnostic was answered at the in-depth session")
    return Ok(row.reference)


def _tie(row: Response, held: SessionFacts, by: Author, *, title: str) -> None:
    row.session_id = held.id
    tell(row, by, title=title)
    audit.record(
        action="diagnostic.together",
        subject=subject_of(row),
        detail={"session": held.reference},
        actor_id=by.user_id,
    )


def _case_and_session(
    case: str, session: str | None
) -> tuple[CaseFacts, SessionFacts | None] | Err:
    facts = caseload.case_facts(case)
    if facts is None:
        return Err(NO_CASE)
    if not facts.is_open:
        return Err(CLOSED)
    if not session:
        return facts, None
    held = next((item for item in queries.sessions_of(facts.id) if item.reference == session), None)
    return Err(NO_SESSION) if held is None else (facts, held)


def _of_employer(reference: str, case: CaseFacts) -> Response | None:
    """The employer's response of this reference, locked."""
    facts = queries.response_facts(reference)
    if facts is None or facts.employer_id != case.employer_id:
        return None
    return queries.response_to_change(facts.id)
