"""Typed answers: what a checked value is, and the level it carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from portal.diagnostics.rules.schema import Question, QuestionType

NOT_APPLICABLE_KEY = "not_applicable"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One option (single, scale)."""

    option: str


@dataclass(frozen=True, slots=True)
class Ticked:
    """Some options, in the order of the question (multiple)."""

    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Amount:
    """A number."""

    number: Decimal


@dataclass(frozen=True, slots=True)
class MoneyAmount:
    """Money, in pence."""

    pence: int


@dataclass(frozen=True, slots=True)
class Written:
    """Text."""

    text: str


@dataclass(frozen=True, slots=True)
class GridMarked:
    """The column chosen for each row, as (row, column) in the order of the rows."""

    cells: tuple[tuple[str, str], ...]

    def column(self, row: str) -> str | None:
        """The column chosen for a row."""
        return next((column for key, column in self.cells if key == row), None)


@dataclass(frozen=True, slots=True)
class NotApplicable:
    """The question does not apply: it leaves the denominator."""


Value = Chosen | Ticked | Amount | MoneyAmount | Written | GridMarked | NotApplicable
Answers = Mapping[str, Value]


def number_of(value: Value) -> Decimal | None:
    """The number in an answer, in the unit of the question file (money: pounds)."""
    if isinstance(value, Amount):
        return value.number
    if isinstance(value, MoneyAmount):
        return Decimal(value.pence).scaleb(-2)
    return None


def level_of(question: Question, value: Value) -> Fraction | None:
    """The level of an answer, 0 to 4, or None when this answer carries none.

    A grid has the mean level of its rows; a legal grid that of its lowest row.
    """
    match value:
        case Chosen(option=key):
            return _option_level(question, key)
        case Ticked(options=keys):
            return _ticked_level(question, keys)
        case Amount() | MoneyAmount():
            return _band_level(question, value)
        case GridMarked(cells=cells):
            return _grid_level(question, [column for _, column in cells])
        case _:
            return None


def row_level(question: Question, value: Value, row: str) -> Fraction | None:
    """The level of one row of a grid, or None when it carries none."""
    if not isinstance(value, GridMarked):
        return None
    column = value.column(row)
    return None if column is None else _option_level(question, column)


def _option_level(question: Question, key: str) -> Fraction | None:
    option = question.option(key)
    return None if option is None or option.level is None else Fraction(option.level)


def _grid_level(question: Question, columns: list[str]) -> Fraction | None:
    levels = [_option_level(question, column) for column in columns]
    known = [level for level in levels if level is not None]
    if not known:
        return None
    # One row below the law is not made good by the others: a legal grid is as low as its worst.
    return min(known) if question.legal else sum(known, Fraction(0)) / len(known)


def _ticked_level(question: Question, keys: tuple[str, ...]) -> Fraction | None:
    exclusive = {option.key for option in question.options if option.exclusive}
    count = sum(1 for key in keys if key not in exclusive)
    reached = [entry.level for entry in question.count_levels if count >= entry.at_least]
    return Fraction(reached[-1]) if reached else None


def _band_level(question: Question, value: Value) -> Fraction | None:
    number = number_of(value)
    if number is None or question.type not in {QuestionType.NUMBER, QuestionType.MONEY}:
        return None
    for band in question.bands:
        if band.below is None or number < band.below:
            return Fraction(band.level)
    return None
