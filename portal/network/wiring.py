"""Ties the network to the application: pages, access, menu, worker and the employer's page."""

from __future__ import annotations

from flask import Flask

from portal.network.access import ROUTES
from portal.network.awards import wire_awards
from portal.network.events import wire_events
from portal.network.forum import wire_forum
from portal.network.graph import wire_graph
from portal.network.members import wire_members
from portal.network.peers import wire_peers
from portal.network.views import (
    award_apply,
    award_assess,
    award_rounds,
    award_sections,
    award_statement,
    awards,
    blueprint,
    competitors,
    event_attendees,
    event_places,
    events,
    events_staff,
    forum,
    forum_files,
    forum_moderation,
    forum_writing,
    graph,
    graph_employer,
    invitations,
    mail_choices,
    members,
    peer_match,
    peer_matching,
    peers,
    profile,
)
from portal.web.access import register_routes
from portal.web.kept import KeptPage, register_kept_pages

# Made once for all visitors, while what they show stands.
_KEPT = {
    "network.home": KeptPage(),
    "network.directory": KeptPage(frozenset({"sector", "district", "champions", "page"})),
    "network.member": KeptPage(),
    "network.events": KeptPage(
        frozenset({"series", "mode", "sector", "dimension", "when", "page"})
    ),
    "network.event": KeptPage(),
    "network.awards": KeptPage(),
    "network.award_criteria": KeptPage(quiet=True),
}

# The pages of each journey, imported for their routes.
_JOURNEYS = (
    forum,
    forum_writing,
    forum_files,
    forum_moderation,
    awards,
    award_apply,
    award_statement,
    award_rounds,
    award_sections,
    award_assess,
    events,
    event_places,
    events_staff,
    event_attendees,
    members,
    profile,
    competitors,
    invitations,
    mail_choices,
    peers,
    peer_match,
    peer_matching,
    graph,
    graph_employer,
)


def wire(app: Flask) -> None:
    """Install the feature."""
    for journey in _JOURNEYS:
        assert journey.blueprint is blueprint  # noqa: S101 - imported for their routes
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    register_kept_pages(app, _KEPT)
    wire_events(app)
    wire_members(app)
    wire_graph(app)
    wire_peers(app)
    wire_awards(app)
    wire_forum(app)
