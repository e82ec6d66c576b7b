"""Completing a diagnostic: scores and histograms in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sqlalchemy import bindparam, update

from portal.db import audit, current_session
from portal.diagnostics import queries
from portal.diagnostics.models import OVERALL, DimensionScore, Response
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.path import contradictions, missing_answers
from portal.diagnostics.rules.result import freeze
from portal.diagnostics.rules.schema import Profile
from portal.diagnostics.rules.states import may_complete
from portal.diagnostics.rules.values import answers_from_document
from portal.diagnostics.service.movement import keep_movement
from portal.diagnostics.service.rollups import Cell, Counted, count_current
from portal.diagnostics.service.telling import tell_completed
from portal.kernel.clock import today, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

_RESPONSES: Any = Response.__table__
_STANDS_NO_MORE = (
    update(_RESPONSES).where(_RESPONSES.c.id == bindparam("response")).values(is_current=False)
)


def complete(*, response_id: int, by: Author) -> Ok[str] | Err:
    """Freeze the result of a response and count it; the reference comes back.

    The employer's open case then rests on it. Refused while a required question on the path has
    no answer.
    """
    response = queries.response_to_change(response_id)
    problem = may_complete(status=response.status)
    if problem is not None:
        return Err(problem)
    questionnaire = load_catalogue().get(response.questionnaire_key, response.questionnaire_version)
    if questionnaire is None:
        raise RuntimeError(f"Questionnaire of response {response.reference} is missing")
    profile = Profile(sector=response.sector, size=response.size_tier)
    answers = answers_from_document(questionnaire, response.answers)
    missing = missing_answers(questionnaire, profile, answers)
    if missing:
        number = len(missing)
        return Err(
            Problem(
                "unanswered",
                f"{number} question still needs an answer"
                if number == 1
                else f"{number} questions still need an answer",
                missing[0].key,
            )
        )
    against_itself = contradictions(questionnaire, profile, answers)
    if against_itself:
        return Err(against_itself[0])
    result = freeze(questionnaire, profile, answers, completed_on=today())
    response.status = "completed"
    response.completed_at = utc_now()
    response.completed_by = by.user_id
    response.result = result
    response.overall_score = None if result["overall"] is None else result["overall"]["score"]
    current_session().add_all(_score_rows(response))
    stand_for_employer(response, by)
    audit.record(action="diagnostic.completed", subject=f"response:{response.reference}")
    return Ok(response.reference)


def stand_for_employer(response: Response, by: Author) -> None:
    """Count a completed response for its employer and tell its record; nothing without one."""
    if response.employer_id is None:
        return
    # The response is written once, with all that becomes of it.
    with current_session().no_autoflush:
        case = queries.open_case_to_change(response.employer_id)
        count_for_employer(response)
    tell_completed(response, by, case)


def _score_rows(response: Response) -> list[DimensionScore]:
    result = response.result or {}
    rows = [
        DimensionScore(
            response_id=response.id,
            dimension=item["key"],
            score=item["score"],
            exact=str(Fraction(item["exact"])),
        )
        for item in result["dimensions"]
        if item["score"] is not None
    ]
    overall = result["overall"]
    if overall is not None:
        rows.append(
            DimensionScore(
                response_id=response.id,
                dimension=OVERALL,
                score=overall["score"],
                exact=overall["exact"],
            )
        )
    return rows


def count_for_employer(response: Response) -> None:
    """Count a completed response in its employer's groups, and let it stand for the employer.

    The response that stood before leaves the histograms. How far the employer moved since its first
    one is worked out again.
    """
    session = current_session()
    if response.employer_id is None or response.completed_at is None:
        raise RuntimeError("Only a completed response of an employer is counted")
    # One at a time for an employer, or two completions would both find the same one before them.
    queries.lock_employer(response.employer_id)
    previous = queries.standing_of(response.employer_id, response.questionnaire_key)
    gone = None
    if previous is not None:
        session.execute(_STANDS_NO_MORE, {"response": previous.id})
        gone = Counted(_cell(previous), previous.scores)
    response.is_current = True
    session.flush()
    come = Counted(_cell(response), _scores(response.result or {}))
    count_current(gone=gone, come=come)
    keep_movement(response, alone=previous is None)


def _scores(result: Mapping[str, Any]) -> dict[str, int]:
    """The scores of a frozen result, as its rows have them: those need not be read back."""
    scores = {item["key"]: item["score"] for item in result["dimensions"]}
    scores[OVERALL] = None if result["overall"] is None else result["overall"]["score"]
    return {dimension: score for dimension, score in scores.items() if score is not None}


def _cell(response: Response | queries.StandingResponse) -> Cell:
    return Cell(
        questionnaire_key=response.questionnaire_key,
        sector=response.sector,
        size_tier=response.size_tier,
        district=response.district or "",
    )
