"""Rows of diagnostics: answers, scores, and how far employers moved."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from portal.cli.bulk.case_rows import reference
from portal.cli.bulk.world import DIMENSIONS, Business, World, row

KEY: Final = "part-time-talent"
RESPONSE: Final[dict[str, Any]] = {
    "questionnaire_key": KEY, "questionnaire_version": 1, "status": "completed",
    # A result with nothing in it: every page that shows one can be opened.
    "result": {
        "example": True,
        "questionnaire": {"key": KEY, "version": 1, "title": "Example", "hash": ""},
        "overall": None, "dimensions": [], "flags": [], "strengths": [], "gaps": [],
        "recommendations": [], "quick_wins": [], "goals": [], "sources": [], "facts": {},
    },
}  # fmt: skip
_TIMES: Final = ("first", "retake", "retake")
_APART: Final = 180


def responses(
    world: World, businesses: list[Business], levels: list[float]
) -> Iterator[dict[str, Any]]:
    """Completed diagnostics; the answers of one are its questions with levels of 0 to 4."""
    answers = [
        json.dumps({
            key: {"v": f"level_{(place * 7 + turn) % 5}", "r": place + 1}
            for place, key in enumerate(world.questions[:40])
        })
        for turn in range(25)
    ]  # fmt: skip
    for place, business in enumerate(businesses):
        for turn, kind in enumerate(_TIMES):
            number = 3 * place + turn + 1
            day = business.joined + timedelta(days=_APART * turn)
            yield row(
                id=number,
                reference=reference("Y", number),
                kind=kind,
                earlier_id=number - 1 if turn else None,
                employer_id=business.number,
                sector=business.sector,
                size_tier=business.size_tier,
                district=business.district,
                is_current=turn == len(_TIMES) - 1,
                answers=answers[(number * 11) % len(answers)],
                revision=40,
                started_at=world.instant(day),
                completed_at=world.instant(day),
                overall_score=round(levels[place]),
            )


def scores(world: World, levels: list[float]) -> Iterator[dict[str, Any]]:
    """A score for each dimension and overall, a little higher each time."""
    for place, level in enumerate(levels):
        for turn in range(len(_TIMES)):
            for dimension in (*DIMENSIONS, "overall"):
                score = world.score(level + 4 * turn)
                yield row(
                    response_id=3 * place + turn + 1, dimension=dimension, score=score,
                    exact=str(score),
                )  # fmt: skip


def movements(businesses: list[Business]) -> Iterator[dict[str, Any]]:
    """The first and the latest diagnostic of each employer."""
    for place, business in enumerate(businesses):
        yield row(
            id=place + 1,
            employer_id=business.number,
            sector=business.sector,
            size_tier=business.size_tier,
            district=business.district,
            first_id=3 * place + 1,
            first_on=business.joined,
            first_score=50,
            latest_id=3 * place + 3,
            latest_on=business.joined + timedelta(days=2 * _APART),
            state="compared",
            compared=40,
        )


def moved(world: World, levels: list[float]) -> Iterator[dict[str, Any]]:
    """Each dimension then and now."""
    for place, level in enumerate(levels):
        for dimension in (*DIMENSIONS, "overall"):
            yield row(
                movement_id=place + 1,
                dimension=dimension,
                before_tenths=10 * world.score(level),
                after_tenths=10 * world.score(level + 8),
                questions=4,
            )
