"""The business case: figures of the diagnostic and the employer, with their origin and date."""

from __future__ import annotations

from collections.abc import Mapping
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
)
from portal.action_plans.rules.prefilled import prefilled
from portal.action_plans.service.common import plan_or_problem, record, stale, touch
from portal.db import current_session
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem


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


def summary_for_plan(plan_id: int, result: Mapping[str, Any]) -> CaseSummary | None:
    """The business case as the PDF prints it; None when the employer left it out of the plan.

    Until figures are saved they are those of the diagnostic with our examples, and say so. They
    are dated by the diagnostic, so that a plan nobody has changed says the same tomorrow.
    """
    saved = queries.business_case(plan_id)
    if saved is None:
        return case_summary(work_out(prefilled(result)), checked=False)
    if not saved.in_plan:
        return None
    return case_summary(work_out(BusinessCaseInputs.from_data(saved.inputs)))
