"""Ties the toolkit to the application: pages, access, menu, worker and the employer's page."""

from __future__ import annotations

from flask import Flask

from portal.integrations.jobs import register_daily
from portal.toolkit.access import ROUTES
from portal.toolkit.places import toolkit_places
from portal.toolkit.service import reach as reach_service
from portal.toolkit.views import blueprint
from portal.web.access import register_routes


def wire(app: Flask) -> None:
    """Install the feature."""
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    reach_service.init_reach(app)
    register_daily(app, "toolkit.reach_forget", reach_service.forget)
    app.jinja_env.globals["toolkit_places"] = toolkit_places
