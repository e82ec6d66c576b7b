"""Conditions: one frozen class for each form a condition can take in a questionnaire file."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class AnswerIs:
    """The option chosen is this one (`is`)."""

    question: str
    option: str
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AnswerAnyOf:
    """The option chosen is one of these (`any_of`)."""

    question: str
    options: tuple[str, ...]
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Includes:
    """The ticked options include this one (`includes`)."""

    question: str
    option: str
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LevelAtMost:
    """The level of the answer, or of one row of a grid, is this or lower."""

    question: str
    level: int
    row: str | None = None
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LevelAtLeast:
    """The level of the answer, or of one row of a grid, is this or higher."""

    question: str
    level: int
    row: str | None = None
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class NumberAtLeast:
    """The number given is this or more; for money, in pounds."""

    question: str
    number: Decimal
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class NumberBelow:
    """The number given is less than this; for money, in pounds."""

    question: str
    number: Decimal
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SectorIn:
    """The employer is in one of these sectors."""

    sectors: tuple[str, ...]
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SizeIn:
    """The employer is in one of these size tiers."""

    sizes: tuple[str, ...]
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of these holds."""

    conditions: tuple[Condition, ...]
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of these holds."""

    conditions: tuple[Condition, ...]
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """This is known not to hold."""

    condition: Condition
    line: int = field(default=0, compare=False, repr=False)


QuestionLeaf = (
    AnswerIs | AnswerAnyOf | Includes | LevelAtMost | LevelAtLeast | NumberAtLeast | NumberBelow
)
ProfileLeaf = SectorIn | SizeIn
Condition = QuestionLeaf | ProfileLeaf | AllOf | AnyOf | Not
