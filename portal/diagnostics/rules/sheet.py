"""The whole questionnaire for one sector and size, numbered as it is printed and keyed in.

The call sheet and the keying page are drawn from the same numbers and letters, so that what was
ticked on paper is found again on the screen. Branches are put in words of those numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from string import ascii_lowercase

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
from portal.diagnostics.rules.conditions import Facts, truth
from portal.diagnostics.rules.schema import (
    Option,
    Profile,
    Question,
    Questionnaire,
    QuestionType,
)
from portal.diagnostics.rules.values import format_number
from portal.diagnostics.rules.words import Words, wording_for

NOT_APPLICABLE_LETTER = "x"
# The x stands for "not applicable" alone.
LETTERS = ascii_lowercase.replace(NOT_APPLICABLE_LETTER, "")


@dataclass(frozen=True, slots=True)
class Choice:
    """An option with the letter by which it is found on paper and on the keyboard."""

    letter: str
    key: str
    text: str
    exclusive: bool


@dataclass(frozen=True, slots=True)
class SheetQuestion:
    """A question as it is printed; ``only_if`` is empty for one that everybody is asked.

    ``part_of`` is the number of the question that this one's number counts among.
    """

    number: int
    question: Question
    words: Words
    choices: tuple[Choice, ...]
    only_if: str
    part_of: int | None

    @property
    def key(self) -> str:
        """The question's key."""
        return self.question.key


