"""Which recommendations the answers call for, in which order, and because of what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from portal.diagnostics.rules.answers import Answers, level_of
from portal.diagnostics.rules.conditions import holds, supporting_questions
from portal.diagnostics.rules.path import Path, take_path
from portal.diagnostics.rules.schema import Profile, Questionnaire, Recommendation
from portal.diagnostics.rules.words import describe_answer, wording_for

# Weeks of work are no quick win, however great the impact.
_QUICK_EFFORT = 2


@dataclass(frozen=True, slots=True)
class Because:
    """An answer that calls for a recommendation, in the words the employer saw."""

    question: str
    question_text: str
    answer_text: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A recommendation that fires; `score` is the lowest, 0 to 100, of the answers behind it."""

    recommendation: Recommendation
    score: Fraction | None
    because: tuple[Because, ...]


def recommend(
    questionnaire: Questionnaire, profile: Profile, answers: Answers
) -> tuple[Suggestion, ...]:
    """The recommendations that fire: legal first, then impact, effort, score, file order."""
    path = take_path(questionnaire, profile, answers)
    fired = [
        _suggest(item, path, profile)
        for item in questionnaire.recommendations
        if holds(item.when, path.facts)
    ]
    # The sort is stable, so the order of the file decides last.
    return tuple(sorted(fired, key=_rank))


def _rank(suggestion: Suggestion) -> tuple[bool, int, int, bool, Fraction]:
    item = suggestion.recommendation
    return (
        not item.legal,
        -item.impact,
        item.effort,
        suggestion.score is None,
        suggestion.score or Fraction(0),
    )


def _suggest(item: Recommendation, path: Path, profile: Profile) -> Suggestion:
    because = []
    levels = []
    for key in supporting_questions(item.when, path.facts):
        question, value = path.facts.questions[key], path.answers[key]
        level = level_of(question, value)
        if level is not None:
            levels.append(level)
        because.append(
            Because(key, wording_for(question, profile).text, describe_answer(question, value))
        )
    lowest = min(levels) * 25 if levels else None
    return Suggestion(item, lowest, tuple(because))


def quick_wins(suggestions: Sequence[Suggestion], n: int = 3) -> tuple[Suggestion, ...]:
    """Up to n of the suggestions: the most impact for the effort first; never legal.

    What the law asks for is not a win to choose, and weeks of work are not quick.
    """
    able = [
        item
        for item in suggestions
        if not item.recommendation.legal and item.recommendation.effort <= _QUICK_EFFORT
    ]
    ordered = sorted(
        able,
        key=lambda item: (
            -Fraction(item.recommendation.impact, item.recommendation.effort),
            item.recommendation.effort,
        ),
    )
    return tuple(ordered[:n])
