"""Choosing which recommendations of a diagnostic go into the plan."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.action_plans import queries, service
from portal.action_plans.forms import ChooseForm
from portal.action_plans.queries import EmployerHead, PlanFacts
from portal.action_plans.rules.plan import Group, grouped, preselected, suggested_due
from portal.action_plans.views import blueprint
from portal.action_plans.views.shared import EFFORT, IMPACT, employer_or_404, long_day
from portal.db import unit_of_work
from portal.diagnostics import queries as diagnostics
from portal.diagnostics.queries import CompletedResponse
from portal.kernel.clock import today
from portal.kernel.result import Err, Ok
from portal.web.access import current_author


@blueprint.route("/choose", methods=["GET", "POST"])
def choose(employer: str) -> ResponseReturnValue:
    """List the recommendations by goal, quick wins and legal items ticked at the start."""
    head = employer_or_404(employer)
    plan = queries.active_plan(employer)
    completed = diagnostics.latest_completed(head.id)
    if completed is None:
        return redirect(url_for("action_plans.overview", employer=employer))
    held = queries.recommendations_in_plan(plan.id) if plan else frozenset()
    groups = _offered(completed, held)
    form = ChooseForm(
        data={
            "chosen": [] if plan else preselected(completed.result),
            "response": completed.reference,
        }
    )
    form.offer(
        "chosen",
        [(item["key"], item["title"]) for group in groups for item in group.recommendations],
    )
    if form.is_submitted() and _same_result(form, completed) and form.validate():
        with unit_of_work():
            done = _take(employer, completed.reference, form.chosen.data or [], plan)
        if isinstance(done, Ok):
            flash(_said(plan, done.value), "success")
            return redirect(url_for("action_plans.overview", employer=employer))
        form.refuse(done.problem)
    return _page(head, plan, completed, groups, form)


def _same_result(form: ChooseForm, completed: CompletedResponse) -> bool:
    """A page opened before a newer diagnostic was completed offers that one's actions instead."""
    if form.response.data == completed.reference:
        return True
    form.response.data = completed.reference
    form.form_errors.append(
        "A newer diagnostic has been completed since you opened this page. Its actions are shown "
        "below: check what is ticked, then try again."
    )
    return False


def _offered(completed: CompletedResponse, held: frozenset[str]) -> list[Group]:
    groups = [
        Group(
            group.key,
            group.title,
            group.benefit,
            tuple(item for item in group.recommendations if item["key"] not in held),
        )
        for group in grouped(completed.result)
    ]
    return [group for group in groups if group.recommendations]


def _take(
    employer: str, response: str, chosen: list[str], plan: PlanFacts | None
) -> Ok[str] | Ok[int] | Err:
    if plan is None:
        return service.start_plan(
            employer=employer, response=response, chosen=chosen, by=current_author()
        )
    return service.add_recommendations(
        employer=employer, response=response, chosen=chosen, by=current_author()
    )


def _said(plan: PlanFacts | None, value: str | int) -> str:
    if plan is None:
        return "Your action plan is started. Give each action somebody responsible and a date."
    if not value:
        return "The plan now shows the scores of your newest diagnostic"
    return f"{value} {'action' if value == 1 else 'actions'} added to the plan"


def _page(
    head: EmployerHead,
    plan: PlanFacts | None,
    completed: CompletedResponse,
    groups: list[Group],
    form: ChooseForm,
) -> ResponseReturnValue:
    chosen = {str(key) for key in form.chosen.data or ()}
    wins = set(completed.result.get("quick_wins", ()))
    if not groups and plan and completed.id == plan.response_id:
        abort(404)
    return render_template(
        "action_plans/choose.html",
        employer=head,
        plan=plan,
        newer=plan is not None and completed.id != plan.response_id,
        form=form,
        groups=[
            (group, [_item(item, chosen, wins) for item in group.recommendations])
            for group in groups
        ],
        page_has_errors=bool(form.errors),
    )


def _item(item: Any, chosen: set[str], wins: set[str]) -> dict[str, Any]:
    marks = ["Legal minimum"] if item.get("legal") else []
    if item["key"] in wins:
        marks.append("Quick win")
    due = suggested_due(today(), int(item["days"]))
    said = [
        *marks,
        f"Effort: {EFFORT[item['effort']].lower()}",
        f"impact: {IMPACT[item['impact']].lower()}",
        f"for: {item['who']}",
        f"suggested date: {long_day(due)}",
    ]
    return {
        "value": item["key"],
        "text": item["title"],
        "hint": " · ".join(said),
        "why": item["why"],
        "id": f"chosen-{item['key']}",
        "checked": item["key"] in chosen,
    }
