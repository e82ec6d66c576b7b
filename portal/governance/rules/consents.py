"""What people and employers can agree to, in the words they are shown, from data/consents.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

DATA: Final = Path(__file__).resolve().parent.parent / "data"
WHOSE: Final = ("user", "employer")
HOW: Final[Mapping[str, str]] = {
    "page": "On the portal",
    "letter": "On paper",
    "phone": "By telephone",
    "mail": "By email",
}


class ConsentsError(ValueError):
    """The file of consents says something that cannot be."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a consent from a day on."""

    version: int
    since: date
    text: str


@dataclass(frozen=True, slots=True)
class Purpose:
    """Something that can be agreed to. ``used_for`` says to staff what it allows."""

    key: str
    whose: str
    title: str
    used_for: str
    words: tuple[Words, ...]

    def words_on(self, day: date) -> Words | None:
        """The words shown on a day; None before the first."""
        known = [words for words in self.words if words.since <= day]
        return known[-1] if known else None

    def text_of(self, version: int) -> str:
        """The words of a version, to show what was agreed to."""
        return next((one.text for one in self.words if one.version == version), "")


def parse(document: Mapping[str, Any]) -> tuple[Purpose, ...]:
    """The purposes of a document.

    Raises:
        ConsentsError: for a key twice, words without a version in order, or an unknown party.
    """
    found: dict[str, Purpose] = {}
    for raw in document["purposes"]:
        purpose = Purpose(
            raw["key"],
            raw["whose"],
            raw["title"],
            raw["used_for"],
            tuple(Words(one["version"], one["from"], one["text"]) for one in raw["words"]),
        )
        if purpose.key in found:
            raise ConsentsError(f"{purpose.key} is there twice")
        if purpose.whose not in WHOSE:
            raise ConsentsError(f"{purpose.key}: whose must be one of {WHOSE}")
        versions = [one.version for one in purpose.words]
        if versions != list(range(1, len(versions) + 1)) or not versions:
            raise ConsentsError(f"{purpose.key}: versions must count from 1")
        if sorted(one.since for one in purpose.words) != [one.since for one in purpose.words]:
            raise ConsentsError(f"{purpose.key}: later words must begin later")
        found[purpose.key] = purpose
    return tuple(found.values())


@cache
def load_consents() -> tuple[Purpose, ...]:
    """What can be agreed to in this portal."""
    return parse(yaml.safe_load((DATA / "consents.yaml").read_text(encoding="utf-8")))


def purpose_of(key: str, whose: str) -> Purpose | None:
    """The purpose with this key for a person or an employer; None when there is none."""
    return next((one for one in load_consents() if (one.key, one.whose) == (key, whose)), None)
