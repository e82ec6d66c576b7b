"""Searches for answers under which a condition holds: proof that a branch can be reached.

Each question is tried only with answers that some condition can tell apart, and questions that a
branch hides are left out, so the search is exact; it gives up, saying so, beyond a fixed budget.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from itertools import combinations, combinations_with_replacement, islice, product

from portal.diagnostics.rules.algebra import (
    Condition,
    Includes,
    LevelAtLeast,
    LevelAtMost,
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
    level_of,
)
from portal.diagnostics.rules.conditions import Facts, holds, leaf_truth, leaves, question_leaves
from portal.diagnostics.rules.schema import (
    SECTORS,
    SIZES,
    Profile,
    Question,
    QuestionType,
)

BUDGET = 200_000
_MOST_VALUES = 20_000


class TooInvolvedError(Exception):
    """The condition could not be settled within the budget."""


@dataclass(frozen=True, slots=True)
class Terrain:
    """The questions by key, and the place of each in the order of asking."""

    questions: Mapping[str, Question]
    order: Mapping[str, int]

    def closure(self, keys: Iterable[str]) -> list[Question]:
        """The questions of these keys and all that decide whether they are asked, in order."""
        found: dict[str, Question] = {}
        waiting = list(keys)
        while waiting:
            key = waiting.pop()
            question = self.questions.get(key)
            if question is None or key in found:
                continue
            found[key] = question
            if question.ask_when is not None:
                waiting.extend(leaf.question for leaf in question_leaves(question.ask_when))
        return sorted(found.values(), key=lambda question: self.order.get(question.key, 0))


def can_hold(
    condition: Condition,
    terrain: Terrain,
    *,
    fixed: Mapping[str, tuple[Value, ...]] | None = None,
    accept: Callable[[Facts], bool] | None = None,
) -> bool:
    """Whether some profile and answers make the condition true.

    `fixed` limits the answers of some questions, which must then be asked; `accept` has the last
    word on each set of facts found. Raises TooInvolvedError when the search is too large.
    """
    fixed = fixed or {}
    asked = terrain.closure([*(leaf.question for leaf in question_leaves(condition)), *fixed])
    conditions = [condition, *(item.ask_when for item in asked if item.ask_when is not None)]
    choices = [
        (question, fixed.get(question.key) or _told_apart(question, conditions))
        for question in asked
    ]
    steps = 0
    for profile in _profiles(conditions):
        for facts in _journeys(profile, terrain.questions, choices):
            steps += 1
            if steps > BUDGET:
                raise TooInvolvedError
            if any(key not in facts.answers for key in fixed):
                continue
            if holds(condition, facts) and (accept is None or accept(facts)):
                return True
    return False


def _journeys(
    profile: Profile,
    questions: Mapping[str, Question],
    choices: list[tuple[Question, tuple[Value, ...]]],
) -> Iterator[Facts]:
    """Every way of answering, question by question, with hidden questions left unanswered."""

    def walk(position: int, answers: dict[str, Value]) -> Iterator[Facts]:
        facts = Facts(profile, questions, answers)
        if position == len(choices):
            yield facts
            return
        question, values = choices[position]
        if question.ask_when is not None and not holds(question.ask_when, facts):
            yield from walk(position + 1, answers)
            return
        for value in values:
            yield from walk(position + 1, {**answers, question.key: value})

    yield from walk(0, {})


def _profiles(conditions: list[Condition]) -> Iterator[Profile]:
    found = [leaf for condition in conditions for leaf in leaves(condition)]
    sectors = SECTORS if any(isinstance(leaf, SectorIn) for leaf in found) else SECTORS[:1]
    sizes = SIZES if any(isinstance(leaf, SizeIn) for leaf in found) else SIZES[:1]
    for sector, size in product(sectors, sizes):
        yield Profile(sector, size)


def _told_apart(question: Question, conditions: list[Condition]) -> tuple[Value, ...]:
    """One answer for each way in which the conditions can see this question."""
    mine = [
        leaf
        for condition in conditions
        for leaf in question_leaves(condition)
        if leaf.question == question.key
    ]
    by_sight: dict[tuple[bool | None, ...], Value] = {}
    for value in possible_values(question, mine):
        by_sight.setdefault(tuple(leaf_truth(leaf, question, value) for leaf in mine), value)
    return tuple(by_sight.values())


def low_answers(
    question: Question, highest: Fraction, told_by: list[QuestionLeaf]
) -> dict[str, tuple[Value, ...]]:
    """Answers whose level is `highest` or lower, grouped under a name for messages.

    Each option of a single choice stands alone; other types are grouped by level, and a grid,
    whose rows mix, is one group.
    """
    groups: dict[str, list[Value]] = {}
    for value in possible_values(question, told_by):
        level = level_of(question, value)
        if level is not None and level <= highest:
            if isinstance(value, Chosen):
                name = f"the answer `{value.option}`"
            elif isinstance(value, GridMarked):
                name = "a low answer"
            else:
                name = f"an answer at level {level}"
            groups.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in groups.items()}


def possible_values(question: Question, told_by: Iterable[QuestionLeaf]) -> Iterator[Value]:
    """Answers of every kind that the conditions or the levels could tell apart."""
    mine = list(told_by)
    match question.type:
        case QuestionType.SINGLE | QuestionType.SCALE:
            found: Iterator[Value] = (Chosen(option.key) for option in question.options)
        case QuestionType.MULTIPLE:
            found = _ticks(question, mine)
        case QuestionType.NUMBER | QuestionType.MONEY:
            found = _numbers(question, mine)
        case QuestionType.GRID:
            found = _grids(question, mine)
        case QuestionType.TEXT:
            found = iter([Written("x")])
    return islice(found, _MOST_VALUES)


def _ticks(question: Question, mine: list[QuestionLeaf]) -> Iterator[Value]:
    named = {leaf.option for leaf in mine if isinstance(leaf, Includes)}
    free = [option.key for option in question.options if not option.exclusive]
    seen = [key for key in free if key in named]
    others = [key for key in free if key not in named]
    for option in question.options:
        if option.exclusive:
            yield Ticked((option.key,))
    for count in range(len(seen) + 1):
        for some in combinations(seen, count):
            for more in range(len(others) + 1):
                if some or more:
                    yield Ticked((*some, *others[:more]))


def _numbers(question: Question, mine: list[QuestionLeaf]) -> Iterator[Value]:
    step = Decimal(1).scaleb(-question.decimals)
    edges = {question.minimum, question.maximum}
    edges.update(band.below for band in question.bands if band.below is not None)
    edges.update(leaf.number for leaf in mine if isinstance(leaf, NumberAtLeast | NumberBelow))
    for edge in sorted(edges):
        floor = (edge / step).to_integral_value(ROUND_FLOOR) * step
        for number in (floor - step, floor, floor + step):
            if question.minimum <= number <= question.maximum:
                if question.type is QuestionType.MONEY:
                    yield MoneyAmount(int(number.scaleb(2)))
                else:
                    yield Amount(number)


def _grids(question: Question, mine: list[QuestionLeaf]) -> Iterator[Value]:
    """Columns of one level are alike, and so are rows that no condition names."""
    columns = tuple({option.level: option.key for option in question.options}.values())
    named = {leaf.row for leaf in mine if isinstance(leaf, LevelAtMost | LevelAtLeast)}
    seen = [row.key for row in question.rows if row.key in named]
    others = [row.key for row in question.rows if row.key not in named]
    for rest in combinations_with_replacement(columns, len(others)):
        for some in product(columns, repeat=len(seen)):
            chosen = dict(zip(others, rest, strict=True)) | dict(zip(seen, some, strict=True))
            yield GridMarked(tuple((row.key, chosen[row.key]) for row in question.rows))
