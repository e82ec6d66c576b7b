"""The survey of workers as data: what is asked, and the words of each language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

DATA: Final = Path(__file__).resolve().parent.parent / "data"
CURRENT: Final = 1
# The words that every language has; those that are empty in the original may be empty there only.
WORDS: Final = frozenset(
    [
        *("title", "for_whom", "about", "promises", "open_until", "choose", "tick", "send"),
        *("nothing", "thanks", "thanks_more", "advice", "again", "again_more", "again_go"),
        *("full", "over", "other_language", "unchecked", "poster"),
    ]
)
UNSURE: Final = "unsure"
YES: Final = "yes"
NO: Final = "no"
HOURS: Final = "hours"
PART_TIME: Final = "part_time"
PRACTICE: Final = "practice"
ABOUT: Final = "about"
ORIGINAL: Final = "original"
_PLACES: Final[Mapping[str, str]] = {
    "for_whom": "{employer}",
    "about": "{minutes}",
    "open_until": "{day}",
    "poster": "{minutes}",
}


class SurveyError(ValueError):
    """A survey or a translation that cannot be used; the message names the file and the fault."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the survey: one of the basket's measures, the practice, or the person's hours."""

    key: str
    title: str
    core: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that is asked. ``choices`` are offered under it, "unsure" last."""

    key: str
    part: str
    choices: tuple[str, ...]
    says: str

    @property
    def counted(self) -> tuple[str, ...]:
        """The answers that are counted: all but "unsure"."""
        return tuple(choice for choice in self.choices if choice != UNSURE)


@dataclass(frozen=True, slots=True)
class Survey:
    """A version of the survey."""

    version: int
    minutes: int
    parts: tuple[Part, ...]
    statements: tuple[Statement, ...]
    languages: tuple[str, ...]

    @property
    def basket(self) -> tuple[Statement, ...]:
        """The statements about work and progress."""
        return tuple(one for one in self.statements if one.part not in {PRACTICE, ABOUT})

    @property
    def practice(self) -> tuple[Statement, ...]:
        """The statements that owners, managers and staff all answer."""
        return tuple(one for one in self.statements if one.part == PRACTICE)

    def part_title(self, key: str) -> str:
        """What reports call a part."""
        return {part.key: part.title for part in self.parts}[key]

    def counted(self, answers: Mapping[str, str]) -> dict[str, str]:
        """Those of the answers that count: to statements there are, with answers they offer."""
        known = {one.key: one.counted for one in self.statements}
        return {key: value for key, value in answers.items() if value in known.get(key, ())}


@dataclass(frozen=True, slots=True)
class Language:
    """The survey in one language. ``checked_by`` is empty until a native speaker has read it."""

    key: str
    name: str
    english_name: str
    direction: str
    checked_by: str
    words: Mapping[str, Any]
    parts: Mapping[str, str]
    choices: Mapping[str, str]
    questions: Mapping[str, str]

    @property
    def is_checked(self) -> bool:
        """Whether it is the original, or a native speaker has read it."""
        return bool(self.checked_by)


@cache
def survey(version: int = CURRENT) -> Survey:
    """A version of the survey, checked.

    Raises:
        SurveyError: when there is none, or it cannot be used.
    """
    data = _read(f"pulse-{version}.yaml")
    scales = {key: tuple(choices) for key, choices in data["scales"].items()}
    parts = tuple(Part(row["key"], row["title"], bool(row["core"])) for row in data["parts"])
    known = {part.key for part in parts}
    statements = tuple(
        Statement(row["key"], row["part"], scales[row["scale"]], row["says"])
        for row in data["questions"]
    )
    if data["version"] != version:
        raise SurveyError(f"pulse-{version}.yaml calls itself version {data['version']}")
    if len({one.key for one in statements}) != len(statements):
        raise SurveyError(f"pulse-{version}.yaml has a question twice")
    if strange := {one.part for one in statements} - known:
        raise SurveyError(f"pulse-{version}.yaml has questions of parts it lacks: {strange}")
    return Survey(version, data["minutes"], parts, statements, tuple(data["languages"]))


@cache
def language(key: str, version: int = CURRENT) -> Language:
    """A version of the survey in one language, checked to say all that is asked.

    Raises:
        SurveyError: when there is no such language, or words are missing or not known.
    """
    asked = survey(version)
    if key not in asked.languages:
        raise SurveyError(f"There is no survey {version} in {key!r}")
    name = f"pulse-{version}.{key}.yaml"
    data = _read(name)
    wanted = {
        "words": WORDS,
        "parts": {part.key for part in asked.parts},
        "choices": {choice for one in asked.statements for choice in one.choices},
        "questions": {one.key for one in asked.statements},
    }
    for room, keys in wanted.items():
        if found := set(data[room]) ^ set(keys):
            raise SurveyError(f"{name}: {room} that are missing or not known: {sorted(found)}")
    for word, place in _PLACES.items():
        if place not in data["words"][word]:
            raise SurveyError(f"{name}: {word} must hold {place}")
    if data["direction"] not in {"ltr", "rtl"} or data["language"] != key:
        raise SurveyError(f"{name}: its language or direction is wrong")
    return Language(
        key,
        data["name"],
        data["english_name"],
        data["direction"],
        data["checked_by"],
        *(data[room] for room in wanted),
    )


def languages(version: int = CURRENT) -> tuple[Language, ...]:
    """A version of the survey in every language, in the order in which they are offered."""
    return tuple(language(key, version) for key in survey(version).languages)


def _read(name: str) -> dict[str, Any]:
    path = DATA / name
    if not path.is_file():
        raise SurveyError(f"There is no {name}")
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded
