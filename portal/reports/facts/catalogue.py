"""Everything that reports count."""

from __future__ import annotations

from functools import cache

from portal.reports.facts import (
    caseload,
    employers,
    money,
    movement,
    network,
    outcomes,
    practice,
    programme,
)
from portal.reports.facts.definition import Derived, Fact
from portal.reports.facts.dialect import Sql


@cache
def derived_rows(sql: Sql) -> tuple[Derived, ...]:
    """The rows that are worked out for each case, employer and event."""
    return (
        caseload.journeys(sql),
        employers.standing(sql),
        network.activities(sql),
        outcomes.standings(sql),
        movement.meanwhile(),
    )


@cache
def facts(sql: Sql) -> tuple[Fact, ...]:
    """Every fact, in the order in which they are counted."""
    found = (
        *caseload.facts(sql),
        *employers.facts(sql),
        *money.facts(sql),
        *network.facts(sql),
        *practice.facts(sql),
        *programme.facts(sql),
        *outcomes.facts(sql),
        *movement.facts(sql),
    )
    keys = [fact.key for fact in found]
    if len(keys) != len(set(keys)):
        raise ValueError("Two facts have one key")
    return found
