"""What a questionnaire is made of.

Every class is frozen: a loaded questionnaire is shared by all requests. Levels run from 0 to 4
(see `MaturityLevel`); a `line` is where the part stands in its file, for messages only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cached_property

from portal.diagnostics.rules.algebra import Condition

SECTORS: tuple[str, ...] = ("retail", "hospitality", "social_care", "other")
SIZES: tuple[str, ...] = ("micro", "small", "medium", "large")
UNITS: tuple[str, ...] = ("hours", "people", "days", "percent", "pounds")
HIGHEST_LEVEL = 4
LOW_LEVEL = 1
STRONG_LEVEL = 3

# Fewest employees of each tier above micro (domain: micro 1-9, small 10-49, medium 50-249).
_TIER_STARTS = ((250, "large"), (50, "medium"), (10, "small"), (1, "micro"))


class QuestionType(StrEnum):
    """How a question is answered."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    SCALE = "scale"
    NUMBER = "number"
    MONEY = "money"
    TEXT = "text"
    GRID = "grid"


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of the employer when wording and branches are chosen."""

    sector: str
    size: str


def size_tier(headcount: int) -> str | None:
    """The size tier of a number of employees, or None when there are none."""
    return next((tier for start, tier in _TIER_STARTS if headcount >= start), None)


# --- The parts of a questionnaire ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MaturityLevel:
    """The name and meaning of one level, 0 to 4."""

    level: int
    name: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Dimension:
    """One of the areas scored; `weight` is its share of the overall score."""

    key: str
    title: str
    short: str
    weight: Fraction
    about: str
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact comes from."""

    key: str
    title: str
    publisher: str
    year: int
    url: str | None = None
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Page:
    """Up to three questions shown together; the order of pages is the order of asking."""

    key: str
    dimension: str
    title: str
    questions: tuple[str, ...]
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Option:
    """An answer to choose, or the column of a grid; `level` None is an answer without a score."""

    key: str
    text: str
    level: int | None = None
    exclusive: bool = False
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a grid."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Band:
    """Numbers below `below` (None: all the rest) have this level; for money, in pounds."""

    level: int
    below: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CountLevel:
    """This many ticks or more give this level, until the next entry."""

    at_least: int
    level: int


@dataclass(frozen=True, slots=True)
class Wording:
    """Other words for some sectors or sizes."""

    when: Condition
    text: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question. For money `minimum`, `maximum`, `bands` are in pounds, the answer in pence.

    `not_more_than` is an earlier number that this one is part of, such as all staff.
    """

    key: str
    dimension: str
    type: QuestionType
    text: str
    why: str
    hint: str | None = None
    wording: tuple[Wording, ...] = ()
    sources: tuple[str, ...] = ()
    weight: Fraction = Fraction(1)
    legal: bool = False
    legal_pass: int | None = None
    required: bool = True
    not_applicable: str | None = None
    ask_when: Condition | None = None
    options: tuple[Option, ...] = ()
    count_levels: tuple[CountLevel, ...] = ()
    rows: tuple[Row, ...] = ()
    unit: str | None = None
    minimum: Decimal = Decimal(0)
    maximum: Decimal = Decimal(1_000_000)
    decimals: int = 0
    bands: tuple[Band, ...] = ()
    max_length: int = 2000
    comparable_from: int = 1
    not_more_than: str | None = None
    line: int = field(default=0, compare=False, repr=False)

    @property
    def has_levels(self) -> bool:
        """Whether some answer has a level; a legal item has one too, though never averaged."""
        if self.type is QuestionType.MULTIPLE:
            return bool(self.count_levels)
        if self.type in {QuestionType.NUMBER, QuestionType.MONEY}:
            return bool(self.bands)
        return any(option.level is not None for option in self.options)

    @property
    def counts(self) -> bool:
        """Whether the question can count in a score."""
        return self.has_levels and not self.legal

    def option(self, key: str) -> Option | None:
        """The option of this key."""
        return next((option for option in self.options if option.key == key), None)

    def row(self, key: str) -> Row | None:
        """The row of this key."""
        return next((row for row in self.rows if row.key == key), None)


@dataclass(frozen=True, slots=True)
class Link:
    """A public resource."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Goal:
    """A heading under which recommendations stand in a plan."""

    key: str
    title: str
    benefit: str
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to do about an answer. Effort 1 hours, 2 days, 3 weeks; impact 1 to 3, 3 the most."""

    key: str
    dimension: str
    title: str
    when: Condition
    why: str
    first_step: str
    who: str
    effort: int
    impact: int
    days: int
    evidence: str
    goal: str
    link: Link | None = None
    sources: tuple[str, ...] = ()
    legal: bool = False
    line: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True)
class Questionnaire:
    """A questionnaire version. `content_hash` is the SHA-256 of the file it was read from."""

    key: str
    version: int
    title: str
    published: date
    minutes: int
    maturity: tuple[MaturityLevel, ...]
    dimensions: tuple[Dimension, ...]
    sources: tuple[Source, ...]
    pages: tuple[Page, ...]
    questions: tuple[Question, ...]
    recommendations: tuple[Recommendation, ...]
    goals: tuple[Goal, ...]
    content_hash: str = ""

    @cached_property
    def by_key(self) -> dict[str, Question]:
        """Questions by key."""
        return {question.key: question for question in self.questions}

    @cached_property
    def in_order(self) -> tuple[Question, ...]:
        """Questions in the order of asking, which is the order of the pages."""
        return tuple(
            self.by_key[key] for page in self.pages for key in page.questions if key in self.by_key
        )

    @cached_property
    def page_of(self) -> dict[str, Page]:
        """The page on which a question stands, by question key."""
        return {key: page for page in self.pages for key in page.questions}

    @cached_property
    def dimension_by_key(self) -> dict[str, Dimension]:
        """Dimensions by key."""
        return {dimension.key: dimension for dimension in self.dimensions}

    @cached_property
    def source_by_key(self) -> dict[str, Source]:
        """Sources by key."""
        return {source.key: source for source in self.sources}

    @cached_property
    def goal_by_key(self) -> dict[str, Goal]:
        """Goals by key."""
        return {goal.key: goal for goal in self.goals}

    @cached_property
    def recommendation_by_key(self) -> dict[str, Recommendation]:
        """Recommendations by key."""
        return {item.key: item for item in self.recommendations}

    @cached_property
    def page_by_key(self) -> dict[str, Page]:
        """Pages by key."""
        return {page.key: page for page in self.pages}
