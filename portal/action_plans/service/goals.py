"""Goals: the headings that say what the actions under them are for."""

from __future__ import annotations

from portal.action_plans import queries
from portal.action_plans.models import PlanGoal
from portal.action_plans.service.common import plan_or_problem, record, stale, touch
from portal.db import current_session
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

NO_TITLE = Problem("no_title", "Enter the goal", "title")
MOST_GOALS = 20


def add_goal(*, employer: str, title: str, benefit: str, by: Author) -> Ok[int] | Err:
    """Add a goal of the employer's own at the end; returns its identifier."""
    del by  # the audit trail knows who is signed in
    plan = plan_or_problem(employer)
    if isinstance(plan, Err):
        return plan
    if not title:
        return Err(NO_TITLE)
    goals = queries.goals_to_change(plan.id)
    if len(goals) >= MOST_GOALS:
        return Err(
            Problem("too_many", f"A plan holds up to {MOST_GOALS} goals: edit one of them", "title")
        )
    if any(goal.title.casefold() == title.casefold() for goal in goals):
        return Err(Problem("same_title", "The plan already has a goal with this name", "title"))
    goal = PlanGoal(
        plan_id=plan.id,
        title=title,
        benefit=benefit,
        position=max((each.position for each in goals), default=-1) + 1,
    )
    current_session().add(goal)
    touch(plan)
    current_session().flush()
    record("goal_added", plan, goal=goal.id)
    return Ok(goal.id)


def edit_goal(
    *, employer: str, goal: int, revision: int, title: str, benefit: str, by: Author
) -> Ok[bool] | Err:
    """Change a goal's words; refused with `changed` when it is no longer at `revision`."""
    del by
    plan = plan_or_problem(employer)
    if isinstance(plan, Err):
        return plan
    goals = {each.id: each for each in queries.goals_to_change(plan.id)}
    found = goals.get(goal)
    if found is None:
        return Err(Problem("no_goal", "That goal is not in this plan"))
    if found.revision != revision:
        return stale("goal")
    if not title:
        return Err(NO_TITLE)
    if (found.title, found.benefit) == (title, benefit):
        return Ok(value=False)
    found.title, found.benefit = title, benefit
    found.revision += 1
    touch(plan)
    record("goal_edited", plan, goal=goal)
    return Ok(value=True)
