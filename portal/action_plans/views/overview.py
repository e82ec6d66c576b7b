"""The plan at a glance: how it stands, what is next, its goals and actions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.action_plans import queries, service
from portal.action_plans.panels import HelpLink, action_help
from portal.action_plans.queries import ActionFacts, GoalFacts, PlanFacts
from portal.action_plans.rules.plan import progress, what_next
from portal.action_plans.views import blueprint
from portal.action_plans.views.shared import (
    TAG_COLOURS,
    closed_plans,
    employer_or_404,
    long_day,
    say,
    tabs,
)
from portal.db import unit_of_work
from portal.diagnostics import queries as diagnostics
from portal.kernel.clock import today
from portal.kernel.result import Err

_MOST_HELP: Final = 5


@blueprint.get("")
def overview(employer: str) -> ResponseReturnValue:
    """The plan, or how to start one."""
    plan = queries.active_plan(employer)
    if plan is None:
        head = employer_or_404(employer)
        return render_template(
            "action_plans/start.html",
            employer=head,
            completed=diagnostics.latest_completed(head.id),
            closed=closed_plans(employer),
        )
    goals = queries.goals_with_actions(plan.id)
    actions = [action for goal in goals for action in goal.actions]
    by_key = {action.reference: action for action in actions}
    day = today()
    return render_template(
        "action_plans/overview.html",
        plan=plan,
        tabs=tabs(employer, "overview"),
        standing=progress((action.step for action in actions), day),
        next_actions=_items(
            plan, [by_key[step.key] for step in what_next((a.step for a in actions), day)], day
        ),
        goals=[(goal, _items(plan, goal.live, day)) for goal in goals],
        withdrawn=[action for action in actions if action.withdrawn_reason],
        version=queries.latest_version(plan.id),
        signed=service.signed(plan.id, plan.revision),
        help_links=_help(plan, [action for action in actions if action.status.is_open]),
        **_newer(plan, goals),
    )


def _help(plan: PlanFacts, actions: Sequence[ActionFacts]) -> list[tuple[str, list[HelpLink]]]:
    """What helps with open actions: an action's title with its first links, each link once."""
    found, seen = [], set[str]()
    by_action = action_help(plan, actions)
    for action in actions:
        links = [link for link in by_action.get(action.reference, []) if link.href not in seen]
        if links:
            seen.add(links[0].href)
            found.append((action.title, links[:1]))
    return found[:_MOST_HELP]


def _newer(plan: PlanFacts, goals: Sequence[GoalFacts]) -> dict[str, Any]:
    """Whether there is a newer diagnostic, and what it or the present one still suggests."""
    latest = diagnostics.latest_completed(plan.employer_id)
    if latest is None:
        return {"newer": False, "unused": 0}
    held = {action.recommendation_key for goal in goals for action in goal.actions}
    unused = sum(item["key"] not in held for item in latest.result["recommendations"])
    return {"newer": latest.id != plan.response_id, "unused": unused}


def _items(plan: PlanFacts, actions: Sequence[ActionFacts], day: date) -> list[dict[str, Any]]:
    """Actions as the task list takes them; being overdue shows before all else."""
    return [_item(plan, action, day) for action in actions]


def _item(plan: PlanFacts, action: ActionFacts, day: date) -> dict[str, Any]:
    overdue = action.overdue(day)
    hints = [action.owner_name] if action.owner_name else []
    if action.due_on is not None and action.status.is_open:
        hints.append(f"{'was due' if overdue else 'due'} {long_day(action.due_on)}")
    if action.legal:
        hints.append("legal minimum")
    if overdue:
        hints.append(action.status.label.lower())
    hint = ", ".join(hints)
    return {
        "title": action.title,
        "href": url_for(
            "action_plans.action", employer=plan.employer_reference, action=action.reference
        ),
        "hint": hint[:1].upper() + hint[1:],
        "tag": "Overdue" if overdue else action.status.label,
        "tag_class": f"govuk-tag--{'red' if overdue else TAG_COLOURS[action.status]}",
    }


@blueprint.post("/order")
def order_by_due(employer: str) -> ResponseReturnValue:
    """Put the actions in the order of their due dates."""
    with unit_of_work():
        done = service.order_by_due(employer=employer)
    if isinstance(done, Err):
        say(done.problem)
    else:
        flash("Actions are now in order of their due dates", "success")
    return redirect(url_for("action_plans.overview", employer=employer))
