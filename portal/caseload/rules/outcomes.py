"""The outcome questions as data, what a quality part-time role is, and two records side by side.

The questions stand in ``data/outcomes.yaml`` with their source. Nothing here speaks of impact:
without employers to compare with, a difference says what changed and not why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from portal.kernel.money import Money

DATA = Path(__file__).resolve().parents[1] / "data" / "outcomes.yaml"
MOST = 1_000_000
MOST_ROLES = 30
TITLE_LENGTH = 120
PART_TIME = "part_time"
FLEXIBLE = "flexible"
ADVERTISED: Final[Mapping[str, str]] = {
    PART_TIME: "As part-time",
    FLEXIBLE: "With flexibility",
    "neither": "Neither",
}
FILLED: Final[Mapping[str, str]] = {
    "yes": "Yes, by somebody part-time",
    "no": "No, by somebody full-time",
    "open": "Not filled yet",
}
Value = int | str


class OutcomesError(ValueError):
    """The questions cannot be used; the message names what is wrong."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. ``options`` is empty for a count, whose ``unit`` is one and several.

    ``at_most`` names the count that this one cannot exceed, ``needs`` one that must be given and
    not 0 where this one is above 0, ``lists_roles`` the answer that asks for a list of posts.
    """

    key: str
    text: str
    help: str
    unit: tuple[str, str] = ("", "")
    options: Mapping[str, str] | None = None
    at_most: str | None = None
    needs: str | None = None
    lists_roles: str | None = None

    def words(self, value: Value | None) -> str:
        """An answer as people read it."""
        if value is None:
            return "Not known"
        if self.options is not None:
            return self.options.get(str(value), str(value))
        one, several = self.unit
        return f"{value:,} {one if value == 1 else several}"


@dataclass(frozen=True, slots=True)
class Kind:
    """One of the five kinds of outcome: why it is asked, and its questions."""

    key: str
    title: str
    why: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class OutcomeQuestions:
    """Every question, and what makes a part-time role a quality one."""

    version: int
    kinds: tuple[Kind, ...]
    quality_above: Money
    source: Mapping[str, Any]
    quality_source: str

    @property
    def questions(self) -> tuple[Question, ...]:
        """The questions of all kinds, in order."""
        return tuple(question for kind in self.kinds for question in kind.questions)

    @property
    def role_question(self) -> Question:
        """The question that asks for a list of posts."""
        return next(question for question in self.questions if question.lists_roles is not None)


@dataclass(frozen=True, slots=True)
class Role:
    """A higher-level post: pay in pence a year, full-time equivalent; None where not known."""

    title: str
    pay_pence: int | None
    advertised: str
    filled: str

    def as_data(self) -> dict[str, Any]:
        """The post as it is kept."""
        return {
            "title": self.title,
            "pay_pence": self.pay_pence,
            "advertised": self.advertised,
            "filled": self.filled,
        }


def is_quality_role(role: Role, above: Money) -> bool:
    """Whether a post pays over the threshold and is advertised part-time or with flexibility."""
    pays = role.pay_pence is not None and Money(role.pay_pence) > above
    return pays and role.advertised in {PART_TIME, FLEXIBLE}


def check(
    asked: OutcomeQuestions, answers: Mapping[str, Value], roles: Sequence[Role]
) -> dict[str, str]:
    """What is wrong with a record: the question's key → a message. Unanswered is allowed."""
    wrong: dict[str, str] = {}
    known = {question.key: question for question in asked.questions}
    for key, value in answers.items():
        question = known.get(key)
        if question is None:
            wrong[key] = "This question is not asked"
        elif not _fits(question, value):
            wrong[key] = "Choose one of the answers" if question.options else "Enter a whole number"
        elif question.at_most and isinstance(value, int):
            most = answers.get(question.at_most)
            if isinstance(most, int) and value > most:
                of = known[question.at_most]
                wrong[key] = f"This cannot be more than {of.words(most)}, as above"
        elif question.needs and value and not answers.get(question.needs):
            of = known[question.needs]
            wrong[key] = f"Say how many {of.unit[1]} as well"
    listing = asked.role_question
    says = answers.get(listing.key)
    if says == listing.lists_roles and not roles:
        wrong[listing.key] = "List the posts below, or choose another answer"
    elif roles and says != listing.lists_roles:
        wrong[listing.key] = "Posts are listed below: choose the answer that fits them"
    if not answers and not roles:
        wrong[""] = "Answer at least one question"
    return wrong


def _fits(question: Question, value: object) -> bool:
    if question.options is not None:
        return value in question.options
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST


@dataclass(frozen=True, slots=True)
class Standing:
    """What was recorded on a day. ``quality_roles`` is None when nobody asked about posts."""

    label: str
    true_on: date
    answers: Mapping[str, Value]
    quality_roles: int | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A question's answer in one record, in words; ``change`` is what differs from the start."""

    label: str
    true_on: date
    words: str
    known: bool
    change: str


@dataclass(frozen=True, slots=True)
class Line:
    """One question across the records."""

    text: str
    cells: tuple[Cell, ...]

    @property
    def known(self) -> bool:
        """Whether any record has an answer."""
        return any(cell.known for cell in self.cells)


def side_by_side(
    asked: OutcomeQuestions, standings: Sequence[Standing]
) -> list[tuple[Kind, list[Line]]]:
    """Each kind's questions with every record's answer, the start first.

    The start is the first of ``standings`` when there is one of it. A difference needs both
    answers; where one is missing that is what is said.
    """
    found = []
    for kind in asked.kinds:
        lines = [
            _line(question, [(s, s.answers.get(question.key)) for s in standings])
            for question in kind.questions
        ]
        if any(question.lists_roles is not None for question in kind.questions):
            quality = Question("quality_roles", QUALITY_TEXT, "", ("role", "roles"))
            lines.append(_line(quality, [(s, s.quality_roles) for s in standings]))
        found.append((kind, lines))
    return found


