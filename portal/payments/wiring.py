"""Ties payment to the application: pages, access, menu, and what follows from confirmed work."""

from __future__ import annotations

from flask import Flask

from portal.payments.access import ROUTES
from portal.payments.places import money_places, register_money_nav
from portal.payments.views import blueprint
from portal.web.access import register_routes


def wire(app: Flask) -> None:
    """Install the feature."""
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    app.jinja_env.globals["money_places"] = money_places
    register_money_nav(app)
