"""The business case: every figure can be changed, and the answer may be no."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.action_plans import queries, service
from portal.action_plans.forms import BusinessCaseForm, business_case_form
from portal.action_plans.queries import CaseFacts, PlanFacts
from portal.action_plans.rules.business_case import BusinessCase, work_out
from portal.action_plans.rules.business_case_figures import (
    FIELDS,
    GROUPS,
    SPEC,
    BusinessCaseInputs,
    Figure,
    show_value,
)
from portal.action_plans.service import CHANGED
from portal.action_plans.views import blueprint
from portal.action_plans.views.shared import long_day, plan_or_404, revision_in, tabs
from portal.db import unit_of_work
from portal.diagnostics import queries as diagnostics
from portal.kernel.money import Money
from portal.kernel.result import Ok
from portal.web.access import current_author


@blueprint.route("/business-case", methods=["GET", "POST"])
def business_case(employer: str) -> ResponseReturnValue:
    """The figures with their origins, and what they come to."""
    plan = plan_or_404(employer)
    saved, shown = _figures(plan)
    form = _form(saved, shown)
    if not form.validate_on_submit():
        return _page(plan, saved, shown, form)
    inputs = service.read_figures(form.values(), shown)
    if not isinstance(inputs, BusinessCaseInputs):
        for problem in inputs:
            form.refuse(problem)
        return _page(plan, saved, shown, form)
    with unit_of_work():
        done = service.save_business_case(
            employer=employer,
            revision=revision_in(form),
            inputs=inputs,
            in_plan=bool(form.in_plan.data),
            by=current_author(),
        )
    if isinstance(done, Ok):
        flash("Your figures are saved", "success")
        return redirect(url_for("action_plans.business_case", employer=employer))
    if done.problem.code == CHANGED:
        saved, shown = _figures(plan)
        kept = _form(saved, inputs, in_plan=bool(form.in_plan.data), fresh=True)
        return _page(plan, saved, shown, kept, changed=_changed(saved, shown, inputs)), 409
    form.refuse(done.problem)
    return _page(plan, saved, shown, form)


def _figures(plan: PlanFacts) -> tuple[CaseFacts | None, BusinessCaseInputs]:
    saved = queries.business_case(plan.id)
    response = diagnostics.response_by_id(plan.response_id)
    result: Any = (response.result if response else None) or {}
    return saved, service.shown_inputs(saved, result)


def _form(
    saved: CaseFacts | None,
    shown: BusinessCaseInputs,
    *,
    in_plan: bool | None = None,
    fresh: bool = False,
) -> BusinessCaseForm:
    if in_plan is None:
        in_plan = saved.in_plan if saved else True
    return business_case_form(
        shown,
        origins={key: _origin(figure) for key, figure in shown.figures.items()},
        fresh=fresh,
        in_plan=in_plan,
        revision=saved.revision if saved else 0,
    )


def _origin(figure: Figure) -> str:
    words = f"{figure.origin.label}, {long_day(figure.as_at)}"
    return f"{words}: {figure.source}" if figure.source else words


def _changed(
    saved: CaseFacts | None, shown: BusinessCaseInputs, typed: BusinessCaseInputs
) -> dict[str, Any]:
    """Which figures somebody else saved otherwise than they were now typed."""
    clashes = []
    for spec in FIELDS:
        theirs, mine = shown.figures.get(spec.key), typed.figures.get(spec.key)
        if (theirs and theirs.value) != (mine and mine.value):
            said = show_value(SPEC[spec.key], theirs.value) if theirs else "nothing"
            clashes.append(f"{spec.label}: they saved {said}")
    who = [f"Saved by {saved.saved_by_name} on {long_day(saved.dated)}"] if saved else []
    return {"lines": who, "taken": [], "clashes": clashes}


def _page(
    plan: PlanFacts,
    saved: CaseFacts | None,
    shown: BusinessCaseInputs,
    form: BusinessCaseForm,
    *,
    changed: dict[str, Any] | None = None,
) -> str:
    case = work_out(shown)
    return render_template(
        "action_plans/business_case.html",
        plan=plan,
        tabs=tabs(plan.employer_reference, "business_case"),
        saved=saved,
        case=case,
        form=form,
        groups=[
            (title, [form[spec.key] for spec in FIELDS if spec.group == key])
            for key, title in GROUPS.items()
        ],
        ranges=_ranges(case),
        changed=changed,
    )


def _ranges(case: BusinessCase) -> list[dict[str, Any]]:
    """The saving, the cost and what is left, as the chart takes them."""
    if case.saving is None or case.net is None or case.plan_first_year is None:
        return []
    rows = (
        ("Saved on leavers in a year", case.saving.low, case.saving.central),
        ("Cost of the plan in its first year", -case.plan_first_year, -case.plan_first_year),
        ("Left after the first year", case.net.low, case.net.central),
    )
    return [
        {
            "label": label,
            "low": low.pence,
            "high": high.pence,
            "low_text": _whole(low),
            "high_text": _whole(high),
        }
        for label, low, high in rows
    ]


def _whole(amount: Money) -> str:
    return amount.format_whole().replace("-", "−")  # noqa: RUF001 - a minus sign
