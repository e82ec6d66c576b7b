"""What must be true of a questionnaire as a whole, beyond the form of its parts."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from portal.diagnostics.rules.algebra import (
    AnswerAnyOf,
    AnswerIs,
    Condition,
    Includes,
    LevelAtLeast,
    LevelAtMost,
    QuestionLeaf,
)
from portal.diagnostics.rules.answers import Value
from portal.diagnostics.rules.conditions import (
    Facts,
    question_leaves,
    questions_in,
    supporting_questions,
)
from portal.diagnostics.rules.parse import Draft
from portal.diagnostics.rules.reach import Terrain, TooInvolvedError, can_hold, low_answers
from portal.diagnostics.rules.reader import Notes
from portal.diagnostics.rules.schema import (
    LOW_LEVEL,
    Question,
    Questionnaire,
    QuestionType,
    Recommendation,
)

_CHOICE = {QuestionType.SINGLE, QuestionType.SCALE}
_NUMERIC = {QuestionType.NUMBER, QuestionType.MONEY}


def check(draft: Draft, notes: Notes) -> None:
    """Note every fault of the whole; searches leave out parts that are at fault already."""
    found = draft.questionnaire
    broken = set(draft.broken)
    _check_references(found, notes)
    _check_pages(found, notes)
    _check_wholes(found, notes)
    broken |= _check_conditions(found, notes)
    broken |= _check_order(found, notes)
    _check_dimensions(found, notes)
    terrain = Terrain(
        found.by_key,
        {question.key: place for place, question in enumerate(found.in_order)},
    )
    _check_reachable(found, terrain, broken, notes)
    sound = _check_recommendations(found, terrain, broken, notes)
    for question in found.questions:
        if _is_sound(terrain, [question.key], broken):
            _check_low_answers(question, sound, terrain, notes)


def _check_references(found: Questionnaire, notes: Notes) -> None:
    known = {
        "dimension": found.dimension_by_key.keys(),
        "question": found.by_key.keys(),
        "source": found.source_by_key.keys(),
        "goal": found.goal_by_key.keys(),
    }
    for reference in notes.references:
        if reference.key not in known[reference.kind]:
            notes.fault(
                reference.line, f"{reference.what}: unknown {reference.kind} `{reference.key}`"
            )


def _check_wholes(found: Questionnaire, notes: Notes) -> None:
    """A number that is part of another is asked after it, and both are numbers of the same kind."""
    place = {question.key: position for position, question in enumerate(found.in_order)}
    for question in found.questions:
        whole = found.by_key.get(question.not_more_than or "")
        if whole is None:
            continue
        if whole.type is not question.type or place.get(whole.key, 0) >= place.get(question.key, 0):
            notes.fault(
                question.line,
                f"question {question.key}: `not_more_than` must name an earlier question of the "
                f"same type, not `{whole.key}`",
            )


def _check_pages(found: Questionnaire, notes: Notes) -> None:
    first: dict[str, str] = {}
    for page in found.pages:
        for key in page.questions:
            if key in first:
                notes.fault(
                    page.line,
                    f"page {page.key}: question `{key}` is already on page `{first[key]}`",
                )
            first.setdefault(key, page.key)
            question = found.by_key.get(key)
            if question is not None and question.dimension != page.dimension:
                notes.fault(
                    page.line,
                    f"page {page.key}: question `{key}` belongs to another dimension, "
                    f"`{question.dimension}`",
                )
    for question in found.questions:
        if question.key not in first:
            notes.fault(question.line, f"question {question.key}: it is on no page")


def _named_conditions(found: Questionnaire) -> Iterator[tuple[str, str, Condition]]:
    """Every condition that may mention questions, with its owner's key and a name for messages."""
    for question in found.questions:
        if question.ask_when is not None:
            yield question.key, f"question {question.key}", question.ask_when
    for item in found.recommendations:
        yield item.key, f"recommendation {item.key}", item.when


def _check_conditions(found: Questionnaire, notes: Notes) -> set[str]:
    """Check what conditions mention; returns the keys of the owners at fault."""
    broken = set()
    for owner, name, condition in _named_conditions(found):
        for leaf in question_leaves(condition):
            message = _leaf_fault(leaf, found)
            if message:
                notes.fault(leaf.line, f"{name}: {message}")
                broken.add(owner)
    for question in found.questions:
        for wording in question.wording:
            for leaf in question_leaves(wording.when):
                notes.fault(
                    leaf.line,
                    f"question {question.key}: wording may depend on sector and size only, "
                    f"not on `{leaf.question}`",
                )
    return broken


def _leaf_fault(leaf: QuestionLeaf, found: Questionnaire) -> str | None:
    question = found.by_key.get(leaf.question)
    if question is None:
        return f"unknown question `{leaf.question}`"
    match leaf:
        case AnswerIs() | AnswerAnyOf():
            options = (leaf.option,) if isinstance(leaf, AnswerIs) else leaf.options
            return _option_fault(question, options, _CHOICE)
        case Includes(option=option):
            return _option_fault(question, (option,), {QuestionType.MULTIPLE})
        case LevelAtMost(row=row) | LevelAtLeast(row=row):
            return _level_fault(question, row)
        case _:
            message = f"`{question.key}` is a {question.type} question and has no number"
            return None if question.type in _NUMERIC else message


