"""The business case before anybody has saved one: what the diagnostic knows, then our examples."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from portal.action_plans.rules.business_case_figures import BusinessCaseInputs
from portal.kernel.clock import today

FROM_FACTS: Mapping[str, str] = {
    "headcount": "staff_part_time",
    "leavers": "leavers_part_time",
    "hourly_pay": "hourly_pay_typical",
    "weekly_hours": "weekly_hours_typical",
}
"""Figures that the diagnostic's facts answer already."""


def prefilled(result: Mapping[str, Any]) -> BusinessCaseInputs:
    """Figures before anybody has saved any, each dated by the day the diagnostic was completed.

    A fact the calculator cannot use, such as 30 hours a week, is left out rather than bent.
    """
    facts = result.get("facts") or {}
    values: dict[str, object] = {key: facts.get(fact) for key, fact in FROM_FACTS.items()}
    day = date.fromisoformat(result["completed_on"]) if result.get("completed_on") else today()
    read = BusinessCaseInputs.read(values, as_at=day)
    while not isinstance(read, BusinessCaseInputs):
        for problem in read:
            values.pop(problem.field or "", None)
        read = BusinessCaseInputs.read(values, as_at=day)
    return read
