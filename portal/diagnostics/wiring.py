"""Ties the diagnostic to the application: routes, navigation, who holds what, employer's card."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask, has_request_context, session

from portal.accounts.sessions import on_signed_in
from portal.db import unit_of_work
from portal.diagnostics import service
from portal.diagnostics.access import ROUTES
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.views import answering, blueprint, holding, results, starting
from portal.diagnostics.views.loading import VISITOR_KEY
from portal.web.access import Actor, register_actor_part, register_routes
from portal.web.navigation import NavEntry, register_nav

assert answering and holding and results and starting  # noqa: S101, PT018 - imported for routes


def _held(actor: Actor) -> Actor:
    held = session.get(VISITOR_KEY) if has_request_context() else None
    return replace(actor, visitor_responses=frozenset(held)) if held else actor


def _claim(user_id: int) -> None:
    """After signing in, what this browser held belongs to the person."""
    held = session.pop(VISITOR_KEY, [])
    with unit_of_work():
        service.claim_for_person(user_id=user_id, references=held)


def wire(app: Flask) -> None:
    """Register everything. A faulty questionnaire stops the start, with file and line."""
    load_catalogue()
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    register_actor_part(app, _held)
    on_signed_in(app, _claim)
    register_nav(
        app,
        NavEntry(
            text="Diagnostic", endpoint="diagnostics.intro", show=lambda _actor: True, order=10
        ),
    )
