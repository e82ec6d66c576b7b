"""Ties the network to the application: pages, access, menu, worker and the employer's page."""

from __future__ import annotations

from flask import Flask

from portal.network.access import ROUTES
from portal.network.events import wire_events
from portal.network.graph import wire_graph
from portal.network.members import wire_members
from portal.network.views import (
    blueprint,
    competitors,
    event_attendees,
    event_places,
    events,
    events_staff,
    graph,
    graph_employer,
    invitations,
    mail_choices,
    members,
    profile,
)
from portal.web.access import register_routes

# The pages of each journey, imported for their routes.
_JOURNEYS = (
    events,
    event_places,
    events_staff,
    event_attendees,
    members,
    profile,
    competitors,
    invitations,
    mail_choices,
    graph,
    graph_employer,
)


def wire(app: Flask) -> None:
    """Install the feature."""
    for journey in _JOURNEYS:
        assert journey.blueprint is blueprint  # noqa: S101 - imported for their routes
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    wire_events(app)
    wire_members(app)
    wire_graph(app)
