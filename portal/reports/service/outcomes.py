"""The section on outcomes, which several reports hold."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from portal.reports.queries.cells import Count, Wanted, several
from portal.reports.rules.document import Section
from portal.reports.rules.outcomes import MEASURES, Measured
from portal.reports.rules.outcomes import section as drawn
from portal.reports.rules.scope import Scope

_SUMS = ("outcome_start", "outcome_before", "outcome_after")


def section(scope: Scope) -> Section:
    """What changed for the employers of a scope, in one statement."""
    found = several(wanted(scope))
    return drawn(measured(found))


def wanted(scope: Scope) -> dict[str, Wanted]:
    """What has to be counted for it: cases by the month of their start."""
    axis, only = "employer", _filters(scope)
    if scope.provider is not None:
        axis, only = "provider", (("a", {str(scope.provider)}),)
    asked = {
        fact: Wanted(fact, axis, ("kind",), scope.first_month, scope.last_month, only)
        for fact in _SUMS
    }
    if scope.provider is None and not (scope.size_tier or scope.district):
        sector: tuple[tuple[str, Collection[str]], ...] = (
            (("b", {scope.sector}),) if scope.sector else ()
        )
        asked["outcome_moves"] = Wanted(
            "outcome_after", "change", ("kind", "a"), scope.first_month, scope.last_month, sector
        )
    return asked


def _filters(scope: Scope) -> tuple[tuple[str, Collection[str]], ...]:
    chosen = (("a", scope.sector), ("b", scope.size_tier), ("c", scope.district))
    return tuple((column, {value}) for column, value in chosen if value)


def measured(found: dict[str, list[Count]]) -> dict[str, Measured]:
    """The measures out of the counts."""
    by = {fact: {count.group[0]: count for count in found.get(fact, [])} for fact in _SUMS}
    moves: dict[str, dict[str, int]] = {}
    for count in found.get("outcome_moves", []):
        moves.setdefault(count.group[0], {})[count.group[1]] = count.n
    return {
        key: Measured(
            started=_n(by["outcome_start"], key),
            matched=_n(by["outcome_after"], key),
            before=_amount(by["outcome_before"], key),
            after=_amount(by["outcome_after"], key),
            moves=moves.get(key, {}),
        )
        for key in _known(by.values())
    }


def _known(facts: Iterable[dict[str, Count]]) -> list[str]:
    met = {key for fact in facts for key in fact}
    return [key for key in MEASURES if key in met]


def _n(counts: dict[str, Count], key: str) -> int:
    return counts[key].n if key in counts else 0


def _amount(counts: dict[str, Count], key: str) -> int:
    return counts[key].amount if key in counts else 0
