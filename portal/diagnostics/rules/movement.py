"""Which diagnostics of an employer are its first and its latest, and how far it moved between them.

A correction is no new diagnostic: it puts right the answers of the one it corrects, and counts in
its place, on the day of that one. What comes after it is a movement, never an effect: nothing here
says why a score changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from typing import Any

from portal.diagnostics.rules.compare import Comparison, DimensionChange, compare
from portal.diagnostics.rules.schema import HIGHEST_LEVEL, Profile, Question, Questionnaire
from portal.diagnostics.rules.scoring import ScoreLine, ScoreSheet, Standing

OVERALL = "overall"


class State(StrEnum):
    """What can be said of an employer's movement."""

    ONCE = "once"
    COMPARED = "compared"
    APART = "apart"


@dataclass(frozen=True, slots=True)
class Taken:
    """A completed response: what it is, what it follows, and when it was completed (UTC)."""

    id: int
    kind: str
    earlier_id: int | None
    completed_at: datetime


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time the diagnostic was taken: the response whose answers hold, and when it was taken."""

    response_id: int
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Moved:
    """One dimension then and now, in tenths of a point, over so many comparable questions."""

    dimension: str
    before: int
    after: int
    questions: int


def occasions(taken: Sequence[Taken]) -> tuple[Occasion, ...]:
    """The times an employer took the diagnostic, in order, each with its last correction."""
    by_id = {item.id: item for item in taken}
    corrected: dict[int, Taken] = {}
    for item in sorted(taken, key=_when):
        corrected[_root(item, by_id).id] = item
    roots = sorted((by_id[key] for key in corrected), key=_when)
    return tuple(Occasion(corrected[root.id].id, root.completed_at) for root in roots)


def compare_frozen(
    *,
    earlier_questionnaire: Questionnaire,
    earlier: Mapping[str, Any],
    later_questionnaire: Questionnaire,
    later: Mapping[str, Any],
) -> Comparison:
    """Compare two results as they were frozen: their levels are read, nothing is scored again."""
    return compare(
        earlier_questionnaire=earlier_questionnaire,
        earlier=_frozen_sheet(earlier_questionnaire, earlier),
        later_questionnaire=later_questionnaire,
        later=_frozen_sheet(later_questionnaire, later),
    )


def movement_of(comparison: Comparison) -> tuple[Moved, ...]:
    """The overall score and the dimensions that can be compared; nothing when none can."""
    found = (_moved(item) for item in (comparison.overall, *comparison.dimensions))
    return tuple(item for item in found if item is not None)


def tenths(points: Fraction) -> int:
    """Points from 0 to 100 as tenths of a point, halves up."""
    scaled = points * 10
    return (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)


def _frozen_sheet(questionnaire: Questionnaire, result: Mapping[str, Any]) -> ScoreSheet:
    """The lines of a frozen result, as far as comparing looks at them."""
    return ScoreSheet(
        questionnaire=questionnaire.key,
        version=questionnaire.version,
        content_hash=result["questionnaire"]["hash"],
        profile=Profile(result["profile"]["sector"], result["profile"]["size"]),
        lines=tuple(
            _frozen_line(questionnaire.by_key[line["question"]], line)
            for dimension in result["dimensions"]
            for line in dimension["lines"]
        ),
        dimensions=(),
        overall=None,
        overall_formula="",
        legal=(),
    )


@lru_cache(maxsize=1024)
def _level_and_score(said: str | int | None) -> tuple[Fraction | None, Fraction | None]:
    """A level as it was frozen, and the score that it gives: there are few of them."""
    if said is None:
        return None, None
    level = Fraction(said)
    return level, level * 100 / HIGHEST_LEVEL


def _frozen_line(question: Question, line: Mapping[str, Any]) -> ScoreLine:
    level, score = _level_and_score(line["level"])
    standing = Standing.UNSCORED
    if line["counted"]:
        standing = Standing.COUNTED
    elif question.legal and level is not None:
        standing = Standing.LEGAL
    return ScoreLine(
        question=question.key,
        dimension=question.dimension,
        level=level,
        score=score,
        weight=question.weight,
        standing=standing,
    )


def _moved(item: DimensionChange) -> Moved | None:
    if item.before is None or item.after is None:
        return None
    return Moved(item.dimension, tenths(item.before), tenths(item.after), item.questions)


def _root(item: Taken, by_id: dict[int, Taken]) -> Taken:
    """What a correction corrects in the end; itself for any other, or when that is not known."""
    seen = {item.id}
    while item.kind == "correction" and item.earlier_id in by_id and item.earlier_id not in seen:
        item = by_id[item.earlier_id]
        seen.add(item.id)
    return item


def _when(item: Taken) -> tuple[datetime, int]:
    return (item.completed_at, item.id)
