"""What the diagnostics report reads: histograms of scores, and cells. Two statements in all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Final

from sqlalchemy import select

from portal.db import current_session
from portal.diagnostics.models import ScoreHistogram
from portal.diagnostics.queries import added
from portal.diagnostics.rules.catalogue import MAIN_KEY
from portal.reports.queries.cells import Count, Wanted, several
from portal.reports.rules.scope import Scope

Only = tuple[tuple[str, Collection[str]], ...]
COMPLETED: Final = "completed"
COHORT: Final = "cohort"
MOVEMENT: Final = "movement"
TOGETHER: Final = "together"
ACTIONS: Final = "actions"
LASTED: Final = "lasted"
_QUARTER: Final = 3


def standing(scope: Scope) -> dict[tuple[str, str], tuple[int, ...]]:
    """How many employers have each score from 0 to 100 now, by dimension and sector.

    A row for each size and district is read, however many employers there are.
    """
    query = select(ScoreHistogram.dimension, ScoreHistogram.sector, ScoreHistogram.counts).where(
        ScoreHistogram.questionnaire_key == MAIN_KEY
    )
    for column, value in (
        (ScoreHistogram.sector, scope.sector),
        (ScoreHistogram.size_tier, scope.size_tier),
        (ScoreHistogram.district, scope.district),
    ):
        if value:
            query = query.where(column == value)
    found: dict[tuple[str, str], list[Sequence[int]]] = {}
    for dimension, sector, counts in current_session().execute(query):
        found.setdefault((dimension, sector), []).append(counts)
    sums = {group: added(histograms) for group, histograms in found.items()}
    # A group from which everybody went has nothing to say.
    return {group: counts for group, counts in sums.items() if any(counts)}


def counted(scope: Scope) -> dict[str, list[Count]]:
    """Every count of the report by its name. Actions are missing where the filters do not fit.

    ``movement`` is by kind and sector, ``cohort`` by month and kind; see ``facts/movement.py``.
    """
    first, last = scope.first_month, scope.last_month
    only = _filters(scope)
    # Over all sizes and districts one axis of few cells tells the same.
    narrow = bool(scope.size_tier or scope.district)
    axis = "employer" if narrow else "sector"
    wanted = {
        COMPLETED: Wanted("diagnostic", "employer", ("kind",), first, last, only),
        COHORT: Wanted("cohort", "employer", ("month", "kind"), first, last, only),
        MOVEMENT: Wanted(
            "movement", axis, ("kind", "a"), first, last, only if narrow else only[:1]
        ),
        TOGETHER: Wanted("together", "employer", ("kind",), first, last, only),
    }
    if not narrow:
        quarter = _quarter(first)
        by_sector: tuple[Only, Only] = (
            ((("b", {scope.sector}),), (("c", {scope.sector}),)) if scope.sector else ((), ())
        )
        wanted[ACTIONS] = Wanted("action", "state", ("kind", "a"), quarter, last, by_sector[0])
        wanted[LASTED] = Wanted("lasted", "lasted", ("kind", "a", "b"), quarter, last, by_sector[1])
    return several(wanted)


def _filters(scope: Scope) -> Only:
    chosen = (("a", scope.sector), ("b", scope.size_tier), ("c", scope.district))
    return tuple((column, {value}) for column, value in chosen if value)


def _quarter(month: date) -> date:
    """The first day of a month's quarter: actions are kept by quarter."""
    return month.replace(month=(month.month - 1) // _QUARTER * _QUARTER + 1)
