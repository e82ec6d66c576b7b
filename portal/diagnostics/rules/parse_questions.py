"""Reads one question of a questionnaire file."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import yaml

from portal.diagnostics.rules.algebra import Condition
from portal.diagnostics.rules.answers import NOT_APPLICABLE_KEY
from portal.diagnostics.rules.parse_conditions import parse_condition
from portal.diagnostics.rules.reader import Fields, Notes, line_of
from portal.diagnostics.rules.schema import (
    HIGHEST_LEVEL,
    UNITS,
    Band,
    CountLevel,
    Option,
    Question,
    QuestionType,
    Row,
    Wording,
)

MAX_OPTIONS = 30
MAX_WRITTEN = 5_000
MAX_DECIMALS = 4
MONEY_DECIMALS = 2
FEWEST_OPTIONS = 2

_COMMON = frozenset(
    {
        "key",
        "dimension",
        "type",
        "text",
        "wording",
        "hint",
        "why",
        "sources",
        "weight",
        "legal",
        "legal_pass",
        "required",
        "not_applicable",
        "ask_when",
        "comparable_from",
    }
)
_NUMERIC = frozenset({"unit", "min", "max", "decimals", "bands", "not_more_than"})
_BY_TYPE: dict[QuestionType, frozenset[str]] = {
    QuestionType.SINGLE: frozenset({"options"}),
    QuestionType.SCALE: frozenset({"options"}),
    QuestionType.MULTIPLE: frozenset({"options", "count_levels"}),
    QuestionType.GRID: frozenset({"options", "rows"}),
    QuestionType.NUMBER: _NUMERIC,
    QuestionType.MONEY: _NUMERIC,
    QuestionType.TEXT: frozenset({"max_length"}),
}
_ALL_KEYS = _COMMON.union(*_BY_TYPE.values())


def parse_question(node: yaml.Node, notes: Notes) -> Question:
    """The question in a node; what is wrong is noted and a harmless value stands in its place."""
    key_node = Fields(node, "question", Notes(notes.file)).nodes.get("key")
    name = key_node.value if isinstance(key_node, yaml.ScalarNode) else "without a key"
    fields = Fields(node, f"question {name}", notes, _ALL_KEYS)
    kind = _parse_type(fields)
    options = _parse_options(fields, kind)
    count_levels = _parse_count_levels(fields, options)
    question = Question(
        key=fields.key(),
        dimension=fields.reference("dimension", "dimension"),
        type=kind,
        text=fields.text("text"),
        why=fields.text("why"),
        hint=fields.optional_text("hint"),
        wording=_parse_wording(fields),
        sources=fields.references("sources", "source", required=False),
        weight=_parse_weight(fields),
        legal=fields.flag("legal", default=False),
        legal_pass=_parse_legal_pass(fields),
        required=fields.flag("required", default=True),
        not_applicable=fields.optional_text("not_applicable"),
        ask_when=optional_condition(fields, "ask_when"),
        options=options,
        count_levels=count_levels,
        rows=_parse_rows(fields, kind),
        unit=_parse_unit(fields, kind),
        minimum=fields.number("min", 0),
        maximum=fields.number("max", 1_000_000),
        decimals=_parse_decimals(fields, kind),
        bands=_parse_bands(fields),
        max_length=fields.integer("max_length", 1, MAX_WRITTEN, 2000),
        comparable_from=fields.integer("comparable_from", 1, 10_000, 1),
        not_more_than=(
            fields.reference("not_more_than", "question")
            if "not_more_than" in fields.nodes
            else None
        ),
        line=fields.line,
    )
    _check_whole(fields, question)
    return question


def _parse_type(fields: Fields) -> QuestionType:
    text = fields.text("type")
    if text not in set(QuestionType):
        if text:
            known = ", ".join(QuestionType)
            fields.fault(f"`type` must be one of {known}", fields.line_at("type"))
        return QuestionType.TEXT
    kind = QuestionType(text)
    for key in fields.nodes:
        if key not in _COMMON | _BY_TYPE[kind]:
            fields.fault(f"`{key}` does not belong to a {kind} question", fields.line_at(key))
    return kind


def optional_condition(fields: Fields, key: str) -> Condition | None:
    """The condition of an entry that may be left out."""
    node = fields.nodes.get(key)
    return None if node is None else parse_condition(node, f"{fields.what} `{key}`", fields.notes)


def _parse_weight(fields: Fields) -> Fraction:
    weight = fields.number("weight", 1)
    if weight <= 0:
        if "weight" in fields.nodes:
            fields.fault("`weight` must be more than 0", fields.line_at("weight"))
        return Fraction(1)
    return Fraction(weight)


def _parse_legal_pass(fields: Fields) -> int | None:
    return fields.integer("legal_pass", 1, HIGHEST_LEVEL) if "legal_pass" in fields.nodes else None


def parse_level(fields: Fields) -> int | None:
    """A level from 0 to 4, or None where it is null or left out."""
    return fields.integer("level", 0, HIGHEST_LEVEL) if fields.has("level") else None


def _parse_wording(fields: Fields) -> tuple[Wording, ...]:
    found = []
    for node in fields.items("wording", required=False):
        inner = Fields(node, f"{fields.what} `wording`", fields.notes, {"when", "text", "hint"})
        when = optional_condition(inner, "when")
        text, hint = inner.text("text"), inner.optional_text("hint")
        inner.required("when")
        if when is not None:
            found.append(Wording(when, text, hint))
    return tuple(found)


def _parse_options(fields: Fields, kind: QuestionType) -> tuple[Option, ...]:
    if "options" not in _BY_TYPE[kind]:
        return ()
    nodes = fields.items("options")
    if not FEWEST_OPTIONS <= len(nodes) <= MAX_OPTIONS:
        fields.fault(
            f"`options` must be {FEWEST_OPTIONS} to {MAX_OPTIONS}", fields.line_at("options")
        )
    found: list[Option] = []
    silent: list[tuple[Option, int]] = []
    for node in nodes:
        inner = Fields(
            node,
            f"{fields.what} option",
            fields.notes,
            {"key", "text", "level", "exclusive", "hint"},
        )
        option = Option(
            key=inner.key(),
            text=inner.text("text"),
            level=parse_level(inner),
            exclusive=inner.flag("exclusive", default=False),
            hint=inner.optional_text("hint"),
        )
        _check_option(inner, option, kind)
        if "level" not in inner.nodes:
            silent.append((option, inner.line))
        found.append(option)
    refuse_twice(fields, "option", zip((option.key for option in found), nodes, strict=True))
    if kind is not QuestionType.MULTIPLE and len(silent) < len(found):
        for option, line in silent:
            fields.fault(f"option {option.key} needs a `level`, or `level: null`", line)
    return tuple(found)


def _check_option(fields: Fields, option: Option, kind: QuestionType) -> None:
    if option.key == NOT_APPLICABLE_KEY:
        fields.fault("use `not_applicable` on the question instead of an option of that name")
    if option.exclusive and kind is not QuestionType.MULTIPLE:
        fields.fault("`exclusive` belongs to multiple questions only", fields.line_at("exclusive"))
    if kind is QuestionType.MULTIPLE and "level" in fields.nodes:
        fields.fault(
            "a multiple question is scored by `count_levels`, not by the `level` of an option",
            fields.line_at("level"),
        )


def refuse_twice(fields: Fields, what: str, keyed: Iterable[tuple[str, yaml.Node]]) -> None:
    """Note every key that an earlier entry of a list has taken."""
    seen: set[str] = set()
    for key, node in keyed:
        if key and key in seen:
            fields.fault(f"the {what} `{key}` is given twice", line_of(node))
        seen.add(key)


def _parse_rows(fields: Fields, kind: QuestionType) -> tuple[Row, ...]:
    if kind is not QuestionType.GRID:
        return ()
    nodes = fields.items("rows")
    if len(nodes) > MAX_OPTIONS:
        fields.fault(f"`rows` must be 1 to {MAX_OPTIONS}", fields.line_at("rows"))
    found = []
    for node in nodes:
        inner = Fields(node, f"{fields.what} row", fields.notes, {"key", "text"})
        found.append(Row(inner.key(), inner.text("text")))
    refuse_twice(fields, "row", zip((row.key for row in found), nodes, strict=True))
    return tuple(found)


def _parse_count_levels(fields: Fields, options: tuple[Option, ...]) -> tuple[CountLevel, ...]:
    most = sum(1 for option in options if not option.exclusive)
    found: list[CountLevel] = []
    for node in fields.items("count_levels", required=False):
        inner = Fields(node, f"{fields.what} `count_levels`", fields.notes, {"at_least", "level"})
        entry = CountLevel(
            inner.integer("at_least", 0, MAX_OPTIONS), inner.integer("level", 0, HIGHEST_LEVEL)
        )
        if not found and entry.at_least != 0:
            inner.fault("must start at `at_least: 0`")
        if found and entry.at_least <= found[-1].at_least:
            inner.fault("`at_least` must rise from entry to entry")
        if entry.at_least > most:
            inner.fault(f"only {most} options can be ticked")
        found.append(entry)
    return tuple(found)


def _parse_bands(fields: Fields) -> tuple[Band, ...]:
    found: list[Band] = []
    nodes = fields.items("bands", required=False)
    for position, node in enumerate(nodes, start=1):
        inner = Fields(node, f"{fields.what} `bands`", fields.notes, {"below", "level"})
        below = inner.optional_number("below")
        if position == len(nodes) and below is not None:
            inner.fault("the last band must have no `below`, so that every number has a level")
        if position < len(nodes) and below is None:
            inner.fault("only the last band may leave out `below`")
        earlier = [band.below for band in found if band.below is not None]
        if below is not None and earlier and below <= earlier[-1]:
            inner.fault("`below` must rise from band to band")
        found.append(Band(inner.integer("level", 0, HIGHEST_LEVEL), below))
    return tuple(found)


def _parse_unit(fields: Fields, kind: QuestionType) -> str | None:
    if "unit" not in fields.nodes:
        return "pounds" if kind is QuestionType.MONEY else None
    unit = fields.text("unit")
    if unit not in UNITS:
        fields.fault(f"`unit` must be one of {', '.join(UNITS)}", fields.line_at("unit"))
    elif (unit == "pounds") is not (kind is QuestionType.MONEY):
        fields.fault(
            "`pounds` is the unit of money questions and of no other", fields.line_at("unit")
        )
    return unit


def _parse_decimals(fields: Fields, kind: QuestionType) -> int:
    if kind is QuestionType.MONEY:
        return fields.integer("decimals", 0, MONEY_DECIMALS, MONEY_DECIMALS)
    return fields.integer("decimals", 0, MAX_DECIMALS, 0)


def _check_whole(fields: Fields, question: Question) -> None:
    """What only shows when the parts of a question are seen together."""
    if question.legal and question.legal_pass is None and "legal_pass" not in fields.nodes:
        fields.fault("a legal question needs `legal_pass`, the lowest level that meets the law")
    if question.legal_pass is not None and not question.legal:
        fields.fault("`legal_pass` needs `legal: true`", fields.line_at("legal_pass"))
    type_known = fields.has("type") and question.type == fields.nodes["type"].value
    if not type_known:
        return
    if question.legal and not question.has_levels:
        fields.fault("a legal question needs levels")
    if "weight" in fields.nodes and not question.has_levels:
        fields.fault("`weight` on a question without levels", fields.line_at("weight"))
    if question.minimum >= question.maximum:
        fields.fault("`min` must be below `max`", fields.line_at("min"))
    if question.options and all(option.exclusive for option in question.options):
        fields.fault("every option is exclusive", fields.line_at("options"))
