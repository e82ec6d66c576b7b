"""Completing a diagnostic: scores and histograms in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from sqlalchemy import bindparam, func, select, update

from portal.db import JsonDocument, audit, current_session, prepared
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

# Built once: building a statement costs as much as running it.
_R: Any = Response.__table__
_S: Any = DimensionScore.__table__
_STANDS_NO_MORE = (
    update(_R)
    .where(
        _R.c.employer_id == bindparam("employer"),
        _R.c.questionnaire_key == bindparam("questionnaire"),
        _R.c.is_current,
    )
    .values(is_current=False)
    .returning(_R.c.id, _R.c.sector, _R.c.size_tier, _R.c.district)
)
# On PostgreSQL the scores come along; SQLite adds up no other table's rows here.
_STANDS_NO_MORE_WITH_SCORES = prepared(
    _STANDS_NO_MORE.returning(
        select(func.jsonb_object_agg(_S.c.dimension, _S.c.score, type_=JsonDocument()))
        .where(_S.c.response_id == _R.c.id)
        .correlate(_R)
        .scalar_subquery()
    )
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
    gone = _take_down(response.employer_id, response.questionnaire_key)
    response.is_current = True
    session.flush()
    come = Counted(_cell(response), _scores(response.result or {}))
    count_current(gone=gone, come=come)
    keep_movement(response, alone=gone is None)


def _take_down(employer_id: int, questionnaire_key: str) -> Counted | None:
    """Let an employer's response stand for it no more; what it counted comes back."""
    session = current_session()
    embedded = session.get_bind().dialect.name == "sqlite"
    row = session.execute(
        _STANDS_NO_MORE if embedded else _STANDS_NO_MORE_WITH_SCORES,
        {"employer": employer_id, "questionnaire": questionnaire_key},
    ).first()
    if row is None:
        return None
    response_id, sector, size_tier, district = row[:4]
    scores = queries.scores_of(response_id) if embedded else row[4] or {}
    return Counted(Cell(questionnaire_key, sector, size_tier, district or ""), scores)


def _scores(result: Mapping[str, Any]) -> dict[str, int]:
    """The scores of a frozen result, as its rows have them: those need not be read back."""
    scores = {item["key"]: item["score"] for item in result["dimensions"]}
    scores[OVERALL] = None if result["overall"] is None else result["overall"]["score"]
    return {dimension: score for dimension, score in scores.items() if score is not None}


def _cell(response: Response) -> Cell:
    return Cell(
        questionnaire_key=response.questionnaire_key,
        sector=response.sector,
        size_tier=response.size_tier,
        district=response.district or "",
    )
