"""The practices that resources help with, read from data and checked when they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import yaml

from portal.toolkit.rules.words import DIMENSIONS

_FILE: Final = Path(__file__).parent.parent / "data" / "practices.yaml"


@dataclass(frozen=True, slots=True)
class Practice:
    """Something employers do for part-time staff, and the questions that show whether they do."""

    key: str
    title: str
    dimension: str
    questions: tuple[str, ...]


@cache
def practices() -> Mapping[str, Practice]:
    """Every practice by its key, in the order of the dimensions."""
    rows = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    found = {
        row["key"]: Practice(row["key"], row["title"], row["dimension"], tuple(row["questions"]))
        for row in rows
    }
    unknown = {one.dimension for one in found.values()} - set(DIMENSIONS)
    if unknown or len(found) != len(rows):
        raise ValueError(f"practices.yaml names a dimension or a key twice or wrongly: {unknown}")
    return found


@cache
def practices_of_question(question: str) -> frozenset[str]:
    """The keys of the practices that a question of the diagnostic is about."""
    return frozenset(one.key for one in practices().values() if question in one.questions)
