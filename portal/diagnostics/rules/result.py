"""The frozen result of a completed diagnostic: everything a page, a plan or a PDF will ever show.

It is plain JSON, made once at completion and kept, words included, so that neither a new version
of the questionnaire nor a mended sentence changes what an employer was told.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from portal.diagnostics.rules.answers import Answers, number_of
from portal.diagnostics.rules.path import Path, take_path
from portal.diagnostics.rules.recommend import Suggestion, quick_wins, recommend
from portal.diagnostics.rules.schema import (
    HIGHEST_LEVEL,
    Profile,
    Questionnaire,
    Source,
)
from portal.diagnostics.rules.scoring import (
    DimensionScore,
    ScoreLine,
    ScoreSheet,
    Standing,
    rounded,
    score,
)
from portal.diagnostics.rules.values import to_json
from portal.diagnostics.rules.words import describe_answer, wording_for

QUICK_WINS = 3
Json = dict[str, Any]


def freeze(
    questionnaire: Questionnaire, profile: Profile, answers: Answers, *, completed_on: date
) -> Json:
    """The result with the London day on which it was completed, to be kept as it is."""
    return {
        **describe(questionnaire, profile, answers),
        "completed_on": completed_on.isoformat(),
    }


def describe(questionnaire: Questionnaire, profile: Profile, answers: Answers) -> Json:
    """Score the answers and give every figure and word of the result."""
    sheet = score(questionnaire, profile, answers)
    path = take_path(questionnaire, profile, answers)
    suggestions = recommend(questionnaire, profile, answers)
    used = {key for item in suggestions for key in item.recommendation.sources}
    used |= {key for question in path.questions for key in question.sources}
    return {
        "questionnaire": {
            "key": questionnaire.key,
            "version": questionnaire.version,
            "title": questionnaire.title,
            "hash": questionnaire.content_hash,
        },
        "profile": {"sector": profile.sector, "size": profile.size},
        "overall": _overall(questionnaire, sheet),
        "dimensions": [_dimension(questionnaire, path, item) for item in sheet.dimensions],
        "flags": _flags(sheet, path, suggestions),
        "strengths": _titles(questionnaire, path, sheet.strong_dimensions, sheet.strengths),
        "gaps": _titles(questionnaire, path, sheet.weak_dimensions, sheet.gaps),
        "recommendations": [_recommendation(questionnaire, item) for item in suggestions],
        "quick_wins": [item.recommendation.key for item in quick_wins(suggestions, QUICK_WINS)],
        "goals": [
            {"key": goal.key, "title": goal.title, "benefit": goal.benefit}
            for goal in questionnaire.goals
        ],
        "sources": [_source(item) for item in questionnaire.sources if item.key in used],
        "facts": {
            key: to_json(value)
            for key, value in path.answers.items()
            if number_of(value) is not None
        },
    }


def maturity_name(questionnaire: Questionnaire, points: Fraction) -> str:
    """The name of the level a score of 0 to 100 has reached, rounded half up."""
    level = rounded(points * HIGHEST_LEVEL / 100)
    return next((item.name for item in questionnaire.maturity if item.level == level), "")


def _overall(questionnaire: Questionnaire, sheet: ScoreSheet) -> Json | None:
    if sheet.overall is None:
        return None
    return {
        "score": rounded(sheet.overall),
        "exact": str(sheet.overall),
        "formula": sheet.overall_formula,
        "maturity": maturity_name(questionnaire, sheet.overall),
    }


def _dimension(questionnaire: Questionnaire, path: Path, item: DimensionScore) -> Json:
    about = questionnaire.dimension_by_key[item.dimension]
    shown = [line for line in item.lines if line.standing is not Standing.HIDDEN]
    return {
        "key": about.key,
        "title": about.title,
        "short": about.short,
        "about": about.about,
        "weight": str(about.weight),
        "score": item.shown,
        "exact": None if item.score is None else str(item.score),
        "formula": item.formula,
        "maturity": None if item.score is None else maturity_name(questionnaire, item.score),
        "answered": sum(line.question in path.answers for line in shown),
        "asked": len(shown),
        "lines": [_line(path, line) for line in shown],
    }


def _line(path: Path, line: ScoreLine) -> Json:
    question = path.facts.questions[line.question]
    value = path.answers.get(line.question)
    return {
        "question": line.question,
        "text": wording_for(question, path.facts.profile).text,
        "answer": None if value is None else describe_answer(question, value),
        "level": None if line.level is None else str(line.level),
        "score": None if line.score is None else rounded(line.score),
        "weight": str(line.weight),
        "counted": line.counted,
        "why_not": None if line.counted else line.reason,
    }


def _flags(sheet: ScoreSheet, path: Path, suggestions: tuple[Suggestion, ...]) -> list[Json]:
    found = []
    for item in sheet.flags:
        question = path.facts.questions[item.question]
        value = path.answers[item.question]
        found.append(
            {
                "question": item.question,
                "text": wording_for(question, path.facts.profile).text,
                "answer": describe_answer(question, value),
                "recommendations": [
                    suggestion.recommendation.key
                    for suggestion in suggestions
                    if any(because.question == item.question for because in suggestion.because)
                ],
            }
        )
    return found


def _titles(
    questionnaire: Questionnaire,
    path: Path,
    dimensions: tuple[DimensionScore, ...],
    lines: tuple[ScoreLine, ...],
) -> list[Json]:
    areas = [
        {
            "title": questionnaire.dimension_by_key[item.dimension].title,
            "score": item.shown,
            "kind": "dimension",
            "answer": None,
        }
        for item in dimensions
    ]
    named = {item.dimension for item in dimensions}
    questions = []
    for line in lines:
        question = path.facts.questions[line.question]
        if line.dimension in named or line.score is None:
            continue
        questions.append(
            {
                "title": wording_for(question, path.facts.profile).text,
                "score": rounded(line.score),
                "kind": "question",
                "answer": describe_answer(question, path.answers[line.question]),
            }
        )
    return [*areas, *questions]


def _recommendation(questionnaire: Questionnaire, suggestion: Suggestion) -> Json:
    item = suggestion.recommendation
    return {
        "key": item.key,
        "dimension": item.dimension,
        "dimension_title": questionnaire.dimension_by_key[item.dimension].title,
        "title": item.title,
        "why": item.why,
        "first_step": item.first_step,
        "who": item.who,
        "effort": item.effort,
        "impact": item.impact,
        "days": item.days,
        "evidence": item.evidence,
        "goal": item.goal,
        "link": None if item.link is None else {"title": item.link.title, "url": item.link.url},
        "sources": list(item.sources),
        "legal": item.legal,
        "because": [
            {
                "question": because.question,
                "text": because.question_text,
                "answer": because.answer_text,
            }
            for because in suggestion.because
        ],
    }


def _source(item: Source) -> Json:
    return {
        "key": item.key,
        "title": item.title,
        "publisher": item.publisher,
        "year": item.year,
        "url": item.url,
    }