@dataclass(frozen=True, slots=True)
class SheetSection:
    """The questions of one area, in the order of asking."""

    title: str
    about: str
    questions: tuple[SheetQuestion, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Every question that an employer of this sector and size can be asked."""

    questionnaire: Questionnaire
    profile: Profile
    sections: tuple[SheetSection, ...]

    @property
    def questions(self) -> tuple[SheetQuestion, ...]:
        """All questions in order."""
        return tuple(item for section in self.sections for item in section.questions)


def make_sheet(questionnaire: Questionnaire, profile: Profile) -> Sheet:
    """Number the questions in page order; those never asked of this profile are left out."""
    nothing = Facts(profile, {}, {})
    asked = [
        question
        for question in questionnaire.in_order
        if question.ask_when is None or truth(question.ask_when, nothing) is not False
    ]
    numbers = {question.key: number for number, question in enumerate(asked, 1)}
    teller = _Teller(questionnaire, profile, numbers)
    sections: list[SheetSection] = []
    for key, questions in _by_dimension(questionnaire, asked):
        dimension = questionnaire.dimension_by_key[key]
        made = tuple(_question(item, teller) for item in questions)
        sections.append(SheetSection(dimension.title, dimension.about, made))
    return Sheet(questionnaire, profile, tuple(sections))


def _by_dimension(
    questionnaire: Questionnaire, asked: Iterable[Question]
) -> list[tuple[str, list[Question]]]:
    """Questions that follow each other in one area; the order of pages is never changed."""
    groups: list[tuple[str, list[Question]]] = []
    for question in asked:
        key = questionnaire.page_of[question.key].dimension
        if not groups or groups[-1][0] != key:
            groups.append((key, []))
        groups[-1][1].append(question)
    return groups


def _question(question: Question, teller: _Teller) -> SheetQuestion:
    return SheetQuestion(
        number=teller.numbers[question.key],
        question=question,
        words=wording_for(question, teller.profile),
        choices=choices_of(question),
        only_if="" if question.ask_when is None else teller.condition(question.ask_when),
        part_of=teller.numbers.get(question.not_more_than or ""),
    )


def choices_of(question: Question) -> tuple[Choice, ...]:
    """A question's options, or a grid's columns, with their letters."""
    return tuple(
        Choice(letter, option.key, option.text, option.exclusive)
        for letter, option in zip(LETTERS, question.options, strict=False)
    )


@dataclass(frozen=True, slots=True)
class _Teller:
    """Puts conditions in words of numbers and letters."""

    questionnaire: Questionnaire
    profile: Profile
    numbers: Mapping[str, int]

    def condition(self, condition: Condition) -> str:
        """When a question is asked, to follow "only if"; empty when it always is."""
        kept = _open_part(condition, Facts(self.profile, {}, {}))
        return "" if kept is None else self._words(kept)

    def _words(self, condition: Condition) -> str:
        match condition:
            case AllOf(conditions=parts):
                return " and ".join(self._inner(part) for part in parts)
            case AnyOf(conditions=parts):
                return " or ".join(self._inner(part) for part in parts)
            case Not(condition=part):
                return f"it is not so that {self._inner(part)}"
            case SectorIn() | SizeIn():  # decided before, by the profile
                return "always"
            case _:
                return self._leaf(condition)

    def _inner(self, condition: Condition) -> str:
        words = self._words(condition)
        return f"({words})" if isinstance(condition, AllOf | AnyOf) else words

    def _leaf(self, leaf: QuestionLeaf) -> str:
        question = self.questionnaire.by_key[leaf.question]
        number = self.numbers.get(leaf.question)
        name = "a question that is not asked" if number is None else f"question {number}"
        match leaf:
            case AnswerIs(option=option):
                return f"{name} is {_lettered(question, [option])}"
            case AnswerAnyOf(options=options):
                return f"{name} is {_lettered(question, options)}"
            case Includes(option=option):
                return f"{name} has {_lettered(question, [option])} ticked"
            case NumberAtLeast(number=least):
                return f"{name} is {_amount(question, least)} or more"
            case NumberBelow(number=below):
                return f"{name} is less than {_amount(question, below)}"
            case LevelAtMost() | LevelAtLeast():
                return _level_words(name, question, leaf)


def _open_part(condition: Condition, facts: Facts) -> Condition | None:
    """What is left of a condition once sector and size are known; None when nothing is."""
    match condition:
        case AllOf(conditions=parts) | AnyOf(conditions=parts):
            if truth(condition, facts) is True:
                return None
            left = [
                kept
                for part in parts
                if truth(part, facts) is None and (kept := _open_part(part, facts)) is not None
            ]
            return left[0] if len(left) == 1 else type(condition)(tuple(left))
        case _:
            return None if truth(condition, facts) is True else condition


def _amount(question: Question, number: Decimal) -> str:
    sign = "£" if question.type is QuestionType.MONEY else ""
    return f"{sign}{format_number(number)}"


def _lettered(question: Question, keys: Iterable[str]) -> str:
    """Options by their letters; one alone with its words as well."""
    wanted = set(keys)
    found = [choice for choice in choices_of(question) if choice.key in wanted]
    if len(found) == 1:
        return f"{found[0].letter} (“{found[0].text}”)"
    return _either([choice.letter for choice in found])


def _either(words: list[str]) -> str:
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _level_words(name: str, question: Question, leaf: LevelAtMost | LevelAtLeast) -> str:
    if leaf.row is not None:
        row = question.row(leaf.row)
        where = f"{name}, row “{row.text if row else leaf.row}”,"
        return f"{where} is {_lettered(question, _options_at(question.options, leaf))}"
    if question.type in {QuestionType.SINGLE, QuestionType.SCALE}:
        return f"{name} is {_lettered(question, _options_at(question.options, leaf))}"
    if question.type is QuestionType.MULTIPLE:
        return f"{name} has {_ticks(question, leaf)}"
    if question.bands:
        return f"{name} is {_either(list(_ranges(question, leaf)))}"
    way = "or lower" if isinstance(leaf, LevelAtMost) else "or higher"
    return f"the answers to {name} come to level {leaf.level} {way}, which the portal works out"


def _fits(level: int | None, leaf: LevelAtMost | LevelAtLeast) -> bool:
    if level is None:
        return False
    return level <= leaf.level if isinstance(leaf, LevelAtMost) else level >= leaf.level


def _options_at(options: Iterable[Option], leaf: LevelAtMost | LevelAtLeast) -> list[str]:
    return [option.key for option in options if _fits(option.level, leaf)]


def _ticks(question: Question, leaf: LevelAtMost | LevelAtLeast) -> str:
    """How many ticks, leaving out "none of these", reach a level or stay below it."""
    most = sum(not option.exclusive for option in question.options)
    fitting = [
        count
        for count in range(most + 1)
        if _fits(
            next(
                (e.level for e in reversed(question.count_levels) if count >= e.at_least),
                None,
            ),
            leaf,
        )
    ]
    if not fitting:
        return "no number of ticks"
    if fitting == list(range(fitting[0], most + 1)):
        return f"{fitting[0]} or more ticked"
    if fitting == list(range(fitting[-1] + 1)):
        return "nothing ticked" if fitting == [0] else f"{fitting[-1]} or fewer ticked"
    return f"{_either([str(count) for count in fitting])} ticked"


def _ranges(question: Question, leaf: LevelAtMost | LevelAtLeast) -> Iterator[str]:
    """The numbers of a level or beyond, band by band."""
    start: Decimal | None = None
    for band in question.bands:
        if _fits(band.level, leaf):
            if band.below is None:
                yield "any number" if start is None else f"{_amount(question, start)} or more"
            elif start is None:
                yield f"less than {_amount(question, band.below)}"
            else:
                low, high = _amount(question, start), _amount(question, band.below)
                yield f"from {low} to less than {high}"
        start = band.below
