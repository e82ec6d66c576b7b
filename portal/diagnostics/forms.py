"""The forms of a diagnostic: its pages are made from the questionnaire, the rest are plain."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

from portal.diagnostics.rules.answers import (
    NOT_APPLICABLE_KEY,
    Amount,
    Answers,
    Chosen,
    GridMarked,
    MoneyAmount,
    NotApplicable,
    Ticked,
    Value,
    Written,
)
from portal.diagnostics.rules.schema import (
    Profile,
    Question,
    Questionnaire,
    QuestionType,
    Source,
)
from portal.diagnostics.rules.values import (
    not_applicable_field,
    parse_form,
    part_problem,
    row_field,
    to_json,
)
from portal.diagnostics.rules.words import wording_for
from portal.kernel.money import Money
from portal.kernel.result import Problem
from portal.web.forms import EmailField, Form, RadioField

FormData = Mapping[str, Sequence[str]]
_ASK = {
    QuestionType.SINGLE: "Choose an answer",
    QuestionType.SCALE: "Choose an answer",
    QuestionType.MULTIPLE: "Tick at least one box",
    QuestionType.NUMBER: "Enter a number",
    QuestionType.MONEY: "Enter an amount, like 12.50",
    QuestionType.TEXT: "Write an answer",
    QuestionType.GRID: "Choose an answer in each row",
}
_CHOICE_TYPES = {QuestionType.SINGLE, QuestionType.SCALE}
_SUFFIX = {"percent": "%", "hours": "hours", "people": "people", "days": "days"}


@dataclass(frozen=True, slots=True)
class GridRow:
    """One row of a grid, drawn as a small group of radios."""

    field: str
    text: str
    chosen: str | None


@dataclass(frozen=True, slots=True)
class QuestionField:
    """One question as a page draws it; ``typed`` is what stands in the box or is chosen."""

    key: str
    type: str
    text: str
    hint: str | None
    why: str
    sources: tuple[Source, ...]
    items: tuple[Mapping[str, Any], ...]
    rows: tuple[GridRow, ...]
    typed: str
    ticked: tuple[str, ...]
    prefix: str | None
    suffix: str | None
    max_length: int
    required: bool
    not_applicable: str | None
    not_applicable_field: str
    not_applicable_ticked: bool
    error: str | None

    @property
    def first_id(self) -> str:
        """Where a link to this question leads."""
        return f"{self.rows[0].field}" if self.rows else self.key


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """What a posted page holds: JSON values by question (None: blank), and what is wrong.

    ``known`` are all answers as they would be with this page's, checked.
    """

    values: dict[str, Any]
    errors: dict[str, str]
    known: Answers

    def for_path(self, asked: Collection[str]) -> ParsedPage:
        """The same without what this page's own answers have closed: nobody need mend that."""
        return ParsedPage(
            values={key: value for key, value in self.values.items() if key in asked},
            errors={key: error for key, error in self.errors.items() if key in asked},
            known=self.known,
        )


def parse_page(
    questions: Sequence[Question], data: FormData, stored: Answers, *, demand_answers: bool
) -> ParsedPage:
    """Read the answers of a page; required ones must be there when ``demand_answers``.

    ``stored`` holds the answers of other pages, for a number that is part of another.
    """
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    known: dict[str, Value] = dict(stored)
    for question in questions:
        parsed = parse_form(question, data)
        if isinstance(parsed, Problem):
            errors[question.key] = parsed.message
        elif parsed is None:
            values[question.key] = None
            known.pop(question.key, None)
            if question.required and demand_answers:
                errors[question.key] = _ASK[question.type]
        else:
            values[question.key] = to_json(parsed)
            known[question.key] = parsed
            problem = part_problem(question, parsed, known.get(question.not_more_than or ""))
            if problem is not None:
                errors[question.key] = problem.message
    return ParsedPage(values, errors, known)


def page_fields(
    questionnaire: Questionnaire,
    questions: Sequence[Question],
    profile: Profile,
    answers: Answers,
    *,
    data: FormData | None = None,
    errors: Mapping[str, str] | None = None,
) -> list[QuestionField]:
    """The questions of a page ready to draw: with what was just typed, or what is stored."""
    typed = data if data is not None else _as_form(questions, answers)
    return [
        _field(questionnaire, question, profile, typed, (errors or {}).get(question.key))
        for question in questions
    ]


