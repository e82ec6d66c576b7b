"""Checks a raw answer against its question: a typed value, or a problem in plain words.

Text is put in Unicode form NFC, loses control characters, and its length is counted in code
points. Money is whole pence in JSON and pounds in a form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from portal.diagnostics.rules.answers import (
    NOT_APPLICABLE_KEY,
    Amount,
    Chosen,
    GridMarked,
    MoneyAmount,
    NotApplicable,
    Ticked,
    Value,
    Written,
    number_of,
)
from portal.diagnostics.rules.schema import Question, Questionnaire, QuestionType
from portal.kernel.result import Problem

# Longer raw text is refused before it is normalised, which costs time on hostile input.
_MAX_RAW_TEXT = 200_000
_MAX_NUMBER_TEXT = 30
_SHOWN = 40
_NUMBER = re.compile(r"-?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?")
_PENCE = 100

Parsed = Value | Problem | None


def parse_value(question: Question, raw: object) -> Parsed:
    """The answer in a JSON value; None when it is blank, a Problem when it does not fit."""
    if raw is None or raw in ("", [], {}):
        return None
    if raw == NOT_APPLICABLE_KEY and question.type is not QuestionType.TEXT:
        if question.not_applicable is None:
            return _problem(question, "not_offered", '"not applicable" is not offered here')
        return NotApplicable()
    return _PARSERS[question.type](question, raw)


def row_field(question: Question, row: str) -> str:
    """The form field of one row of a grid."""
    return f"{question.key}__{row}"


def not_applicable_field(question: Question) -> str:
    """The form field of the "not applicable" box beside a number, a text or a grid."""
    return f"{question.key}__not_applicable"


def parse_form(question: Question, form: Mapping[str, Sequence[str]]) -> Parsed:
    """The answer in the fields of a form: lists of strings by field name.

    A field has the question's key; a grid has one for each row (`row_field`), and "not
    applicable" is a value of a choice or a box of its own (`not_applicable_field`).
    """
    raw = _raw_from_form(question, form)
    if not any(form.get(not_applicable_field(question), ())):
        return (
            _parse_pounds(question, raw)
            if _is_pounds(question, raw)
            else parse_value(question, raw)
        )
    if raw:
        message = f'Give an answer or tick "{question.not_applicable}", not both'
        return _problem(question, "both", message)
    return parse_value(question, NOT_APPLICABLE_KEY)


def _is_pounds(question: Question, raw: object) -> bool:
    return question.type is QuestionType.MONEY and bool(raw) and raw != NOT_APPLICABLE_KEY


def _raw_from_form(question: Question, form: Mapping[str, Sequence[str]]) -> object:
    given = [item for item in form.get(question.key, ()) if item.strip()]
    if question.type is QuestionType.MULTIPLE:
        return NOT_APPLICABLE_KEY if given == [NOT_APPLICABLE_KEY] else given
    if question.type is QuestionType.GRID:
        marked = {row.key: form.get(row_field(question, row.key), ()) for row in question.rows}
        return {row: columns[0] for row, columns in marked.items() if columns and columns[0]}
    return given[0] if given else None


def clean_text(raw: str) -> str:
    """Text in form NFC, with single line ends, without control characters and outer spaces."""
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(
        character
        for character in text
        if character == "\n" or unicodedata.category(character) not in {"Cc", "Cs"}
    ).strip()


def shown(raw: object) -> str:
    """A raw value as it may be repeated in a message: short, printable, in quotes."""
    text = str(raw)
    short = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return f'"{"".join(item if item.isprintable() else "�" for item in short)}"'


def _problem(question: Question, code: str, message: str) -> Problem:
    return Problem(code, message, question.key)


def _allowed(keys: Sequence[str]) -> str:
    return ", ".join(keys)


def _parse_choice(question: Question, raw: object) -> Parsed:
    keys = [option.key for option in question.options]
    if not isinstance(raw, str):
        return _problem(question, "wrong_type", f"Choose one of: {_allowed(keys)}")
    if raw not in keys:
        return _problem(question, "unknown_option", f"{shown(raw)} is not one of: {_allowed(keys)}")
    return Chosen(raw)


def _parse_ticks(question: Question, raw: object) -> Parsed:
    keys = [option.key for option in question.options]
    if not isinstance(raw, list | tuple) or not all(isinstance(item, str) for item in raw):
        return _problem(question, "wrong_type", f"Give a list of some of: {_allowed(keys)}")
    unknown = [item for item in raw if item not in keys]
    if unknown:
        return _problem(
            question, "unknown_option", f"{shown(unknown[0])} is not one of: {_allowed(keys)}"
        )
    ticked = tuple(key for key in keys if key in raw)
    alone = [option for option in question.options if option.exclusive and option.key in ticked]
    if alone and len(ticked) > 1:
        return _problem(
            question, "exclusive", f'"{alone[0].text}" cannot be chosen with another answer'
        )
    return Ticked(ticked)


def parse_decimal(raw: object) -> Decimal | None:
    """An exact number from JSON or typed text such as "1,200", or None when it is no number."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int):
        return Decimal(raw)
    if isinstance(raw, float):
        raw = Decimal(repr(raw))
    if isinstance(raw, Decimal):
        return raw if raw.is_finite() else None
    if not isinstance(raw, str) or len(raw) > _MAX_NUMBER_TEXT:
        return None
    text = raw.strip().removeprefix("£").removesuffix("%").strip()
    return Decimal(text.replace(",", "")) if _NUMBER.fullmatch(text) else None


