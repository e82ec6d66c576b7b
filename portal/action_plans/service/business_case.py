"""The business case: figures of the diagnostic and the employer, with their origin and date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from portal.action_plans import queries
from portal.action_plans.document import CaseSummary, case_summary
from portal.action_plans.models import PlanBusinessCase
from portal.action_plans.queries import CaseFacts
from portal.action_plans.rules.business_case import work_out
from portal.action_plans.rules.business_case_figures import (
    SPEC,
    BusinessCaseInputs,
    Figure,
    Origin,
)
from portal.action_plans.service.common import Author, plan_or_problem, record, stale, touch
from portal.db import current_session
from portal.kernel.clock import today
from portal.kernel.result import Err, Ok, Problem

FROM_FACTS: Mapping[str, str] = {
    "headcount": "staff_part_time",
    "leavers": "leavers_part_time",
    "hourly_pay": "hourly_pay_typical",
    "weekly_hours": "weekly_hours_typical",
}
"""Figures that the diagnostic's facts answer already."""


def prefilled(result: Mapping[str, Any]) -> BusinessCaseInputs:
    """Figures before anybody has saved any: the diagnostic's facts, then our examples.

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
    return BusinessCaseInputs(
        {
            key: replace(figure, as_at=today()) if figure.origin is Origin.DEFAULT else figure
            for key, figure in read.figures.items()
        }
    )


def shown_inputs(saved: CaseFacts | None, result: Mapping[str, Any]) -> BusinessCaseInputs:
    """The figures to show: the saved ones, or the prefilled ones."""
    return prefilled(result) if saved is None else BusinessCaseInputs.from_data(saved.inputs)


def read_figures(
    values: Mapping[str, object], shown: BusinessCaseInputs
) -> BusinessCaseInputs | tuple[Problem, ...]:
    """What was typed as figures; one left as it was shown keeps its origin, date and source."""
    read = BusinessCaseInputs.read(values, as_at=today(), use_defaults=False)
    if not isinstance(read, BusinessCaseInputs):
        return read
    return BusinessCaseInputs(
        {key: _kept(key, figure, shown) for key, figure in read.figures.items()}
    )


def _kept(key: str, figure: Figure, shown: BusinessCaseInputs) -> Figure:
    before = shown.figures.get(key)
    return before if before is not None and before.value == figure.value else figure


def save_business_case(
    *,
    employer: str,
    revision: int,
    inputs: BusinessCaseInputs,
    in_plan: bool,
    by: Author,
) -> Ok[int] | Err:
    """Keep the figures; `revision` is 0 before the first time. Returns the new revision.

    Refused with `changed` when somebody saved others meanwhile.
    """
    plan = plan_or_problem(employer)
    if isinstance(plan, Err):
        return plan
    unknown = inputs.figures.keys() - SPEC.keys()
    if unknown:
        raise ValueError(f"Not figures of the calculator: {sorted(unknown)}")
    saved = queries.business_case_to_change(plan.id)
    if (saved.revision if saved else 0) != revision:
        return stale("business case")
    if saved is None:
        saved = PlanBusinessCase(plan_id=plan.id, revision=0)
        current_session().add(saved)
    saved.inputs = inputs.to_data()
    saved.in_plan = in_plan
    saved.revision = revision + 1
    saved.dated = today()
    saved.saved_by = by.user_id
    saved.saved_by_name = by.shown
    touch(plan)
    record("business_case_saved", plan, in_plan=in_plan, revision=saved.revision)
    return Ok(saved.revision)


def summary_for_plan(plan_id: int) -> CaseSummary | None:
    """The business case as the PDF prints it: only when saved, and meant for the plan."""
    saved = queries.business_case(plan_id)
    if saved is None or not saved.in_plan:
        return None
    return case_summary(work_out(BusinessCaseInputs.from_data(saved.inputs)))
