"""Every SELECT on scores and histograms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, func, select

from portal.db import current_session, prepared
from portal.diagnostics.models import DimensionScore, Response, ScoreHistogram

Histograms = dict[str, tuple[int, ...]]


# Built once, here and below, because every page of results asks: to build one takes as long as to
# run it.
_H: Any = ScoreHistogram.__table__
_OF_SECTOR = select(_H.c.dimension, _H.c.counts).where(
    _H.c.questionnaire_key == bindparam("questionnaire"), _H.c.sector == bindparam("sector")
)
_OF_SIZE = _OF_SECTOR.where(_H.c.size_tier == bindparam("size"))


def histograms(*, questionnaire_key: str, sector: str, size_tier: str | None) -> Histograms:
    """How many of a sector's employers have each score 0 to 100, by dimension, in all districts.

    Of one size, or of every size where it is None.
    """
    group = {"questionnaire": questionnaire_key, "sector": sector}
    rows = (
        current_session().execute(_OF_SECTOR, group)
        if size_tier is None
        else current_session().execute(_OF_SIZE, group | {"size": size_tier})
    )
    found: dict[str, list[Sequence[int]]] = {}
    for dimension, counts in rows:
        found.setdefault(dimension, []).append(counts)
    return {dimension: added(several) for dimension, several in found.items()}


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


_S: Any = DimensionScore.__table__
_SCORES = select(_S.c.dimension, _S.c.score).where(_S.c.response_id == bindparam("response"))


def scores_of(response_id: int) -> dict[str, int]:
    """The shown scores of a completed response, by dimension and ``overall``."""
    rows = current_session().execute(_SCORES, {"response": response_id})
    return {dimension: score for dimension, score in rows}  # noqa: C416 - rows are no pairs to mypy


_R: Any = Response.__table__
_COUNTED_OF = prepared(
    select(_R.c.size_tier, _S.c.dimension, _S.c.score)
    .join(_S, _S.c.response_id == _R.c.id)
    .where(
        _R.c.employer_id == bindparam("employer"),
        _R.c.questionnaire_key == bindparam("questionnaire"),
        _R.c.sector == bindparam("sector"),
        _R.c.is_current,
    )
    .order_by(_S.c.dimension)
)


def counted_scores_of(
    *, employer_id: int, questionnaire_key: str, sector: str
) -> tuple[str, dict[str, int]]:
    """The size tier and scores with which an employer is counted in a sector's histograms.

    Empty when none of its responses stands for it in that sector.
    """
    size_tier, scores = "", {}
    rows = current_session().execute(
        _COUNTED_OF,
        {"employer": employer_id, "questionnaire": questionnaire_key, "sector": sector},
    )
    for size_tier, dimension, value in rows:  # noqa: B007 - the same in every row
        scores[dimension] = value
    return size_tier, scores