BASELINE = "At the start"
QUALITY_TEXT = "Quality part-time roles among the posts advertised"


def _line(question: Question, values: Sequence[tuple[Standing, Value | None]]) -> Line:
    start = next((value for standing, value in values if standing.label == BASELINE), None)
    cells = [
        Cell(
            standing.label,
            standing.true_on,
            question.words(value),
            value is not None,
            "" if standing.label == BASELINE else difference(question, start, value),
        )
        for standing, value in values
    ]
    return Line(question.text, tuple(cells))


def difference(question: Question, start: Value | None, now: Value | None) -> str:
    """What differs from the start, in words; what is missing where there is no telling."""
    if now is None:
        return ""
    if start is None:
        return "nothing from the start to compare with"
    if start == now:
        return "the same as at the start"
    if question.options is None and isinstance(start, int) and isinstance(now, int):
        return f"{abs(now - start):,} {'more' if now > start else 'fewer'} than at the start"
    return f"at the start “{question.words(start)}”"


# --- Reading the questions -------------------------------------------------------------------


@cache
def load_outcomes() -> OutcomeQuestions:
    """The questions that are asked now, checked; read once a process."""
    return parse_outcomes(yaml.safe_load(DATA.read_text(encoding="utf-8")))


def parse_outcomes(values: Any) -> OutcomeQuestions:
    """Read and check the questions.

    Raises:
        OutcomesError: naming the first thing that cannot hold.
    """
    top = _mapping(values, "the file")
    quality = _mapping(top.get("quality_role"), "quality_role")
    kinds = tuple(_kind(raw) for raw in _list(top.get("kinds"), "kinds"))
    found = OutcomeQuestions(
        version=_whole(top.get("version"), "version"),
        kinds=kinds,
        quality_above=Money(_whole(quality.get("above_pounds"), "quality_role.above_pounds") * 100),
        source=_mapping(top.get("source"), "source"),
        quality_source=_text(quality.get("source"), "quality_role.source"),
    )
    _check_links(found)
    return found


def _check_links(found: OutcomeQuestions) -> None:
    keys = [question.key for question in found.questions]
    twice = {key for key in keys if keys.count(key) > 1}
    if twice:
        raise OutcomesError(f"Questions asked twice: {', '.join(sorted(twice))}")
    counts = {question.key for question in found.questions if question.options is None}
    for question in found.questions:
        for link in filter(None, (question.at_most, question.needs)):
            if link not in counts or link == question.key or question.key not in counts:
                raise OutcomesError(f"{question.key} leans on {link}, which is no other count")
        if question.lists_roles is not None and question.lists_roles not in (
            question.options or {}
        ):
            raise OutcomesError(f"{question.key}.lists_roles is none of its options")
    if sum(question.lists_roles is not None for question in found.questions) != 1:
        raise OutcomesError("Exactly one question must list posts (lists_roles)")


def _kind(raw: Any) -> Kind:
    values = _mapping(raw, "a kind")
    key = _text(values.get("key"), "a kind's key")
    return Kind(
        key=key,
        title=_text(values.get("title"), f"{key}.title"),
        why=_text(values.get("why"), f"{key}.why"),
        questions=tuple(_question(one) for one in _list(values.get("questions"), key)),
    )


_PARTS = {"key", "type", "text", "help", "unit", "options", "at_most", "needs", "lists_roles"}


def _question(raw: Any) -> Question:
    values = _mapping(raw, "a question")
    key = _text(values.get("key"), "a question's key")
    unknown = values.keys() - _PARTS
    if unknown:
        raise OutcomesError(f"{key} has parts that mean nothing: {', '.join(sorted(unknown))}")
    kind, unit, options = values.get("type"), values.get("unit"), values.get("options")
    if kind == "count":
        if not isinstance(unit, list) or [type(word) for word in unit] != [str, str] or options:
            raise OutcomesError(f"{key} must have a unit for one and for several, and no options")
    elif kind == "choice":
        if not isinstance(options, Mapping) or len(options) < 2 or unit:  # noqa: PLR2004
            raise OutcomesError(f"{key} must have at least two options, and no unit")
        if not all(isinstance(part, str) for pair in options.items() for part in pair):
            raise OutcomesError(f"{key} must have options whose keys and words are text")
    else:
        raise OutcomesError(f"{key} must be a count or a choice")
    return Question(
        key=key,
        text=_text(values.get("text"), f"{key}.text"),
        help=_text(values.get("help"), f"{key}.help"),
        unit=(unit[0], unit[1]) if unit else ("", ""),
        options=dict(options) if options else None,
        at_most=values.get("at_most"),
        needs=values.get("needs"),
        lists_roles=values.get("lists_roles"),
    )


def _mapping(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise OutcomesError(f"{name} must be a group of named values")
    return value


def _list(value: Any, name: str) -> Sequence[Any]:
    if not isinstance(value, list) or not value:
        raise OutcomesError(f"{name} must be a list that is not empty")
    return value


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise OutcomesError(f"{name} must be a text")
    return value


def _whole(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST:
        raise OutcomesError(f"{name} must be a whole number above 0")
    return value


def quality_count(asked: OutcomeQuestions, roles: Iterable[Role]) -> int:
    """How many of the posts are quality part-time roles."""
    return sum(is_quality_role(role, asked.quality_above) for role in roles)