def _field(
    questionnaire: Questionnaire,
    question: Question,
    profile: Profile,
    typed: FormData,
    error: str | None,
) -> QuestionField:
    words = wording_for(question, profile)
    given = [item for item in typed.get(question.key, ()) if item]
    choice = question.type in _CHOICE_TYPES
    money = question.type is QuestionType.MONEY
    number = question.type is QuestionType.NUMBER
    return QuestionField(
        key=question.key,
        type=question.type.value,
        text=words.text,
        hint=words.hint,
        why=question.why,
        sources=tuple(questionnaire.source_by_key[key] for key in question.sources),
        items=_items(question, with_not_applicable=choice),
        rows=tuple(
            GridRow(
                field=row_field(question, row.key),
                text=row.text,
                chosen=next(iter(typed.get(row_field(question, row.key), ())), None),
            )
            for row in question.rows
        ),
        typed=given[0] if given else "",
        ticked=tuple(given),
        prefix="£" if money else None,
        suffix=_SUFFIX.get(question.unit or "") if number else None,
        max_length=question.max_length,
        required=question.required,
        not_applicable=None if choice else question.not_applicable,
        not_applicable_field=not_applicable_field(question),
        not_applicable_ticked=any(typed.get(not_applicable_field(question), ())),
        error=error,
    )


def _items(question: Question, *, with_not_applicable: bool) -> tuple[Mapping[str, Any], ...]:
    items: list[Mapping[str, Any]] = []
    for option in question.options:
        if option.exclusive:
            items.append({"divider": "or"})
        items.append(
            {
                "value": option.key,
                "text": option.text,
                "hint": option.hint,
                "exclusive": option.exclusive,
            }
        )
    if with_not_applicable and question.not_applicable:
        items.append({"divider": "or"})
        items.append({"value": NOT_APPLICABLE_KEY, "text": question.not_applicable})
    return tuple(items)


def _as_form(questions: Sequence[Question], answers: Answers) -> dict[str, list[str]]:
    """Stored answers in the shape in which a browser would send them."""
    form: dict[str, list[str]] = {}
    for question in questions:
        value = answers.get(question.key)
        if value is not None:
            form.update(_value_as_form(question, value))
    return form


def _value_as_form(question: Question, value: Value) -> dict[str, list[str]]:
    if isinstance(value, GridMarked):
        return {row_field(question, row): [column] for row, column in value.cells}
    if isinstance(value, NotApplicable) and question.type not in _CHOICE_TYPES:
        return {not_applicable_field(question): ["yes"]}
    return {question.key: _texts(value)}


def _texts(value: Value) -> list[str]:
    match value:
        case Chosen(option=option):
            return [option]
        case Ticked(options=options):
            return list(options)
        case Amount(number=number):
            return [f"{number:f}"]
        case MoneyAmount(pence=pence):
            return [Money(pence).format().removeprefix("£")]
        case Written(text=text):
            return [text]
        case _:
            return [NOT_APPLICABLE_KEY]


SECTOR_CHOICES = (
    ("retail", "Retail", "Shops, including online shops"),
    ("hospitality", "Hospitality", "Hotels, pubs, cafés, restaurants, catering"),
    ("social_care", "Social care", "Care homes, home care, day care, nurseries"),
    ("other", "Something else"),
)
SIZE_CHOICES = (
    ("micro", "1 to 9"),
    ("small", "10 to 49"),
    ("medium", "50 to 249"),
    ("large", "250 or more"),
)


class StartForm(Form):
    """The two facts that choose the wording."""

    sector = RadioField(
        "What does your organisation mainly do?",
        choices=SECTOR_CHOICES,
        required="Choose what your organisation mainly does",
    )
    size = RadioField(
        "How many people do you employ in all, full-time and part-time?",
        choices=SIZE_CHOICES,
        required="Choose how many people you employ",
    )


class TheirStartForm(StartForm):
    """The same for an adviser, who speaks of somebody else's organisation."""

    sector = RadioField(
        "What does the employer mainly do?",
        choices=SECTOR_CHOICES,
        required="Choose what the employer mainly does",
    )
    size = RadioField(
        "How many people work there in all, full-time and part-time?",
        choices=SIZE_CHOICES,
        required="Choose how many people work there",
    )


class SheetForm(TheirStartForm):
    """For whom a call sheet is printed; it changes nothing, so its choices stand in the address."""

    class Meta:
        """No token in an address."""

        csrf = False

    SECTORS = tuple((key, words) for key, words, *_ in SECTOR_CHOICES)

    @classmethod
    def for_size(cls, sector: str, typed: str | None) -> SheetForm:
        """The form for an employer whose size alone is missing."""
        data = {"sector": sector}
        form = cls(formdata=None, data=data)
        if typed is not None:
            form = cls(MultiDict({**data, "size": typed}))
            form.validate()
        del form.sector
        return form


class KeepForm(Form):
    """Where to send the link."""

    email = EmailField(
        "Email address",
        hint="We send one message with a link. We do not use the address for anything else.",
        required="Enter an email address, like name@example.com",
    )


class EmployerForm(Form):
    """Which employer a diagnostic is about."""

    employer = RadioField(
        "Which employer is this diagnostic about?",
        required="Choose an employer",
    )
