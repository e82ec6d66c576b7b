"""Ties the diagnostic to the application: routes, navigation, who holds what, employer's card."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask, has_request_context, session, url_for

from portal.accounts.sessions import on_signed_in
from portal.db import unit_of_work
from portal.diagnostics import queries, service
from portal.diagnostics.access import ROUTES
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.views import answering, blueprint, holding, results, starting
from portal.diagnostics.views.loading import VISITOR_KEY
from portal.employers.panels import Panel, register_employer_panel
from portal.employers.queries import EmployerProfile
from portal.web.access import Actor, register_actor_part, register_routes
from portal.web.navigation import NavEntry, register_home, register_nav

assert answering and holding and results and starting  # noqa: S101, PT018 - imported for routes


def _held(actor: Actor) -> Actor:
    held = session.get(VISITOR_KEY) if has_request_context() else None
    return replace(actor, visitor_responses=frozenset(held)) if held else actor


def _claim(user_id: int) -> None:
    """After signing in, what this browser held belongs to the person."""
    held = session.pop(VISITOR_KEY, [])
    with unit_of_work():
        service.claim_for_person(user_id=user_id, references=held)


def _panel(profile: EmployerProfile, actor: Actor) -> Panel | None:
    """The card on an employer's page: where its diagnostic stands and what to do next."""
    if profile.reference not in actor.employers:
        return None
    lines = queries.history(profile.id)
    waiting = queries.waiting_for_employer(actor.user_id) if actor.user_id is not None else []
    if waiting and not lines:
        return Panel(
            "You have a diagnostic already",
            f"Say that it is about {profile.name}, and its answers and scores are kept here.",
            href=url_for("diagnostics.attach", response=waiting[0].reference),
            tint=True,
        )
    current = next((line for line in lines if line.is_current), None)
    open_line = next((line for line in lines if line.status == "in_progress"), None)
    if open_line is not None:
        return Panel(
            "Diagnostic: not finished",
            "Go on where it was left. Answers are saved.",
            href=url_for("diagnostics.go_on", response=open_line.reference),
            meta=f"Overall score so far on record: {current.overall_score}" if current else "",
            tint=True,
        )
    if current is not None:
        return Panel(
            f"Diagnostic: {current.overall_score} out of 100",
            "See the result, change an answer or take it again.",
            href=url_for("diagnostics.history", employer=profile.reference),
        )
    return Panel(
        "Start the diagnostic",
        "About 40 short questions, 15 minutes. You leave with scores and a plan.",
        href=url_for("diagnostics.start_for_employer", employer=profile.reference),
        tint=True,
    )


def _home(actor: Actor) -> str | None:
    """Somebody who answered before registering goes on with that."""
    if actor.employers or actor.roles or actor.user_id is None:
        return None
    return url_for("diagnostics.intro") if queries.waiting_for_employer(actor.user_id) else None


def wire(app: Flask) -> None:
    """Register everything. A faulty questionnaire stops the start, with file and line."""
    load_catalogue()
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    register_actor_part(app, _held)
    on_signed_in(app, _claim)
    register_employer_panel(app, _panel, order=10)
    register_home(app, _home, order=10)
    register_nav(
        app,
        NavEntry(
            text="Diagnostic", endpoint="diagnostics.intro", show=lambda _actor: True, order=10
        ),
    )
