"""Reads one condition: a mapping in one of the forms the format knows."""

from __future__ import annotations

from collections.abc import Callable

import yaml

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
from portal.diagnostics.rules.reader import Fields, Notes
from portal.diagnostics.rules.schema import (
    HIGHEST_LEVEL,
    SECTORS,
    SIZES,
)

_TESTS: dict[str, Callable[[Fields, str], QuestionLeaf]] = {
    "is": lambda f, q: AnswerIs(q, f.key("is"), line=f.line_at("is")),
    "any_of": lambda f, q: AnswerAnyOf(q, f.keys("any_of"), line=f.line_at("any_of")),
    "includes": lambda f, q: Includes(q, f.key("includes"), line=f.line_at("includes")),
    "level_at_most": lambda f, q: LevelAtMost(
        q, f.integer("level_at_most", 0, HIGHEST_LEVEL), _row(f), line=f.line_at("level_at_most")
    ),
    "level_at_least": lambda f, q: LevelAtLeast(
        q, f.integer("level_at_least", 0, HIGHEST_LEVEL), _row(f), line=f.line_at("level_at_least")
    ),
    "at_least": lambda f, q: NumberAtLeast(q, f.number("at_least"), line=f.line_at("at_least")),
    "below": lambda f, q: NumberBelow(q, f.number("below"), line=f.line_at("below")),
}
_FORMS = ("question", "sector", "size", "all", "any", "not")


def parse_condition(node: yaml.Node, what: str, notes: Notes) -> Condition | None:
    """The condition in a node, or None after noting what is wrong with it."""
    before = len(notes.faults)
    fields = Fields(node, what, notes)
    if not fields.is_mapping:
        return None
    forms = [form for form in _FORMS if form in fields.nodes]
    if len(forms) != 1:
        fields.fault(f"a condition has exactly one of {', '.join(_FORMS)}")
        return None
    condition = _parse_form(forms[0], fields)
    return condition if len(notes.faults) == before else None


def _parse_form(form: str, fields: Fields) -> Condition | None:
    if form == "question":
        return _parse_question(fields)
    _refuse_others(fields, {form})
    line = fields.line
    if form == "sector":
        return SectorIn(fields.choices("sector", SECTORS), line=line)
    if form == "size":
        return SizeIn(fields.choices("size", SIZES), line=line)
    if form == "not":
        inner = parse_condition(fields.nodes["not"], fields.what, fields.notes)
        return None if inner is None else Not(inner, line=line)
    parts = [parse_condition(node, fields.what, fields.notes) for node in fields.items(form)]
    known = tuple(part for part in parts if part is not None)
    return AllOf(known, line=line) if form == "all" else AnyOf(known, line=line)


def _parse_question(fields: Fields) -> Condition | None:
    tests = [test for test in _TESTS if test in fields.nodes]
    if len(tests) != 1:
        fields.fault(f"a condition on a question has exactly one of {', '.join(_TESTS)}")
        return None
    allowed = {"question", tests[0]}
    if tests[0].startswith("level_"):
        allowed.add("row")
    _refuse_others(fields, allowed)
    return _TESTS[tests[0]](fields, fields.key("question"))


def _refuse_others(fields: Fields, allowed: set[str]) -> None:
    for key in fields.nodes:
        if key not in allowed:
            fields.fault(f"unknown key `{key}` in a condition", fields.line_at(key))


def _row(fields: Fields) -> str | None:
    return fields.key("row") if "row" in fields.nodes else None
