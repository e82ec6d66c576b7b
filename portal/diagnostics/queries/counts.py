"""Every SELECT on scores and histograms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text, bindparam, cast, func, select

from portal.db import current_session, prepared
from portal.diagnostics.models import DimensionScore, Response, ScoreHistogram

Histograms = dict[str, tuple[int, ...]]


# Built once, here and below, because every page of results asks: to build one takes as long as to
# run it. The counts come as they are written, and are read only where they are wanted: those of a
# sector's other sizes mostly are not.
_H: Any = ScoreHistogram.__table__
_OF_SECTOR = select(_H.c.dimension, _H.c.size_tier, cast(_H.c.counts, Text)).where(
    _H.c.questionnaire_key == bindparam("questionnaire"), _H.c.sector == bindparam("sector")
)


@dataclass(frozen=True, slots=True)
class SectorHistograms:
    """A sector's histograms: the dimension, the size tier and the counts as they are written."""

    rows: Sequence[Any]

    def of(self, size_tier: str | None) -> Histograms:
        """Those of one size, or of every size where it is None, by dimension, in all districts."""
        found: dict[str, list[list[int]]] = {}
        for dimension, of_size, written in self.rows:
            if size_tier in (None, of_size):
                # "[1, 2]" as JSON has it, or "{1,2}" as an array is written.
                counts = list(map(int, written[1:-1].split(",")))
                found.setdefault(dimension, []).append(counts)
        return {dimension: added(several) for dimension, several in found.items()}


def histograms(*, questionnaire_key: str, sector: str) -> SectorHistograms:
    """How many of a sector's employers have each score 0 to 100, by dimension, in one statement."""
    group = {"questionnaire": questionnaire_key, "sector": sector}
    return SectorHistograms(current_session().execute(_OF_SECTOR, group).all())


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
