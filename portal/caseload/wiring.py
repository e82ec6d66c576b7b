"""Ties the caseload to the application: pages, access, menu, whom a provider serves."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask

from portal.caseload import queries
from portal.caseload.access import ROUTES
from portal.caseload.views import blueprint
from portal.web.access import Actor, provider_staff, register_actor_part, register_routes


class ServedEmployers:
    """The employers a person's providers serve; asks once for each reference it is asked about."""

    def __init__(self, organisations: frozenset[int]) -> None:
        self._organisations = organisations
        self._known: dict[str, bool] = {}

    def __contains__(self, reference: object) -> bool:
        """Whether one of the providers has a case for the employer, or was sent it."""
        if not isinstance(reference, str):
            return False
        if reference not in self._known:
            self._known[reference] = queries.serves(self._organisations, reference)
        return self._known[reference]


def _served_part(actor: Actor) -> Actor:
    if not provider_staff(actor, {}) or not actor.organisations:
        return actor
    return replace(actor, served=ServedEmployers(actor.organisations))


def wire(app: Flask) -> None:
    """Install the feature."""
    register_actor_part(app, _served_part)
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
