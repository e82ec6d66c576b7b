"""Ties the feature to an application: pages, access table, worker, menu and employer's page."""

from __future__ import annotations

from flask import Flask, url_for

from portal.action_plans import queries
from portal.action_plans.access import ROUTES, only_employer
from portal.action_plans.practice import PlanPractice
from portal.action_plans.rules.plan import progress
from portal.action_plans.service import merging
from portal.action_plans.service.rendering import render_version
from portal.action_plans.service.versions import CHECK_EXTENSION, KIND, check_file
from portal.action_plans.views import (
    actions,
    blueprint,
    business_case,
    choosing,
    closing,
    goals,
    overview,
    sign_off,
    versions,
)
from portal.caseload.merging import (
    MergePolicy,
    MergeStep,
    register_merge_guard,
    register_merge_policy,
    register_merge_step,
)
from portal.caseload.panels import set_practice_source
from portal.db import unit_of_work
from portal.employers.panels import Panel, register_employer_panel
from portal.employers.queries import EmployerProfile
from portal.integrations.jobs import HUEY_EXTENSION, register_handler
from portal.kernel.clock import today
from portal.web.access import Actor, register_routes
from portal.web.navigation import NavEntry, register_nav

_JOURNEYS = (actions, business_case, choosing, closing, goals, overview, sign_off, versions)


def wire(app: Flask) -> None:
    """Install the feature."""
    for journey in _JOURNEYS:
        assert journey.blueprint is blueprint  # noqa: S101 - imported for their routes
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    register_handler(app, KIND, render_version)
    _register_check(app)
    register_employer_panel(app, plan_panel, order=30)
    set_practice_source(app, PlanPractice())
    register_merge_policy(
        app, MergePolicy("plans.employer_id", "Action plans", merging.words, merging.COLUMNS)
    )
    register_merge_step(
        app,
        MergeStep("plan_versions", merging.merge_preview, merging.merge_do, merging.merge_undo),
    )
    register_merge_guard(app, merging.merge_guard)
    register_nav(
        app,
        NavEntry(
            "Action plan",
            "action_plans.overview",
            show=lambda actor: only_employer(actor) is not None,
            order=40,
            values=lambda actor: {"employer": only_employer(actor)},
        ),
    )


def _register_check(app: Flask) -> None:
    def check_plan_file(employer: str, number: int) -> None:
        with app.app_context(), unit_of_work():
            check_file(employer=employer, number=number)

    huey = app.extensions[HUEY_EXTENSION]
    app.extensions[CHECK_EXTENSION] = huey.task(name="check_plan_file")(check_plan_file)


def plan_panel(profile: EmployerProfile, actor: Actor) -> Panel | None:
    """The plan's card on the employer's page, for its own people."""
    if profile.reference not in actor.employers:
        return None
    href = url_for("action_plans.overview", employer=profile.reference)
    plan = queries.active_plan(profile.reference)
    if plan is None:
        return Panel("Action plan", "What to do, who does it and by when.", href, "Not started")
    actions_now = [item for goal in queries.goals_with_actions(plan.id) for item in goal.actions]
    standing = progress((item.step for item in actions_now), today())
    late = f", {standing.overdue} overdue" if standing.overdue else ""
    return Panel(
        "Action plan", f"{standing.done} of {standing.total} actions done{late}", href, tint=True
    )
