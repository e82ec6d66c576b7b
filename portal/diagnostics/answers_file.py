"""Answers in a file: the form to fill in, and reading it back.

Two shapes are read: the printed template, with each answer under "value", and the short form
`{"questionnaire", "version", "sector", "size", "answers": {key: VALUE}}`.
"""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.diagnostics.rules.answers import NOT_APPLICABLE_KEY, Answers, Value
from portal.diagnostics.rules.catalogue import Catalogue
from portal.diagnostics.rules.path import contradictions, missing_answers
from portal.diagnostics.rules.schema import (
    SECTORS,
    SIZES,
    Profile,
    Question,
    Questionnaire,
    QuestionType,
    size_tier,
)
from portal.diagnostics.rules.values import format_number, parse_value, shown
from portal.diagnostics.rules.words import describe_condition, wording_for
from portal.kernel.result import Problem

MAX_BYTES = 1_000_000
_MAX_DIGITS = 30
_TOP_KEYS = frozenset(
    {
        "about",
        "title",
        "questionnaire",
        "version",
        "sector",
        "allowed_sectors",
        "size",
        "allowed_sizes",
        "questions",
        "answers",
    }
)
_HOW = {
    QuestionType.SINGLE: "one of the allowed keys, in quotes",
    QuestionType.SCALE: "one of the allowed keys, in quotes",
    QuestionType.MULTIPLE: 'a list of allowed keys, such as ["a", "b"]',
    QuestionType.NUMBER: "a number",
    QuestionType.MONEY: "a whole number of pence: 1250 is £12.50",
    QuestionType.TEXT: "text in quotes",
    QuestionType.GRID: "one column key for each row key, such as {row: column}",
}
_OTHER_FILES = (
    (b"PK\x03\x04", "it is a spreadsheet or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "it is an old spreadsheet or document"),
    (b"%PDF", "it is a PDF"),
    (b"\xff\xfe", "it is UTF-16 text: save it as UTF-8"),
    (b"\xfe\xff", "it is UTF-16 text: save it as UTF-8"),
)


class AnswersFileError(Exception):
    """An answers file that cannot be scored; `faults` has one line of plain English for each."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class AnswersFile:
    """What a sound answers file says."""

    questionnaire: Questionnaire
    profile: Profile
    answers: Answers


# --- The template -----------------------------------------------------------------------------


def template(questionnaire: Questionnaire, sector: str, size: str) -> dict[str, Any]:
    """The form to fill in: every question with its words, type, allowed values and branch."""
    profile = Profile(sector, size)
    return {
        "about": [
            'Fill in "value" of each question; leave null what is not asked or not known.',
            '"asked_when" says when a question is asked; other answers are kept, not counted.',
            "Change sector and size if they are not yours; the rest of the file is for reading.",
        ],
        "title": questionnaire.title,
        "questionnaire": questionnaire.key,
        "version": questionnaire.version,
        "sector": sector,
        "allowed_sectors": list(SECTORS),
        "size": size,
        "allowed_sizes": list(SIZES),
        "questions": {
            question.key: _template_question(question, profile)
            for question in questionnaire.in_order
        },
    }


def _template_question(question: Question, profile: Profile) -> dict[str, Any]:
    words = wording_for(question, profile)
    entry: dict[str, Any] = {
        "text": words.text,
        "type": str(question.type),
        "dimension": question.dimension,
        "required": question.required,
        "legal": question.legal,
        "how": _HOW[question.type],
        "allowed": _allowed(question),
    }
    if words.hint:
        entry["hint"] = words.hint
    if question.options:
        entry["means"] = {option.key: option.text for option in question.options}
        entry["means"] |= {row.key: row.text for row in question.rows}
    if question.not_applicable:
        entry["or"] = {NOT_APPLICABLE_KEY: question.not_applicable}
    alone = [option.key for option in question.options if option.exclusive]
    if alone:
        entry["only_alone"] = alone
    condition = question.ask_when
    entry["asked_when"] = None if condition is None else describe_condition(condition)
    entry["value"] = None
    return entry


def _allowed(question: Question) -> Any:
    keys = [option.key for option in question.options]
    match question.type:
        case QuestionType.SINGLE | QuestionType.SCALE:
            return [*keys, NOT_APPLICABLE_KEY] if question.not_applicable else keys
        case QuestionType.MULTIPLE:
            return keys
        case QuestionType.GRID:
            return {"rows": [row.key for row in question.rows], "columns": keys}
        case QuestionType.TEXT:
            return {"max_length": question.max_length}
        case QuestionType.MONEY:
            return {
                "unit": "pence",
                "min": int(question.minimum * 100),
                "max": int(question.maximum * 100),
            }
        case QuestionType.NUMBER:
            return {
                "unit": question.unit,
                "min": _plain(question.minimum),
                "max": _plain(question.maximum),
                "decimals": question.decimals,
            }


def _plain(number: Decimal) -> int | str:
    whole = number == number.to_integral_value()
    return int(number) if whole else format_number(number).replace(",", "")


# --- Reading ----------------------------------------------------------------------------------


def read_answers(data: bytes, catalogue: Catalogue) -> AnswersFile:
    """The answers in the bytes of a file; raises AnswersFileError with every fault found."""
    document = _parse_json(data)
    faults: list[str] = []
    faults.extend(
        f"unknown key {shown(key)}{_meant(key, _TOP_KEYS)}"
        for key in document
        if key not in _TOP_KEYS
    )
    questionnaire = _find_questionnaire(document, catalogue, faults)
    sector = _one_of(document, "sector", SECTORS, faults)
    size = _read_size(document, faults)
    raw = _raw_answers(document, faults)
    if questionnaire is None:
        raise AnswersFileError(tuple(faults))
    answers, unfit = _read_values(questionnaire, raw, faults)
    if sector and size:
        profile = Profile(sector, size)
        faults.extend(
            f"{problem.field}: {problem.message}"
            for problem in contradictions(questionnaire, profile, answers)
        )
        faults.extend(
            f"{question.key}: an answer is missing: {_how(question)}"
            for question in missing_answers(questionnaire, profile, answers)
            if question.key not in unfit
        )
    if faults:
        raise AnswersFileError(tuple(faults))
    return AnswersFile(questionnaire, Profile(sector, size), answers)


def _parse_json(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise AnswersFileError((f"the file is larger than {MAX_BYTES:,} bytes",))
    for start, message in _OTHER_FILES:
        if data.startswith(start):
            raise AnswersFileError((f"the file is not JSON text: {message}",))
    try:
        document = _decode(data)
    except UnicodeDecodeError as error:
        message = f"the file is not UTF-8 text: byte {error.start + 1} cannot be read"
        raise AnswersFileError((message,)) from error
    except json.JSONDecodeError as error:
        message = f"the file is not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        raise AnswersFileError((message,)) from error
    except RecursionError as error:
        raise AnswersFileError(("the file is nested too deeply",)) from error
    if not isinstance(document, dict):
        raise AnswersFileError(('the file must be a JSON object: {"questionnaire": …}',))
    return document


def _decode(data: bytes) -> Any:
    """Exact numbers, no key twice: what JSON would otherwise let pass in silence."""
    twice: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        counts = Counter(key for key, _ in items)
        twice.extend(f"{shown(key)} is given twice" for key, n in counts.items() if n > 1)
        return dict(items)

    document = json.loads(
        data.decode("utf-8-sig"),
        object_pairs_hook=pairs,
        parse_constant=_refuse_constant,
        parse_float=Decimal,
        parse_int=lambda text: int(text) if len(text) <= _MAX_DIGITS else Decimal(text),
    )
    if twice:
        raise AnswersFileError(tuple(dict.fromkeys(twice)))
    return document


def _refuse_constant(name: str) -> Any:
    raise AnswersFileError((f"{name} is not a number that can be an answer",))


def _meant(key: str, known: frozenset[str] | list[str]) -> str:
    near = difflib.get_close_matches(key[:100], known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _find_questionnaire(
    document: Mapping[str, Any], catalogue: Catalogue, faults: list[str]
) -> Questionnaire | None:
    keys = sorted({item.key for item in catalogue.questionnaires})
    key, version = document.get("questionnaire"), document.get("version")
    if not isinstance(key, str) or key not in keys:
        given = "is missing" if key is None else f"is {shown(key)}"
        faults.append(f"questionnaire: it {given}; there is {', '.join(keys)}")
        return None
    known = ", ".join(str(item.version) for item in catalogue.versions(key))
    if isinstance(version, bool) or not isinstance(version, int):
        given = "is missing" if version is None else f"is {shown(version)}"
        faults.append(f"version: it {given}; there is {known}")
        return None
    found = catalogue.get(key, version)
    if found is None:
        faults.append(f"version: these answers are for version {version}; there is {known}")
    return found


def _one_of(
    document: Mapping[str, Any], key: str, allowed: tuple[str, ...], faults: list[str]
) -> str:
    value = document.get(key)
    if isinstance(value, str) and value in allowed:
        return value
    given = "is missing" if value is None else f"is {shown(value)}"
    faults.append(f"{key}: it {given}; it must be one of {', '.join(allowed)}")
    return ""


def _read_size(document: Mapping[str, Any], faults: list[str]) -> str:
    """The size tier, given by name or as a number of employees."""
    value = document.get("size")
    if isinstance(value, int) and not isinstance(value, bool):
        tier = size_tier(value)
        if tier:
            return tier
    return _one_of(document, "size", SIZES, faults)


def _raw_answers(document: Mapping[str, Any], faults: list[str]) -> dict[str, Any]:
    if ("answers" in document) is ("questions" in document):
        faults.append('give the answers once: under "questions" as printed, or under "answers"')
        return {}
    name = "answers" if "answers" in document else "questions"
    entries = document[name]
    if not isinstance(entries, dict):
        faults.append(f"{name}: it must be an object with a question key for each answer")
        return {}
    if name == "answers":
        return entries
    found = {}
    for key, entry in entries.items():
        if not isinstance(entry, dict):
            faults.append(f'{_name(key)}: its answer must stand under "value"')
        else:
            found[key] = entry.get("value")
    return found


def _name(key: str) -> str:
    """A key as it may stand in a message: the file may hold anything."""
    return (
        key if key.isidentifier() and key.isascii() and len(key) <= _MAX_DIGITS * 2 else shown(key)
    )


def _read_values(
    questionnaire: Questionnaire, raw: Mapping[str, Any], faults: list[str]
) -> tuple[dict[str, Value], set[str]]:
    found: dict[str, Value] = {}
    unfit: set[str] = set()
    for key, item in raw.items():
        question = questionnaire.by_key.get(key)
        if question is None:
            meant = _meant(key, list(questionnaire.by_key))
            faults.append(f"{_name(key)}: there is no such question{meant}")
            continue
        value = parse_value(question, item)
        if isinstance(value, Problem):
            unfit.add(key)
            faults.append(f"{key}: {value.message}")
        elif value is not None:
            found[key] = value
    return found, unfit


def _how(question: Question) -> str:
    keys = ", ".join(option.key for option in question.options)
    how = f"give {_HOW[question.type]}"
    return f"{how} ({keys})" if keys else how