def _option_fault(
    question: Question, options: tuple[str, ...], types: set[QuestionType]
) -> str | None:
    if question.type not in types:
        return f"`{question.key}` is a {question.type} question, which this test does not fit"
    unknown = [option for option in options if question.option(option) is None]
    return f"unknown option `{unknown[0]}` of question `{question.key}`" if unknown else None


def _level_fault(question: Question, row: str | None) -> str | None:
    if not question.has_levels:
        return f"`{question.key}` has no levels (unknown score key)"
    if row is None:
        return None
    if question.type is not QuestionType.GRID:
        return f"`{question.key}` is a {question.type} question and has no rows"
    return None if question.row(row) else f"unknown row `{row}` of question `{question.key}`"


def _check_order(found: Questionnaire, notes: Notes) -> set[str]:
    """A branch looks back only. Returns the keys of questions that look ahead or in circles."""
    place = {question.key: position for position, question in enumerate(found.in_order)}
    asks = {
        question.key: questions_in(question.ask_when) if question.ask_when else ()
        for question in found.questions
    }
    broken: set[str] = set()
    for question in found.questions:
        if question.key in broken:
            continue
        loop = _loop_from(question.key, asks)
        if loop:
            broken.update(loop)
            path = " → ".join((*loop, loop[0]))
            notes.fault(question.line, f"question {question.key}: `ask_when` is a loop: {path}")
    for question in found.questions:
        if question.ask_when is None or question.key in broken or question.key not in place:
            continue
        for leaf in question_leaves(question.ask_when):
            if place.get(leaf.question, -1) > place[question.key]:
                broken.add(question.key)
                notes.fault(
                    leaf.line,
                    f"question {question.key}: `ask_when` refers to `{leaf.question}`, "
                    "which is asked later",
                )
    return broken


def _loop_from(start: str, asks: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The keys on a way from a question back to itself, or nothing."""
    waiting: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        for key in asks.get(path[-1], ()):
            if key == start:
                return path
            if key not in seen:
                seen.add(key)
                waiting.append((*path, key))
    return ()


def _check_dimensions(found: Questionnaire, notes: Notes) -> None:
    scored = {question.dimension for question in found.questions if question.counts}
    for dimension in found.dimensions:
        if dimension.key not in scored:
            notes.fault(
                dimension.line,
                f"dimension {dimension.key}: it needs a question with levels that is not legal",
            )


def _is_sound(terrain: Terrain, keys: list[str], broken: set[str]) -> bool:
    return not any(question.key in broken for question in terrain.closure(keys))


def _can_hold(condition: Condition, terrain: Terrain, name: str, line: int, notes: Notes) -> bool:
    try:
        return can_hold(condition, terrain)
    except TooInvolvedError:
        notes.fault(line, f"{name}: the condition is too involved to be checked; make it simpler")
        return True


def _check_reachable(
    found: Questionnaire, terrain: Terrain, broken: set[str], notes: Notes
) -> None:
    for question in found.questions:
        name = f"question {question.key}"
        if question.ask_when is None or not _is_sound(terrain, [question.key], broken):
            continue
        if not _can_hold(question.ask_when, terrain, name, question.ask_when.line, notes):
            notes.fault(
                question.ask_when.line, f"{name}: it can never be asked: `ask_when` is never true"
            )


def _check_recommendations(
    found: Questionnaire, terrain: Terrain, broken: set[str], notes: Notes
) -> list[Recommendation]:
    """Check that each can fire; returns those whose conditions are sound."""
    sound = []
    for item in found.recommendations:
        name = f"recommendation {item.key}"
        mentioned = questions_in(item.when)
        if item.key in broken or not _is_sound(terrain, list(mentioned), broken):
            continue
        if not mentioned:
            notes.fault(item.when.line, f"{name}: an orphan: its condition mentions no question")
            continue
        if item.legal and not any(terrain.questions[key].legal for key in mentioned):
            notes.fault(item.line, f"{name}: it is legal but mentions no legal question")
        if _can_hold(item.when, terrain, name, item.when.line, notes):
            sound.append(item)
        else:
            notes.fault(item.when.line, f"{name}: an orphan: its condition can never be true")
    return sound


def _check_low_answers(
    question: Question, sound: list[Recommendation], terrain: Terrain, notes: Notes
) -> None:
    """Every low answer must lead to some recommendation (for a legal item, to a legal one)."""
    if not question.has_levels:
        return
    mine = [
        item
        for item in sound
        if question.key in questions_in(item.when) and (item.legal or not question.legal)
    ]
    told_by = [
        leaf
        for item in mine
        for leaf in question_leaves(item.when)
        if leaf.question == question.key
    ]
    highest = Fraction(LOW_LEVEL)
    if question.legal:
        highest = Fraction((question.legal_pass or 1) - 1)
    for name, values in low_answers(question, highest, told_by).items():
        if not any(_leads_on(item, question, values, terrain) for item in mine):
            kind = "legal recommendation" if question.legal else "recommendation"
            notes.fault(question.line, f"question {question.key}: {name} leads to no {kind}")


def _leads_on(
    item: Recommendation, question: Question, values: tuple[Value, ...], terrain: Terrain
) -> bool:
    """Whether one of these answers can be a reason for the recommendation."""

    def because_of_it(facts: Facts) -> bool:
        return question.key in supporting_questions(item.when, facts)

    try:
        return can_hold(item.when, terrain, fixed={question.key: values}, accept=because_of_it)
    except TooInvolvedError:
        # Told already where the recommendation itself was checked.
        return True
