"""Answers, conditions and wording as people read them."""

from __future__ import annotations

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
    Amount,
    Chosen,
    GridMarked,
    MoneyAmount,
    Ticked,
    Value,
    Written,
)
from portal.diagnostics.rules.conditions import Facts, holds
from portal.diagnostics.rules.schema import Profile, Question
from portal.diagnostics.rules.values import format_number
from portal.kernel.money import Money

_ONE = {"hours": "hour", "people": "person", "days": "day"}


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a question for one employer."""

    text: str
    hint: str | None


def wording_for(question: Question, profile: Profile) -> Words:
    """The first wording that fits the sector and size, or the question's own words."""
    facts = Facts(profile, {}, {})
    for wording in question.wording:
        if holds(wording.when, facts):
            return Words(wording.text, wording.hint or question.hint)
    return Words(question.text, question.hint)


def describe_answer(question: Question, value: Value) -> str:
    """An answer in the words of its options and its unit."""
    match value:
        case Chosen(option=key):
            return _option_text(question, key)
        case Ticked(options=keys):
            return "; ".join(_option_text(question, key) for key in keys)
        case Amount():
            return _describe_amount(question, value)
        case MoneyAmount(pence=pence):
            return Money(pence).format()
        case Written(text=text):
            return text
        case _:
            return _describe_rest(question, value)


def _describe_rest(question: Question, value: Value) -> str:
    if not isinstance(value, GridMarked):
        return question.not_applicable or "Not applicable"
    parts = []
    for row_key, column in value.cells:
        row = question.row(row_key)
        parts.append(f"{row.text if row else row_key}: {_option_text(question, column)}")
    return "; ".join(parts)


def _describe_amount(question: Question, value: Amount) -> str:
    number = format_number(value.number)
    if question.unit is None:
        return number
    if question.unit == "percent":
        return f"{number}%"
    return f"{number} {_ONE.get(question.unit, '') if value.number == 1 else question.unit}"


def _option_text(question: Question, key: str) -> str:
    option = question.option(key)
    return option.text if option else key


def describe_condition(condition: Condition) -> str:
    """A condition in words, by the keys of questions and options."""
    match condition:
        case AllOf(conditions=parts):
            return " and ".join(_bracketed(part) for part in parts)
        case AnyOf(conditions=parts):
            return " or ".join(_bracketed(part) for part in parts)
        case Not(condition=part):
            return f"not ({describe_condition(part)})"
        case SectorIn(sectors=names):
            return f"sector is {_either(names)}"
        case SizeIn(sizes=names):
            return f"size is {_either(names)}"
        case _:
            return _describe_leaf(condition)


def _describe_leaf(leaf: QuestionLeaf) -> str:
    name = leaf.question
    match leaf:
        case AnswerIs(option=option):
            return f"{name} is {option}"
        case AnswerAnyOf(options=options):
            return f"{name} is {_either(options)}"
        case Includes(option=option):
            return f"{name} includes {option}"
        case LevelAtMost() | LevelAtLeast():
            row = f" row {leaf.row}" if leaf.row else ""
            way = "lower" if isinstance(leaf, LevelAtMost) else "higher"
            return f"{name}{row} is at level {leaf.level} or {way}"
        case NumberAtLeast(number=number):
            return f"{name} is {format_number(number)} or more"
        case NumberBelow(number=number):
            return f"{name} is less than {format_number(number)}"


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(names)


def _bracketed(condition: Condition) -> str:
    words = describe_condition(condition)
    return f"({words})" if isinstance(condition, AllOf | AnyOf) else words


SECTOR_WORDS = {
    "retail": "retail",
    "hospitality": "hospitality",
    "social_care": "social care",
    "other": "other",
}
SIZE_WORDS = {
    "micro": "1 to 9",
    "small": "10 to 49",
    "medium": "50 to 249",
    "large": "250 or more",
}
