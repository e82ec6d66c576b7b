"""Starting a diagnostic: for the first time, to correct an answer, or to take it again."""

from __future__ import annotations

from portal.db import audit, current_session
from portal.diagnostics import queries
from portal.diagnostics.models import Response
from portal.diagnostics.rules.catalogue import MAIN_KEY, load_catalogue
from portal.diagnostics.rules.states import may_correct, may_retake, may_withdraw
from portal.diagnostics.service.telling import tell
from portal.kernel.ids import new_reference
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok


def start(
    *,
    sector: str,
    size_tier: str,
    district: str | None = None,
    employer_id: int | None = None,
    owner_id: int | None = None,
    session_id: int | None = None,
    by: Author | None = None,
) -> Ok[str]:
    """Start the newest questionnaire and return the response's reference.

    An employer that already has one under way goes on with that one. ``session_id`` is the
    in-depth session at which an adviser and the employer answer it together.
    """
    questionnaire = load_catalogue().latest(MAIN_KEY)
    if questionnaire is None:
        raise RuntimeError("There is no questionnaire to start")
    if employer_id is not None:
        under_way = queries.under_way(employer_id)
        if under_way is not None:
            return Ok(under_way)
    response = Response(
        reference=new_reference(),
        questionnaire_key=questionnaire.key,
        questionnaire_version=questionnaire.version,
        sector=sector,
        size_tier=size_tier,
        district=district,
        employer_id=employer_id,
        owner_id=owner_id,
        session_id=session_id,
        answers={},
        revision=0,
        kind="first" if employer_id is None or not _has_completed(employer_id) else "retake",
        earlier_id=None if employer_id is None else _current_id(employer_id),
    )
    current_session().add(response)
    current_session().flush()
    together = " together with an adviser" if session_id is not None else ""
    tell(response, by or Author(owner_id, ""), title=f"Diagnostic started{together}")
    audit.record(action="diagnostic.started", subject=f"response:{response.reference}")
    return Ok(response.reference)


def correct(*, response_id: int, session_id: int | None = None) -> Ok[str] | Err:
    """Open a copy of a completed response in which answers can be changed.

    The completed one keeps its scores and its PDFs; the copy replaces it once completed. It
    belongs to the in-depth session given, or to that of the completed one.
    """
    earlier = queries.response_to_change(response_id)
    problem = may_correct(status=earlier.status)
    if problem is not None:
        return Err(problem)
    open_copy = queries.open_successor(earlier.id)
    if open_copy is not None:
        return Ok(open_copy)
    return Ok(
        _successor(
            earlier,
            kind="correction",
            answers=dict(earlier.answers),
            session_id=session_id or earlier.session_id,
        )
    )


def retake(*, response_id: int, sector: str, size_tier: str) -> Ok[str] | Err:
    """Start again from an empty page, to see what has changed since a completed response."""
    earlier = queries.response_to_change(response_id)
    problem = may_retake(status=earlier.status)
    if problem is not None:
        return Err(problem)
    open_copy = queries.open_successor(earlier.id)
    if open_copy is not None:
        return Ok(open_copy)
    return Ok(_successor(earlier, kind="retake", answers={}, sector=sector, size_tier=size_tier))


def withdraw(*, response_id: int, by: Author) -> Ok[None] | Err:
    """Put away a response under way. Its answers are kept, and it stays out of lists."""
    response = queries.response_to_change(response_id)
    problem = may_withdraw(status=response.status)
    if problem is not None:
        return Err(problem)
    response.status = "withdrawn"
    tell(response, by, title="Unfinished diagnostic put away")
    audit.record(action="diagnostic.withdrawn", subject=f"response:{response.reference}")
    return Ok(None)


def _successor(
    earlier: Response,
    *,
    kind: str,
    answers: dict[str, object],
    sector: str | None = None,
    size_tier: str | None = None,
    session_id: int | None = None,
) -> str:
    # A correction stays with its questionnaire version; a re-take asks the newest questions.
    version = earlier.questionnaire_version
    if kind == "retake":
        newest = load_catalogue().latest(earlier.questionnaire_key)
        version = version if newest is None else newest.version
    response = Response(
        reference=new_reference(),
        questionnaire_key=earlier.questionnaire_key,
        questionnaire_version=version,
        kind=kind,
        earlier_id=earlier.id,
        employer_id=earlier.employer_id,
        owner_id=earlier.owner_id,
        session_id=session_id,
        sector=sector or earlier.sector,
        size_tier=size_tier or earlier.size_tier,
        district=earlier.district,
        answers=answers,
        revision=earlier.revision if answers else 0,
        resume_email=earlier.resume_email,
    )
    current_session().add(response)
    current_session().flush()
    audit.record(
        action=f"diagnostic.{kind}_started",
        subject=f"response:{response.reference}",
        detail={"earlier": earlier.reference},
    )
    return response.reference


def _has_completed(employer_id: int) -> bool:
    return queries.latest_completed(employer_id) is not None


def _current_id(employer_id: int) -> int | None:
    current = queries.latest_completed(employer_id)
    return None if current is None else current.id
