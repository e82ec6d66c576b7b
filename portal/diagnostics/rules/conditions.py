"""Whether a condition holds for the answers on the path taken.

A condition on a question that is unanswered, not applicable or not shown is neither true nor false:
it is unknown, `not` leaves it unknown, and a whole condition that stays unknown does not hold.
So nothing is ever asked or recommended because of an answer that was not given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from portal.diagnostics.rules.algebra import (
    AllOf,
    AnswerAnyOf,
    AnswerIs,
    AnyOf,
    Condition,
    Includes,
    LevelAtLeast,
    LevelAtMost,
    Not,
    NumberAtLeast,
    NumberBelow,
    QuestionLeaf,
    SectorIn,
    SizeIn,
)
from portal.diagnostics.rules.answers import (
    Answers,
    Chosen,
    NotApplicable,
    Ticked,
    Value,
    level_of,
    number_of,
    row_level,
)
from portal.diagnostics.rules.schema import (
    Profile,
    Question,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a condition may look at: the profile, and the answers that are on the path."""

    profile: Profile
    questions: Mapping[str, Question]
    answers: Answers


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether the condition is known to be true."""
    return truth(condition, facts) is True


def truth(condition: Condition, facts: Facts) -> bool | None:
    """True, False, or None when it depends on an answer that is not there."""
    match condition:
        case SectorIn(sectors=sectors):
            return facts.profile.sector in sectors
        case SizeIn(sizes=sizes):
            return facts.profile.size in sizes
        case AllOf(conditions=parts):
            return _all([truth(part, facts) for part in parts])
        case AnyOf(conditions=parts):
            return _any([truth(part, facts) for part in parts])
        case Not(condition=part):
            inner = truth(part, facts)
            return None if inner is None else not inner
        case _:
            return _question_truth(condition, facts)


def _question_truth(leaf: QuestionLeaf, facts: Facts) -> bool | None:
    question = facts.questions.get(leaf.question)
    value = facts.answers.get(leaf.question)
    return None if question is None or value is None else leaf_truth(leaf, question, value)


def leaf_truth(leaf: QuestionLeaf, question: Question, value: Value) -> bool | None:
    """Whether one answer meets a condition on its question; None when it cannot say."""
    if isinstance(value, NotApplicable):
        return None
    match leaf:
        case LevelAtMost() | LevelAtLeast():
            return _level_truth(leaf, question, value)
        case NumberAtLeast() | NumberBelow():
            return _number_truth(leaf, value)
        case Includes(option=option):
            return option in value.options if isinstance(value, Ticked) else None
        case AnswerIs() | AnswerAnyOf():
            return _choice_truth(leaf, value)


def _choice_truth(leaf: AnswerIs | AnswerAnyOf, value: Value) -> bool | None:
    if not isinstance(value, Chosen):
        return None
    wanted = (leaf.option,) if isinstance(leaf, AnswerIs) else leaf.options
    return value.option in wanted


def _number_truth(leaf: NumberAtLeast | NumberBelow, value: Value) -> bool | None:
    given = number_of(value)
    if given is None:
        return None
    return given >= leaf.number if isinstance(leaf, NumberAtLeast) else given < leaf.number


def _level_truth(leaf: LevelAtMost | LevelAtLeast, question: Question, value: Value) -> bool | None:
    row = leaf.row
    level = level_of(question, value) if row is None else row_level(question, value, row)
    if level is None:
        return None
    return level <= leaf.level if isinstance(leaf, LevelAtMost) else level >= leaf.level


def _all(parts: list[bool | None]) -> bool | None:
    if False in parts:
        return False
    return None if None in parts else True


def _any(parts: list[bool | None]) -> bool | None:
    if True in parts:
        return True
    return None if None in parts else False


def leaves(condition: Condition) -> Iterator[QuestionLeaf | SectorIn | SizeIn]:
    """Every elementary condition, from left to right."""
    match condition:
        case AllOf(conditions=parts) | AnyOf(conditions=parts):
            for part in parts:
                yield from leaves(part)
        case Not(condition=part):
            yield from leaves(part)
        case _:
            yield condition


def question_leaves(condition: Condition) -> Iterator[QuestionLeaf]:
    """Every elementary condition on a question, from left to right."""
    for leaf in leaves(condition):
        if not isinstance(leaf, SectorIn | SizeIn):
            yield leaf


def questions_in(condition: Condition) -> tuple[str, ...]:
    """The questions a condition mentions, each once, from left to right."""
    return tuple(dict.fromkeys(leaf.question for leaf in question_leaves(condition)))


def supporting_questions(condition: Condition, facts: Facts) -> tuple[str, ...]:
    """The questions whose answers make a condition true, each once, from left to right."""
    return tuple(dict.fromkeys(_supporting(condition, facts, wanted=True)))


def _supporting(condition: Condition, facts: Facts, *, wanted: bool) -> Iterator[str]:
    if truth(condition, facts) is not wanted:
        return
    match condition:
        case AllOf(conditions=parts) | AnyOf(conditions=parts):
            for part in parts:
                yield from _supporting(part, facts, wanted=wanted)
        case Not(condition=part):
            yield from _supporting(part, facts, wanted=not wanted)
        case SectorIn() | SizeIn():
            return
        case _:
            yield condition.question
