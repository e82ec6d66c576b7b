"""What changed between two diagnostics, where the two can be compared at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from portal.diagnostics.rules.schema import Question, Questionnaire
from portal.diagnostics.rules.scoring import ScoreLine, ScoreSheet, Standing


@dataclass(frozen=True, slots=True)
class QuestionChange:
    """The scores, 0 to 100, of one comparable question answered both times."""

    question: str
    dimension: str
    legal: bool
    before: Fraction
    after: Fraction

    @property
    def change(self) -> Fraction:
        """Points gained, or lost when below 0."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class DimensionChange:
    """A dimension over its comparable questions only, with the later weights both times.

    None where it has no question to compare. These scores are not those of the two sheets.
    """

    dimension: str
    before: Fraction | None
    after: Fraction | None
    questions: int

    @property
    def change(self) -> Fraction | None:
        """Points gained, or lost when below 0."""
        if self.before is None or self.after is None:
            return None
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Comparison:
    """The change between two sheets, and how many scored questions could not be compared."""

    questions: tuple[QuestionChange, ...]
    dimensions: tuple[DimensionChange, ...]
    overall: DimensionChange
    new: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    answered_once: tuple[str, ...]
    answered_never: tuple[str, ...]


def compare(
    *,
    earlier_questionnaire: Questionnaire,
    earlier: ScoreSheet,
    later_questionnaire: Questionnaire,
    later: ScoreSheet,
) -> Comparison:
    """Compare two score sheets, each with the questionnaire version it was made from."""
    old = {question.key: question for question in earlier_questionnaire.in_order}
    found: list[QuestionChange] = []
    rest: dict[str, list[str]] = {"new": [], "changed": [], "once": [], "never": []}
    for question in later_questionnaire.in_order:
        if not question.has_levels:
            continue
        kind, change = _compare_question(question, old.get(question.key), earlier, later)
        if change is not None:
            found.append(change)
        else:
            rest[kind].append(question.key)
    removed = tuple(
        key
        for key, question in old.items()
        if question.has_levels and key not in later_questionnaire.by_key
    )
    weights = {question.key: question.weight for question in later_questionnaire.questions}
    by_dimension: dict[str, list[QuestionChange]] = {}
    for item in found:
        by_dimension.setdefault(item.dimension, []).append(item)
    dimensions = tuple(
        _dimension_change(dimension.key, by_dimension.get(dimension.key, []), weights)
        for dimension in later_questionnaire.dimensions
    )
    return Comparison(
        questions=tuple(found),
        dimensions=dimensions,
        overall=_overall_change(dimensions, later_questionnaire),
        new=tuple(rest["new"]),
        removed=removed,
        changed=tuple(rest["changed"]),
        answered_once=tuple(rest["once"]),
        answered_never=tuple(rest["never"]),
    )


def is_comparable(earlier: Question, later: Question, earlier_version: int) -> bool:
    """Whether an answer to the earlier question means the same in the later one.

    The wording may differ; the type, the options with their levels, the rows, the counts and the
    bands may not, and the later question must not say that it starts anew.
    """
    if later.comparable_from > earlier_version:
        return False
    # Mostly it is one question of one version.
    return later is earlier or (
        later.type is earlier.type
        and later.legal is earlier.legal
        and later.unit == earlier.unit
        and later.bands == earlier.bands
        and later.count_levels == earlier.count_levels
        and {row.key for row in later.rows} == {row.key for row in earlier.rows}
        and _options(later) == _options(earlier)
    )


def _options(question: Question) -> set[tuple[str, int | None, bool]]:
    return {(option.key, option.level, option.exclusive) for option in question.options}


def _compare_question(
    question: Question, before: Question | None, earlier: ScoreSheet, later: ScoreSheet
) -> tuple[str, QuestionChange | None]:
    if before is None:
        return "new", None
    if not is_comparable(before, question, earlier.version):
        return "changed", None
    first, second = _score(earlier.line(question.key)), _score(later.line(question.key))
    if first is None and second is None:
        return "never", None
    if first is None or second is None:
        return "once", None
    return "", QuestionChange(question.key, question.dimension, question.legal, first, second)


def _score(line: ScoreLine | None) -> Fraction | None:
    if line is None or line.standing not in {Standing.COUNTED, Standing.LEGAL}:
        return None
    return line.score


def _dimension_change(
    key: str, found: list[QuestionChange], weights: dict[str, Fraction]
) -> DimensionChange:
    counted = [item for item in found if not item.legal]
    if not counted:
        return DimensionChange(key, None, None, 0)
    shares = [weights[item.question] for item in counted]
    before = weighted_mean([item.before for item in counted], shares)
    after = weighted_mean([item.after for item in counted], shares)
    return DimensionChange(key, before, after, len(counted))


def weighted_mean(values: Sequence[Fraction], weights: Sequence[Fraction]) -> Fraction:
    """The exact mean. Numbers are brought to one denominator first: fractions add up slowly."""
    parts = [
        (value.numerator * weight.numerator, value.denominator * weight.denominator)
        for value, weight in zip(values, weights, strict=True)
    ]
    whole = lcm(*(bottom for _, bottom in parts))
    over = lcm(*(weight.denominator for weight in weights))
    top = sum(number * (whole // bottom) for number, bottom in parts)
    total = sum(weight.numerator * (over // weight.denominator) for weight in weights)
    return Fraction(top * over, whole * total)


def _overall_change(
    dimensions: tuple[DimensionChange, ...], later: Questionnaire
) -> DimensionChange:
    before = after = total = Fraction(0)
    for item in dimensions:
        if item.before is not None and item.after is not None:
            weight = later.dimension_by_key[item.dimension].weight
            before += item.before * weight
            after += item.after * weight
            total += weight
    count = sum(item.questions for item in dimensions)
    if not total:
        return DimensionChange("overall", None, None, 0)
    return DimensionChange("overall", before / total, after / total, count)
