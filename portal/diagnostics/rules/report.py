"""The whole result of a set of answers as plain data, ready to be written as JSON.

Scores are whole numbers from 0 to 100 as shown; beside them stands the exact fraction as text.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from portal.diagnostics.rules.answers import Answers
from portal.diagnostics.rules.path import kept_not_counted
from portal.diagnostics.rules.recommend import Suggestion, quick_wins, recommend
from portal.diagnostics.rules.schema import Profile, Questionnaire
from portal.diagnostics.rules.scoring import (
    DimensionScore,
    LegalItem,
    LegalStanding,
    ScoreLine,
    ScoreSheet,
    rounded,
    score,
)
from portal.diagnostics.rules.values import to_json
from portal.diagnostics.rules.words import describe_answer, wording_for


def result_as_data(
    questionnaire: Questionnaire, profile: Profile, answers: Answers
) -> dict[str, Any]:
    """Scores, flags, strengths, gaps, recommendations, and every line behind them."""
    sheet = score(questionnaire, profile, answers)
    found = recommend(questionnaire, profile, answers)
    return {
        "questionnaire": questionnaire.key,
        "version": questionnaire.version,
        "content_hash": questionnaire.content_hash,
        "sector": profile.sector,
        "size": profile.size,
        "scores": {
            "overall": sheet.overall_shown,
            "overall_exact": _exact(sheet.overall),
            "overall_formula": sheet.overall_formula,
            "dimensions": {item.dimension: item.shown for item in sheet.dimensions},
        },
        "dimensions": [_dimension(item, questionnaire) for item in sheet.dimensions],
        "flags": [_legal(item, questionnaire, profile, answers) for item in sheet.flags],
        "legal_not_known": [
            item.question
            for item in sheet.legal
            if item.standing in {LegalStanding.UNKNOWN, LegalStanding.NOT_ANSWERED}
        ],
        "strengths": _lines(sheet.strengths, questionnaire, profile, answers),
        "gaps": _lines(sheet.gaps, questionnaire, profile, answers),
        "recommendations": [_suggestion(item, questionnaire) for item in found],
        "quick_wins": [item.recommendation.key for item in quick_wins(found)],
        "kept_not_counted": [
            {
                "question": question.key,
                "answer": to_json(answers[question.key]),
                "note": "not asked on this path, so kept but not counted",
            }
            for question in kept_not_counted(questionnaire, profile, answers)
        ],
        "lines": _all_lines(sheet),
    }


def _exact(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _dimension(item: DimensionScore, questionnaire: Questionnaire) -> dict[str, Any]:
    return {
        "key": item.dimension,
        "title": questionnaire.dimension_by_key[item.dimension].title,
        "score": item.shown,
        "exact": _exact(item.score),
        "weight": str(item.weight),
        "counted": sum(line.counted for line in item.lines),
        "formula": item.formula,
    }


def _legal(
    item: LegalItem, questionnaire: Questionnaire, profile: Profile, answers: Answers
) -> dict[str, Any]:
    question = questionnaire.by_key[item.question]
    return {
        "question": item.question,
        "dimension": item.dimension,
        "text": wording_for(question, profile).text,
        "answer": describe_answer(question, answers[item.question]),
        "level": _exact(item.level),
        "level_needed": item.pass_level,
    }


def _lines(
    lines: tuple[ScoreLine, ...],
    questionnaire: Questionnaire,
    profile: Profile,
    answers: Answers,
) -> list[dict[str, Any]]:
    return [
        {
            "question": line.question,
            "dimension": line.dimension,
            "text": wording_for(questionnaire.by_key[line.question], profile).text,
            "answer": describe_answer(questionnaire.by_key[line.question], answers[line.question]),
            "score": None if line.score is None else rounded(line.score),
        }
        for line in lines
    ]


def _suggestion(item: Suggestion, questionnaire: Questionnaire) -> dict[str, Any]:
    found = item.recommendation
    sources = [questionnaire.source_by_key[key] for key in found.sources]
    return {
        "key": found.key,
        "dimension": found.dimension,
        "goal": found.goal,
        "title": found.title,
        "legal": found.legal,
        "effort": found.effort,
        "impact": found.impact,
        "days": found.days,
        "why": found.why,
        "first_step": found.first_step,
        "who": found.who,
        "evidence": found.evidence,
        "link": None if found.link is None else {"title": found.link.title, "url": found.link.url},
        "sources": [f"{item.publisher}: {item.title} ({item.year})" for item in sources],
        "because": [
            {
                "question": reason.question,
                "text": reason.question_text,
                "answer": reason.answer_text,
            }
            for reason in item.because
        ],
    }


def _all_lines(sheet: ScoreSheet) -> list[dict[str, Any]]:
    return [
        {
            "question": line.question,
            "dimension": line.dimension,
            "level": _exact(line.level),
            "score": None if line.score is None else rounded(line.score),
            "exact": _exact(line.score),
            "weight": str(line.weight),
            "counted": line.counted,
            "reason": line.reason,
        }
        for line in sheet.lines
    ]