def _parse_number(question: Question, raw: object) -> Parsed:
    number = parse_decimal(raw)
    if number is None:
        return _problem(question, "not_a_number", f"Give a number, such as 12, not {shown(raw)}")
    return _number_problem(question, number) or Amount(number.normalize() + 0)


def _parse_pence(question: Question, raw: object) -> Parsed:
    if isinstance(raw, bool) or not isinstance(raw, int):
        return _problem(
            question,
            "not_pence",
            f"Give a whole number of pence, such as 1250 for £12.50, not {shown(raw)}",
        )
    return _number_problem(question, Decimal(raw).scaleb(-2)) or MoneyAmount(raw)


def _parse_pounds(question: Question, raw: object) -> Parsed:
    number = parse_decimal(raw)
    if number is None:
        return _problem(
            question, "not_a_number", f"Give an amount in pounds, such as 12.50, not {shown(raw)}"
        )
    return _number_problem(question, number) or MoneyAmount(int(number * _PENCE))


def _number_problem(question: Question, number: Decimal) -> Problem | None:
    if not question.minimum <= number <= question.maximum:
        low, high = format_number(question.minimum), format_number(question.maximum)
        sign = "£" if question.type is QuestionType.MONEY else ""
        return _problem(
            question, "out_of_range", f"The number must be from {sign}{low} to {sign}{high}"
        )
    if _decimals(number) > question.decimals:
        most = f"at most {question.decimals} decimals" if question.decimals else "no decimals"
        return _problem(question, "decimals", f"The number may have {most}")
    return None


def _decimals(number: Decimal) -> int:
    """Decimals that matter, counted on the digits: arithmetic would round very long ones."""
    _, digits, exponent = number.as_tuple()
    text = "".join(map(str, digits)).rstrip("0")
    return max(0, len(text) - len(digits) - int(exponent)) if text else 0


def format_number(number: Decimal) -> str:
    """A number as people write it: 1,200 or 12.5."""
    return f"{number.normalize():,f}"


def _parse_text(question: Question, raw: object) -> Parsed:
    if not isinstance(raw, str):
        return _problem(question, "not_text", f"Give text in quotes, not {shown(raw)}")
    if raw == NOT_APPLICABLE_KEY and question.not_applicable is not None:
        return NotApplicable()
    text = raw if len(raw) > _MAX_RAW_TEXT else clean_text(raw)
    if len(text) > question.max_length:
        return _problem(
            question,
            "too_long",
            f"The text has {len(text):,} characters; the most is {question.max_length:,}",
        )
    return Written(text) if text else None


def _parse_grid(question: Question, raw: object) -> Parsed:
    if not isinstance(raw, Mapping):
        rows = _allowed([row.key for row in question.rows])
        return _problem(question, "wrong_type", f"Give an answer for each of: {rows}")
    columns = [option.key for option in question.options]
    for key, column in raw.items():
        if question.row(str(key)) is None:
            return _problem(question, "unknown_row", f"There is no row {shown(key)}")
        if column is not None and column not in columns:
            message = f"{shown(column)} is not one of: {_allowed(columns)}"
            return _problem(question, "unknown_option", f"Row {key}: {message}")
    missing = [row for row in question.rows if raw.get(row.key) is None]
    if len(missing) == len(question.rows):
        return None
    if missing:
        names = "; ".join(row.text for row in missing)
        return _problem(question, "rows_missing", f"Choose an answer for: {names}")
    return GridMarked(tuple((row.key, str(raw[row.key])) for row in question.rows))


_PARSERS: dict[QuestionType, Callable[[Question, object], Parsed]] = {
    QuestionType.SINGLE: _parse_choice,
    QuestionType.SCALE: _parse_choice,
    QuestionType.MULTIPLE: _parse_ticks,
    QuestionType.NUMBER: _parse_number,
    QuestionType.MONEY: _parse_pence,
    QuestionType.TEXT: _parse_text,
    QuestionType.GRID: _parse_grid,
}


def part_problem(question: Question, value: Value, whole: Value | None) -> Problem | None:
    """Why a number cannot be part of the number it counts among; None when it can.

    ``whole`` is the answer to the question that ``not_more_than`` names, if there is one.
    """
    part, most = number_of(value), None if whole is None else number_of(whole)
    if question.not_more_than is None or part is None or most is None or part <= most:
        return None
    sign = "£" if isinstance(value, MoneyAmount) else ""
    return _problem(
        question,
        "more_than_all",
        f"This must be {sign}{format_number(most)} or less, as you said there are "
        f"{sign}{format_number(most)} in all",
    )


def to_json(value: Value) -> Any:
    """The JSON form of an answer, which `parse_value` reads back."""
    match value:
        case Chosen(option=option):
            return option
        case Ticked(options=options):
            return list(options)
        case Amount(number=number):
            return int(number) if number == number.to_integral_value() else f"{number:f}"
        case MoneyAmount(pence=pence):
            return pence
        case Written(text=text):
            return text
        case _:
            return dict(value.cells) if isinstance(value, GridMarked) else NOT_APPLICABLE_KEY


def answers_from_document(
    questionnaire: Questionnaire, document: Mapping[str, Any]
) -> dict[str, Value]:
    """The answers in a stored document `{key: {"v": VALUE, …}}`; what does not fit is left out."""
    found: dict[str, Value] = {}
    for question in questionnaire.questions:
        entry = document.get(question.key)
        value = parse_value(question, entry.get("v")) if isinstance(entry, Mapping) else None
        if value is not None and not isinstance(value, Problem):
            found[question.key] = value
    return found
