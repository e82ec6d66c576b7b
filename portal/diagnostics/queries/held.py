"""How diagnostics are shown to the employer they are about."""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import select

from portal.diagnostics.models import (
    DiagnosticMovement,
    DimensionScore,
    MovementScore,
    Response,
)
from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of
from portal.employers.queries.wording import in_words


def _answers(document: Any) -> str:
    """Each question with its answer, without the key of whoever typed it."""
    given = {key: entry.get("v") for key, entry in (document or {}).items()}
    return json.dumps(given, ensure_ascii=False)


def _fact(field: str) -> Any:
    return lambda value: in_words(field, value)


RESPONSES: Final = TableShown(
    table_of(Response),
    lambda key: Response.employer_id == key,
    {
        "reference": "Reference",
        "questionnaire_key": "Questionnaire",
        "questionnaire_version": "Version",
        "kind": "Kind",
        "sector": "Sector",
        "size_tier": "Size",
        "district": "District",
        "status": "State",
        "is_current": "Counts now",
        "owner_id": "Started by",
        "started_at": "Started",
        "completed_at": "Completed",
        "completed_by": "Completed by",
        "overall_score": "Overall score",
        "answers": "Answers",
        "result": "Result",
        "created_at": "Written down",
        "updated_at": "Last changed",
    },
    names("id earlier_id employer_id session_id revision resume_token_hash resume_email"),
    words={
        "answers": _answers,
        "sector": _fact("sector"),
        "size_tier": _fact("size_tier"),
        "district": _fact("district"),
        "kind": {"first": "First", "retake": "Taken again", "correction": "Corrected"},
        "status": {
            "in_progress": "Not finished",
            "completed": "Completed",
            "withdrawn": "Withdrawn",
        },
    },
)
SCORES: Final = TableShown(
    table_of(DimensionScore),
    lambda key: DimensionScore.response_id.in_(
        select(Response.id).where(Response.employer_id == key)
    ),
    {"dimension": "Dimension", "score": "Score", "exact": "Exactly"},
    names("id response_id"),
    more={
        "Diagnostic": select(Response.reference)
        .where(Response.id == DimensionScore.response_id)
        .scalar_subquery()
    },
)
MOVEMENTS: Final = TableShown(
    table_of(DiagnosticMovement),
    lambda key: DiagnosticMovement.employer_id == key,
    {
        "questionnaire_key": "Questionnaire",
        "sector": "Sector",
        "size_tier": "Size",
        "district": "District",
        "first_on": "First taken",
        "first_score": "Overall score then",
        "latest_on": "Last taken",
        "state": "State",
        "compared": "Questions that can be compared",
        "left_out": "Questions that cannot",
    },
    names("id employer_id first_id latest_id"),
    words={
        "sector": _fact("sector"),
        "size_tier": _fact("size_tier"),
        "district": _fact("district"),
        "state": {
            "once": "Taken once",
            "compared": "Compared",
            "apart": "Taken again, with nothing that can be compared",
        },
    },
)
MOVED: Final = TableShown(
    table_of(MovementScore),
    lambda key: MovementScore.movement_id.in_(
        select(DiagnosticMovement.id).where(DiagnosticMovement.employer_id == key)
    ),
    {
        "dimension": "Dimension",
        "before_tenths": "At first, in tenths of a point",
        "after_tenths": "At last, in tenths of a point",
        "questions": "Questions compared",
    },
    names("id movement_id"),
)
