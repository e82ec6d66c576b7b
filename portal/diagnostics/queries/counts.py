"""Every SELECT on scores and histograms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, func, select

from portal.db import current_session, prepared
from portal.diagnostics.models import DimensionScore, Response, ScoreHistogram

Histograms = dict[str, tuple[int, ...]]


def histograms(
    *, questionnaire_key: str, sector: str, size_tier: str
) -> tuple[Histograms, Histograms]:
    """How many employers have each score 0 to 100, by dimension, over all districts.

    One statement gives both: the sector's employers of this size, and all of the sector's.
    """
    rows = current_session().execute(
        select(ScoreHistogram.dimension, ScoreHistogram.size_tier, ScoreHistogram.counts).where(
            ScoreHistogram.questionnaire_key == questionnaire_key,
            ScoreHistogram.sector == sector,
        )
    )
    same_size: dict[str, list[Sequence[int]]] = {}
    every_size: dict[str, list[Sequence[int]]] = {}
    for dimension, of_size, counts in rows:
        every_size.setdefault(dimension, []).append(counts)
        if of_size == size_tier:
            same_size.setdefault(dimension, []).append(counts)
    return (
        {dimension: added(found) for dimension, found in same_size.items()},
        {dimension: added(found) for dimension, found in every_size.items()},
    )


def added(found: Iterable[Sequence[int]]) -> tuple[int, ...]:
    """Histograms of several groups as one; at least one is needed."""
    return tuple(map(sum, zip(*found, strict=True)))


def stored_histograms(questionnaire_key: str) -> dict[tuple[Any, ...], int]:
    """Every score somebody has: (dimension, sector, size, district, score) and how many have it."""
    rows = current_session().execute(
        select(
            ScoreHistogram.dimension,
            ScoreHistogram.sector,
            ScoreHistogram.size_tier,
            ScoreHistogram.district,
            ScoreHistogram.counts,
        ).where(ScoreHistogram.questionnaire_key == questionnaire_key)
    )
    return {(*row[:4], score): n for row in rows for score, n in enumerate(row.counts) if n}


def counted_scores(questionnaire_key: str) -> list[tuple[Any, ...]]:
    """Every score of an employer's completed response, from which histograms can be recomputed.

    Columns: completed_at, sector, size tier, district, dimension, score, is_current.
    """
    rows = current_session().execute(
        select(
            Response.completed_at,
            Response.sector,
            Response.size_tier,
            func.coalesce(Response.district, ""),
            DimensionScore.dimension,
            DimensionScore.score,
            Response.is_current,
        )
        .join(DimensionScore, DimensionScore.response_id == Response.id)
        .where(
            Response.questionnaire_key == questionnaire_key,
            Response.status == "completed",
            Response.employer_id.is_not(None),
        )
    )
    return [tuple(row) for row in rows]


# Built once: every completion that replaces another asks it.
_S: Any = DimensionScore.__table__
_SCORES = select(_S.c.dimension, _S.c.score).where(_S.c.response_id == bindparam("response"))


def scores_of(response_id: int) -> dict[str, int]:
    """The shown scores of a completed response, by dimension and ``overall``."""
    rows = current_session().execute(_SCORES, {"response": response_id})
    return {dimension: score for dimension, score in rows}  # noqa: C416 - rows are no pairs to mypy


def counted_scores_of(
    *, employer_id: int, questionnaire_key: str, sector: str
) -> tuple[str, dict[str, int]]:
    """The size tier and scores with which an employer is counted in a sector's histograms.

    Empty when none of its responses stands for it in that sector.
    """
    of_employer = (
        select(Response.size_tier, DimensionScore.dimension, DimensionScore.score)
        .join(DimensionScore, DimensionScore.response_id == Response.id)
        .where(
            Response.employer_id == employer_id,
            Response.questionnaire_key == questionnaire_key,
            Response.sector == sector,
            Response.is_current,
        )
        .order_by(DimensionScore.dimension)
    )
    size_tier, scores = "", {}
    rows = current_session().execute(prepared(of_employer))
    for size_tier, dimension, value in rows:  # noqa: B007 - the same in every row
        scores[dimension] = value
    return size_tier, scores
