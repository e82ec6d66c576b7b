"""Scores of diagnostics: their histograms, counted from the records.

Completing and merging keep them (``portal/diagnostics/service/rollups.py``), since a histogram
needs a whole response. Here they are counted afresh, and compared with what was kept.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from sqlalchemy import Connection, insert, select, text

from portal.diagnostics.models import ScoreHistogram
from portal.reports.facts.install import Difference, unequal
from portal.reports.rules.diagnostics.data import BINS

_GROUP: Final = ("questionnaire_key", "sector", "size_tier", "district", "dimension")
_COUNTED: Final = (
    "FROM dimension_scores s JOIN diagnostic_responses r ON r.id = s.response_id "
    "WHERE r.status = 'completed' AND r.employer_id IS NOT NULL"
)


def recount(connection: Connection) -> None:
    """Count every histogram afresh, in the caller's transaction."""
    if connection.dialect.name != "sqlite":
        connection.execute(text("LOCK TABLE score_histograms IN SHARE ROW EXCLUSIVE MODE"))
    connection.execute(text("DELETE FROM score_histograms"))
    rows = [
        dict(zip(_GROUP, group, strict=True)) | {"counts": counts}
        for group, counts in _histograms(connection).items()
    ]
    if rows:
        connection.execute(insert(ScoreHistogram), rows)


def differences(connection: Connection) -> list[Difference]:
    """Every histogram that differs from a recount over the records."""
    stored = {
        tuple(group): list(counts)
        for *group, counts in connection.execute(
            select(*(getattr(ScoreHistogram, name) for name in (*_GROUP, "counts")))
        )
        # A group that everybody left says the same as one that nobody was in.
        if any(counts)
    }
    return unequal("score histogram", stored, _histograms(connection))


def _histograms(connection: Connection) -> dict[Any, Any]:
    """What the histograms should say: the 101 counts of each group that has somebody."""
    groups = "r.questionnaire_key, r.sector, r.size_tier, coalesce(r.district, ''), s.dimension"
    found: dict[Any, list[int]] = defaultdict(lambda: [0] * BINS)
    for *group, score, n in connection.execute(
        text(
            f"SELECT {groups}, s.score, count(*) {_COUNTED} AND r.is_current "
            f"GROUP BY {groups}, s.score"
        )
    ):
        found[tuple(group)][score] = n
    return found
