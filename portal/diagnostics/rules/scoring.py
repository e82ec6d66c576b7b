"""Scores, exact and explained: fractions from 0 to 100, rounded half up only when shown.

A question scores its level out of 4, as a percentage; a dimension is the weighted mean of its
questions that are asked, answered, applicable, scored and not legal; the overall score is the
weighted mean of the dimensions that have a score. Nothing answered is no score, never 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from portal.diagnostics.rules.answers import Answers, NotApplicable, level_of
from portal.diagnostics.rules.path import Path, take_path
from portal.diagnostics.rules.schema import (
    HIGHEST_LEVEL,
    LOW_LEVEL,
    STRONG_LEVEL,
    Dimension,
    Profile,
    Question,
    Questionnaire,
    QuestionType,
)

_FULL = Fraction(100)
_MOST_DECIMALS = 6


class Standing(StrEnum):
    """Whether a question counts in its dimension, or why not."""

    COUNTED = "counted"
    LEGAL = "legal"
    UNSCORED = "unscored"
    NO_LEVEL = "no_level"
    NOT_APPLICABLE = "not_applicable"
    NOT_ANSWERED = "not_answered"
    HIDDEN = "hidden"


STANDING_WORDS: dict[Standing, str] = {
    Standing.COUNTED: "Counts in the score",
    Standing.LEGAL: "A legal minimum: flagged, never averaged",
    Standing.UNSCORED: "This question has no score",
    Standing.NO_LEVEL: "This answer has no score",
    Standing.NOT_APPLICABLE: "Does not apply, so it is left out",
    Standing.NOT_ANSWERED: "Not answered, so it is left out",
    Standing.HIDDEN: "Not asked, because of an earlier answer",
}


class LegalStanding(StrEnum):
    """What an answer says about a legal minimum."""

    MET = "met"
    BELOW = "below"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"
    NOT_ANSWERED = "not_answered"


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """One question: level 0 to 4, score 0 to 100, weight, and whether it counts."""

    question: str
    dimension: str
    level: Fraction | None
    score: Fraction | None
    weight: Fraction
    standing: Standing

    @property
    def counted(self) -> bool:
        """Whether the line is in its dimension's mean."""
        return self.standing is Standing.COUNTED

    @property
    def reason(self) -> str:
        """Why the line counts or not, in words."""
        return STANDING_WORDS[self.standing]


@dataclass(frozen=True, slots=True)
class DimensionScore:
    """The score of a dimension: numerator ÷ denominator, or None when nothing counts."""

    dimension: str
    weight: Fraction
    numerator: Fraction
    denominator: Fraction
    formula: str
    lines: tuple[ScoreLine, ...]

    @property
    def score(self) -> Fraction | None:
        """0 to 100, exact."""
        return self.numerator / self.denominator if self.denominator else None

    @property
    def shown(self) -> int | None:
        """0 to 100 as shown."""
        return None if self.score is None else rounded(self.score)


@dataclass(frozen=True, slots=True)
class LegalItem:
    """A legal minimum on the path; `level` must reach `pass_level`."""

    question: str
    dimension: str
    level: Fraction | None
    pass_level: int
    standing: LegalStanding

    @property
    def flagged(self) -> bool:
        """Whether the answer is below the legal minimum."""
        return self.standing is LegalStanding.BELOW


@dataclass(frozen=True, slots=True)
class ScoreSheet:
    """Every score of one set of answers, with all that is needed to explain it."""

    questionnaire: str
    version: int
    content_hash: str
    profile: Profile
    lines: tuple[ScoreLine, ...]
    dimensions: tuple[DimensionScore, ...]
    overall: Fraction | None
    overall_formula: str
    legal: tuple[LegalItem, ...]

    @property
    def overall_shown(self) -> int | None:
        """The overall score as shown, 0 to 100."""
        return None if self.overall is None else rounded(self.overall)

    @property
    def flags(self) -> tuple[LegalItem, ...]:
        """Legal minimums that the answers do not meet."""
        return tuple(item for item in self.legal if item.flagged)

    @property
    def strengths(self) -> tuple[ScoreLine, ...]:
        """Counted answers at level 3 or 4, the highest first."""
        found = [line for line in self.lines if line.counted and _level(line) >= STRONG_LEVEL]
        return tuple(sorted(found, key=lambda line: (-_level(line), -line.weight)))

    @property
    def gaps(self) -> tuple[ScoreLine, ...]:
        """Counted answers at level 0 or 1, the lowest first."""
        found = [line for line in self.lines if line.counted and _level(line) <= LOW_LEVEL]
        return tuple(sorted(found, key=lambda line: (_level(line), -line.weight)))

    @property
    def strong_dimensions(self) -> tuple[DimensionScore, ...]:
        """Dimensions that score as level 3 or more (75), the highest first."""
        found = [item for item in self.dimensions if _mean_level(item, -1) >= STRONG_LEVEL]
        return tuple(sorted(found, key=lambda item: -_mean_level(item, -1)))

    @property
    def weak_dimensions(self) -> tuple[DimensionScore, ...]:
        """Dimensions that score as level 1 or less (25), the lowest first."""
        high = HIGHEST_LEVEL + 1
        found = [item for item in self.dimensions if _mean_level(item, high) <= LOW_LEVEL]
        return tuple(sorted(found, key=lambda item: _mean_level(item, high)))

    def line(self, question: str) -> ScoreLine | None:
        """The line of a question."""
        return next((line for line in self.lines if line.question == question), None)

    def dimension(self, key: str) -> DimensionScore | None:
        """The score of a dimension."""
        return next((item for item in self.dimensions if item.dimension == key), None)


