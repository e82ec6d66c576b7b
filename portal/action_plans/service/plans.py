"""Starting a plan from a completed diagnostic, and taking over more of its recommendations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from portal.action_plans import queries
from portal.action_plans.models import Plan, PlanAction, PlanGoal
from portal.action_plans.rules.plan import (
    NAME_LENGTH,
    TITLE_LENGTH,
    URL_LENGTH,
    Group,
    grouped,
    suggested_due,
)
from portal.action_plans.service.common import note, plan_or_problem, record, tell, touch
from portal.db import current_session
from portal.diagnostics import queries as diagnostics
from portal.diagnostics.queries import CompletedResponse
from portal.kernel.clock import today
from portal.kernel.ids import new_reference
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

CHOOSE_ONE = Problem("none_chosen", "Choose at least one action", "chosen")
NO_RESPONSE = Problem(
    "no_response", "Complete a diagnostic first: the plan starts from its results"
)
NOT_OFFERED = Problem(
    "unknown_recommendation", "Choose from the actions that your diagnostic suggests", "chosen"
)
_DEFAULT_TITLE = "Action plan for part-time talent"


def start_plan(
    *, employer: str, response: str, chosen: Collection[str], by: Author
) -> Ok[str] | Err:
    """Start an employer's plan from a completed response, with the chosen recommendations.

    Returns the plan's reference. Refuses a second active plan, a response of another employer,
    and recommendations that the response does not make.
    """
    head = queries.lock_employer(employer)
    if head is None:
        return Err(NO_RESPONSE)
    if queries.active_plan(employer) is not None:
        return Err(Problem("plan_exists", "Your organisation already has an action plan"))
    completed = _completed(response, employer)
    if completed is None:
        return Err(NO_RESPONSE)
    groups = _chosen_groups(completed.result, chosen)
    if isinstance(groups, Err):
        return groups
    if not groups:
        return Err(CHOOSE_ONE)
    plan = Plan(
        reference=new_reference(),
        employer_id=head.id,
        started_from_id=completed.id,
        response_id=completed.id,
        title=_DEFAULT_TITLE,
        revision=0,
        created_by=by.user_id,
    )
    current_session().add(plan)
    current_session().flush()
    count = _add(plan, completed, groups, by)
    tell(plan, by, employer=employer, title="Action plan started", text=f"{count} actions")
    record("started", plan, employer=employer, response=response, actions=count)
    return Ok(plan.reference)


def add_recommendations(
    *, employer: str, response: str, chosen: Collection[str], by: Author
) -> Ok[int] | Err:
    """Add recommendations of the same or a newer response; returns how many were new.

    A newer response becomes the one whose scores the plan shows, also when nothing is chosen.
    """
    plan = plan_or_problem(employer)
    if isinstance(plan, Err):
        return plan
    completed = _completed(response, employer)
    if completed is None:
        return Err(NO_RESPONSE)
    groups = _chosen_groups(completed.result, chosen)
    if isinstance(groups, Err):
        return groups
    newer = completed.id != plan.response_id
    if not groups and not newer:
        return Err(CHOOSE_ONE)
    touch(plan)
    plan.response_id = completed.id
    count = _add(plan, completed, groups, by)
    record("recommendations_added", plan, response=response, actions=count)
    return Ok(count)


def _completed(reference: str, employer: str) -> CompletedResponse | None:
    found = diagnostics.completed_response(reference)
    return found if found is not None and found.employer_reference == employer else None


def _chosen_groups(result: Mapping[str, Any], chosen: Collection[str]) -> list[Group] | Err:
    groups = grouped(result)
    offered = {item["key"] for group in groups for item in group.recommendations}
    if set(chosen) - offered:
        return Err(NOT_OFFERED)
    narrowed = [
        Group(
            group.key,
            group.title,
            group.benefit,
            tuple(item for item in group.recommendations if item["key"] in chosen),
        )
        for group in groups
    ]
    return [group for group in narrowed if group.recommendations]


def _add(plan: Plan, completed: CompletedResponse, groups: Sequence[Group], by: Author) -> int:
    known = queries.recommendations_in_plan(plan.id)
    goals = queries.goals_to_change(plan.id)
    by_key = {goal.goal_key: goal for goal in goals if goal.goal_key}
    places = _last_places(plan)
    day = today()
    count = 0
    for group in groups:
        fresh = [item for item in group.recommendations if item["key"] not in known]
        if not fresh:
            continue
        goal = by_key.get(group.key)
        if goal is None:
            goal = PlanGoal(
                plan_id=plan.id,
                goal_key=group.key,
                title=group.title[:TITLE_LENGTH],
                benefit=group.benefit,
                position=max((each.position for each in goals), default=-1) + 1,
            )
            current_session().add(goal)
            current_session().flush()
            goals.append(goal)
        for item in fresh:
            place = places.get(goal.id, -1) + 1
            places[goal.id] = place
            _add_action(plan, goal, completed, item, place, day, by)
            count += 1
    return count


def _last_places(plan: Plan) -> dict[int, int]:
    places: dict[int, int] = {}
    for action in queries.actions_to_change(plan.id):
        places[action.goal_id] = max(places.get(action.goal_id, -1), action.position)
    return places


def _add_action(
    plan: Plan,
    goal: PlanGoal,
    completed: CompletedResponse,
    item: Mapping[str, Any],
    place: int,
    day: date,
    by: Author,
) -> None:
    link = item.get("link") or {}
    action = PlanAction(
        reference=new_reference(),
        plan_id=plan.id,
        goal_id=goal.id,
        recommendation_key=item["key"],
        response_id=completed.id,
        dimension=item.get("dimension"),
        title=item["title"][:TITLE_LENGTH],
        why=item["why"],
        first_step=item["first_step"],
        owner_name=item.get("who", "")[:NAME_LENGTH],
        due_on=suggested_due(day, int(item["days"])),
        status="not_started",
        effort=item["effort"],
        impact=item["impact"],
        evidence=item.get("evidence", ""),
        link_title=link.get("title", "")[:TITLE_LENGTH],
        link_url=link.get("url", "")[:URL_LENGTH],
        legal=bool(item.get("legal")),
        because=[
            {key: str(each.get(key) or "") for key in ("question", "text", "answer")}
            for each in item.get("because", ())
        ],
        position=place,
        revision=0,
    )
    current_session().add(action)
    note(action, by, text="Added from the recommendations of the diagnostic")
