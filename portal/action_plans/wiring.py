"""Ties the feature to an application: pages, access table, worker, menu and employer's page."""

from __future__ import annotations

from flask import Flask, url_for
from markupsafe import Markup

from portal.action_plans import held, queries, service
from portal.action_plans.access import ROUTES, may_change, may_read, only_employer
from portal.action_plans.practice import PlanPractice
from portal.action_plans.rules.plan import progress
from portal.action_plans.rules.signing import Standing
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
from portal.caseload.panels import register_case_panel, set_practice_source
from portal.caseload.queries import CaseFacts
from portal.db import unit_of_work
from portal.diagnostics import queries as diagnostics
from portal.employers import queries as employers
from portal.employers.panels import (
    Panel,
    register_employer_panel,
    register_held_records,
    register_timeline_link,
)
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
    register_case_panel(app, case_panel, order=40)
    register_held_records(app, *held.RECORDS)
    register_timeline_link(app, "plan", _plan_address)
    register_timeline_link(app, "plan_version", _version_address)
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
    """The plan's card on the employer's page, for its own people, advisers and LEP staff."""
    if not may_read(actor, profile.reference):
        return None
    href = url_for("action_plans.overview", employer=profile.reference)
    plan = queries.active_plan(profile.reference)
    if plan is None:
        return Panel("Action plan", "What to do, who does it and by when.", href, "Not started")
    return Panel("Action plan", _done(plan), href, tint=True)


def case_panel(case: CaseFacts, actor: Actor) -> Panel | None:
    """The plan's card on a case's page: how it stands, who has signed, and what is next."""
    reference = case.employer_reference
    href = url_for("action_plans.overview", employer=reference)
    plan = queries.active_plan(reference)
    works = may_change(actor, reference) and case.is_open
    if plan is None:
        ready = works and diagnostics.latest_completed(case.employer_id) is not None
        return Panel(
            "Action plan: not started",
            "Choose the actions with them." if ready else "It starts from a completed diagnostic.",
            url_for("action_plans.choose", employer=reference) if ready else href,
            tint=ready,
        )
    signed = service.signed(plan.id, plan.revision)
    # What was agreed stays agreed while its actions are worked on: progress changes the plan too.
    agreed = Standing.AGREED in {signed.standing, signed.ever}
    return Panel(
        f"Action plan: {'agreed' if agreed else _STANDING[signed.standing]}",
        _done(plan),
        href,
        _next(case, signed) if works else "",
        tint=works and not agreed,
    )


_STANDING = {
    Standing.DRAFT: "not signed",
    Standing.ADVISER: "waits for the employer",
    Standing.EMPLOYER: "waits for the adviser",
    Standing.AGREED: "agreed",
}


def _next(case: CaseFacts, signed: service.Signed) -> Markup | str:
    """What is to be done for the plan to be agreed."""
    reference = case.employer_reference
    if signed.standing is Standing.AGREED:
        return ""
    if employers.owner_count(case.employer_id) == 0:
        invite = url_for("employers.people", employer=reference, email=case.contact_email or None)
        return Markup(
            'Nobody there can sign yet. <a class="govuk-link" href="{}">Invite their owner</a>'
        ).format(invite)
    if signed.standing is Standing.ADVISER:
        return "Next: their owner signs. They have been asked by email"
    sign = Markup('<a class="govuk-link" href="{}">sign as the adviser</a>').format(
        url_for("action_plans.sign_off", employer=reference)
    )
    if signed.standing is Standing.EMPLOYER:
        return Markup("Next: look through it and {}").format(sign)
    if signed.ever is Standing.AGREED:
        return Markup("Changed since. If more than its progress changed, {} again").format(sign)
    return Markup("Next: look through it together, then {}").format(sign)


def _done(plan: queries.PlanFacts) -> str:
    actions_now = [item for goal in queries.goals_with_actions(plan.id) for item in goal.actions]
    standing = progress((item.step for item in actions_now), today())
    late = f", {standing.overdue} overdue" if standing.overdue else ""
    return f"{standing.done} of {standing.total} actions done{late}"


def _plan_address(subject: str, _actor: Actor) -> str | None:
    """Where a line about a plan leads: those who read the timeline read the plan too."""
    return url_for("action_plans.overview", employer=subject.partition("/")[0])


def _version_address(subject: str, _actor: Actor) -> str | None:
    employer, _, number = subject.partition("/")
    if not number.isdecimal():
        return None
    return url_for("action_plans.version", employer=employer, number=int(number))
