"""The published criteria of awards: data in a file by version, checked whole when it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.schema import Questionnaire
from portal.network.rules.words import TIERS

DATA: Final = Path(__file__).resolve().parents[1] / "data"
LEVELS: Final = range(5)
_NAME: Final = "award-criteria-{}.yaml"


class CriteriaError(ValueError):
    """The file of criteria is wrong; the message says where."""


@dataclass(frozen=True, slots=True)
class Tier:
    """A tier and what it takes: a total, and a least score on every criterion."""

    key: str
    title: str
    means: str
    least_total: int
    least_each: int


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion; ``levels`` says what each of 0 to 4 means."""

    key: str
    title: str
    about: str
    dimension: str
    questions: tuple[str, ...]
    levels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Criteria:
    """A version of the criteria. Tiers go from the lowest to the highest."""

    version: int
    title: str
    published: date
    gap_total: int
    gap_criterion: int
    tiers: tuple[Tier, ...]
    criteria: tuple[Criterion, ...]

    @property
    def most(self) -> int:
        """The highest total there is."""
        return len(self.criteria) * LEVELS[-1]

    @property
    def keys(self) -> tuple[str, ...]:
        """The criteria's keys, in order."""
        return tuple(one.key for one in self.criteria)

    def criterion(self, key: str) -> Criterion | None:
        """One criterion by its key."""
        return next((one for one in self.criteria if one.key == key), None)

    def tier(self, key: str) -> Tier:
        """A tier by its key.

        Raises:
            KeyError: for one that is not known.
        """
        found = next((one for one in self.tiers if one.key == key), None)
        if found is None:
            raise KeyError(key)
        return found


def versions() -> list[int]:
    """Every version there is a file of, the latest last."""
    numbers = (path.stem.rpartition("-")[2] for path in DATA.glob(_NAME.format("*")))
    return sorted(int(number) for number in numbers if number.isdecimal())


@cache
def load_criteria(version: int) -> Criteria:
    """A version of the criteria.

    Raises:
        CriteriaError: for a version without a file, or a file that is wrong.
    """
    path = DATA / _NAME.format(int(version))
    if not path.is_file():
        raise CriteriaError(f"There are no criteria of version {version}")
    return read_criteria(path.read_text(encoding="utf-8"), version=version)


def read_criteria(text: str, *, version: int) -> Criteria:
    """Criteria from the text of a file.

    Raises:
        CriteriaError: when anything in it is missing, unknown or does not add up.
    """
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CriteriaError(f"It is not YAML: {error}") from error
    if not isinstance(data, dict):
        raise CriteriaError("It is not a document of keys and values")
    if data.get("version") != version:
        raise CriteriaError(f"It says version {data.get('version')}, not {version}")
    asked = _questionnaire(data)
    gap = _mapping(data, "moderate")
    made = Criteria(
        version=version,
        title=_text(data, "title"),
        published=_day(data),
        gap_total=_whole(gap, "total", 1, 40),
        gap_criterion=_whole(gap, "criterion", 1, LEVELS[-1]),
        tiers=tuple(_tier(row) for row in _rows(data, "tiers")),
        criteria=tuple(_criterion(row, asked) for row in _rows(data, "criteria")),
    )
    _check(made)
    return made


def _check(made: Criteria) -> None:
    keys = [one.key for one in made.criteria]
    if len(set(keys)) != len(keys):
        raise CriteriaError("Two criteria have one key")
    if tuple(one.key for one in made.tiers) != tuple(TIERS):
        raise CriteriaError(f"The tiers must be {', '.join(TIERS)}, in this order")
    for lower, higher in zip(made.tiers, made.tiers[1:], strict=False):
        if higher.least_total <= lower.least_total or higher.least_each < lower.least_each:
            raise CriteriaError(f"{higher.title} must take more than {lower.title}")
    for tier in made.tiers:
        if tier.least_total > made.most:
            raise CriteriaError(f"{tier.title} takes more than there is: {made.most}")
        if tier.least_total < tier.least_each * len(keys):
            raise CriteriaError(f"The least total of {tier.title} says less than its least scores")


def _questionnaire(data: Mapping[str, Any]) -> Questionnaire:
    named = _mapping(data, "questionnaire")
    found = load_catalogue().get(_text(named, "key"), _whole(named, "version", 1, 1000))
    if found is None:
        raise CriteriaError("The questionnaire it names does not exist")
    return found


def _criterion(row: Mapping[str, Any], asked: Questionnaire) -> Criterion:
    key = _text(row, "key")
    dimension = _text(row, "dimension")
    if dimension not in {one.key for one in asked.dimensions}:
        raise CriteriaError(f"{key}: {dimension} is no dimension of the diagnostic")
    known = {one.key: one.dimension for one in asked.questions}
    questions = row.get("questions")
    if not isinstance(questions, list) or not questions:
        raise CriteriaError(f"{key}: name the questions it maps to")
    for question in questions:
        if known.get(question) != dimension:
            raise CriteriaError(f"{key}: {question} is no question about {dimension}")
    levels = row.get("levels")
    if not isinstance(levels, dict) or sorted(levels) != list(LEVELS):
        raise CriteriaError(f"{key}: say what each level from 0 to 4 means")
    words = tuple(str(levels[level]).strip() for level in LEVELS)
    if not all(words):
        raise CriteriaError(f"{key}: a level has no words")
    return Criterion(
        key, _text(row, "title"), _text(row, "about"), dimension, tuple(questions), words
    )


def _tier(row: Mapping[str, Any]) -> Tier:
    return Tier(
        _text(row, "key"),
        _text(row, "title"),
        _text(row, "means"),
        _whole(row, "least_total", 1, 1000),
        _whole(row, "least_each", 0, LEVELS[-1]),
    )


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip():
        raise CriteriaError(f"{name} is missing in {row.get('key', 'the file')}")
    return value.strip()


def _whole(row: Mapping[str, Any], name: str, least: int, most: int) -> int:
    value = row.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise CriteriaError(f"{name} must be a whole number from {least} to {most}")
    return value


def _day(data: Mapping[str, Any]) -> date:
    value = data.get("published")
    if not isinstance(value, date):
        raise CriteriaError("published must be a day")
    return value


def _mapping(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = row.get(name)
    if not isinstance(value, dict):
        raise CriteriaError(f"{name} is missing")
    return value


def _rows(data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = data.get(name)
    if not isinstance(value, list) or not value or not all(isinstance(v, dict) for v in value):
        raise CriteriaError(f"{name} is missing")
    return value