def _level(line: ScoreLine) -> Fraction:
    return Fraction(0) if line.level is None else line.level


def _mean_level(item: DimensionScore, otherwise: int) -> Fraction:
    return Fraction(otherwise) if item.score is None else item.score * HIGHEST_LEVEL / _FULL


def rounded(value: Fraction) -> int:
    """The nearest whole number, halves up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def score(questionnaire: Questionnaire, profile: Profile, answers: Answers) -> ScoreSheet:
    """The score sheet of a set of answers; answers off the path are not looked at."""
    path = take_path(questionnaire, profile, answers)
    asked = {question.key for question in path.questions}
    lines = tuple(
        _line(question, path, shown=question.key in asked) for question in questionnaire.in_order
    )
    dimensions = tuple(
        _dimension(dimension, tuple(line for line in lines if line.dimension == dimension.key))
        for dimension in questionnaire.dimensions
    )
    known = [(item.score, item.weight) for item in dimensions if item.score is not None]
    numerator = sum((value * weight for value, weight in known), Fraction(0))
    denominator = sum((weight for _, weight in known), Fraction(0))
    return ScoreSheet(
        questionnaire=questionnaire.key,
        version=questionnaire.version,
        content_hash=questionnaire.content_hash,
        profile=profile,
        lines=lines,
        dimensions=dimensions,
        overall=numerator / denominator if denominator else None,
        overall_formula=formula(known),
        legal=tuple(_legal_item(item, path) for item in path.questions if item.legal),
    )


def _line(question: Question, path: Path, *, shown: bool) -> ScoreLine:
    value = path.answers.get(question.key)
    level = None if value is None else level_of(question, value)
    if not shown:
        standing = Standing.HIDDEN
    elif not question.has_levels:
        standing = Standing.UNSCORED
    elif value is None:
        standing = Standing.NOT_ANSWERED
    elif isinstance(value, NotApplicable) or _no_row_applies(question, level):
        standing = Standing.NOT_APPLICABLE
    elif question.legal:
        standing = Standing.LEGAL
    else:
        standing = Standing.NO_LEVEL if level is None else Standing.COUNTED
    points = None if level is None else level / HIGHEST_LEVEL * _FULL
    return ScoreLine(question.key, question.dimension, level, points, question.weight, standing)


def _no_row_applies(question: Question, level: Fraction | None) -> bool:
    return question.type is QuestionType.GRID and level is None


def _dimension(dimension: Dimension, lines: tuple[ScoreLine, ...]) -> DimensionScore:
    counted = [
        (line.score, line.weight) for line in lines if line.counted and line.score is not None
    ]
    return DimensionScore(
        dimension=dimension.key,
        weight=dimension.weight,
        numerator=sum((value * weight for value, weight in counted), Fraction(0)),
        denominator=sum((weight for _, weight in counted), Fraction(0)),
        formula=formula(counted),
        lines=lines,
    )


def _legal_item(question: Question, path: Path) -> LegalItem:
    value = path.answers.get(question.key)
    level = None if value is None else level_of(question, value)
    needed = question.legal_pass or 0
    if value is None:
        standing = LegalStanding.NOT_ANSWERED
    elif isinstance(value, NotApplicable) or _no_row_applies(question, level):
        standing = LegalStanding.NOT_APPLICABLE
    elif level is None:
        standing = LegalStanding.UNKNOWN
    else:
        standing = LegalStanding.MET if level >= needed else LegalStanding.BELOW
    return LegalItem(question.key, question.dimension, level, needed, standing)


def formula(terms: Sequence[tuple[Fraction, Fraction]]) -> str:
    """A weighted mean in words: each score times its weight, over the sum of the weights."""
    if not terms:
        return "No score: nothing to count"
    parts = " + ".join(
        f"{in_words(value)}×{in_words(weight)}"  # noqa: RUF001 - the sign people know
        for value, weight in terms
    )
    total = sum((weight for _, weight in terms), Fraction(0))
    mean = sum((value * weight for value, weight in terms), Fraction(0)) / total
    result = f"({parts}) ÷ {in_words(total)} = {in_words(mean)}"
    return result if mean.denominator == 1 else f"{result}, shown as {rounded(mean)}"


def in_words(value: Fraction) -> str:
    """A number as it is, or with one decimal where it has many.

    More decimals are given where one would suggest another rounding: 66.46 is shown as 66, so it
    is not written as 66.5.
    """
    decimals = next((few for few in (0, 1, 2) if (value * 10**few).denominator == 1), None)
    if decimals is None:
        decimals = next(
            (few for few in range(1, _MOST_DECIMALS) if _rounds_alike(value, few)), _MOST_DECIMALS
        )
    whole, rest = divmod(rounded(value * 10**decimals), 10**decimals)
    return f"{whole}.{rest:0{decimals}d}" if decimals else str(whole)


def _rounds_alike(value: Fraction, decimals: int) -> bool:
    near = Fraction(rounded(value * 10**decimals), 10**decimals)
    return rounded(near) == rounded(value)
