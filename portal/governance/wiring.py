"""Ties information governance to the application."""

from __future__ import annotations

from flask import Flask

from portal.governance import audit
from portal.governance.access import ROUTES, governor
from portal.governance.views import audit as audit_pages
from portal.governance.views import blueprint, home
from portal.web.access import register_routes
from portal.web.navigation import NavEntry, register_nav

# The pages of each journey, imported for their routes.
_JOURNEYS = (home, audit_pages)


def wire(app: Flask) -> None:
    """Install the feature."""
    for journey in _JOURNEYS:
        assert journey.blueprint is blueprint  # noqa: S101 - imported for their routes
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    register_nav(
        app,
        NavEntry("Governance", "governance.home", show=lambda actor: governor(actor, {}), order=90),
    )
    audit.install(app)
