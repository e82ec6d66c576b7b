"""Ties the network to the application: pages, access, menu, worker and the employer's page."""

from __future__ import annotations

from flask import Flask

from portal.network.access import ROUTES
from portal.network.views import blueprint
from portal.web.access import register_routes


def wire(app: Flask) -> None:
    """Install the feature."""
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
