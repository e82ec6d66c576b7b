"""Ties the reports to the application."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

from portal.db import unit_of_work
from portal.integrations.jobs import register_daily, register_handler, register_minutely
from portal.reports.access import ROUTES, reader
from portal.reports.offers import reader_of
from portal.reports.pulse import wire_pulse
from portal.reports.releasing import wire_releases
from portal.reports.rules.drawing import cells_of, drawing
from portal.reports.service import copies as copies_service
from portal.reports.service import counting, diagnostics, monthly, programme, subscriptions
from portal.reports.views import (
    api,
    blueprint,
    copies,
    gallery,
    home,
    mail,
    pulse,
    pulse_public,
    records,
    report,
    taking,
    tokens,
)
from portal.web.access import register_routes
from portal.web.navigation import NavEntry, register_nav

# The pages of each journey, imported for their routes.
_JOURNEYS = (
    home,
    pulse,
    pulse_public,
    records,
    report,
    taking,
    copies,
    mail,
    tokens,
)


def wire(app: Flask) -> None:
    """Install the feature."""
    for journey in _JOURNEYS:
        assert journey.blueprint is blueprint  # noqa: S101 - imported for their routes
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    register_nav(
        app,
        NavEntry("Reports", "reports.home", show=lambda actor: reader(actor, {}), order=46),
    )
    programme.register()
    diagnostics.register()
    register_minutely(app, "reports.fold_many", _fold_many)
    register_daily(app, "reports.fold", _fold)
    wire_pulse(app)
    wire_releases(app)
    register_handler(app, copies_service.KIND, copies_service.make)
    register_daily(app, "reports.prints", _clear_prints)
    register_handler(app, subscriptions.KIND, _send_monthly)
    register_daily(app, "reports.monthly", _monthly)
    register_daily(app, "reports.monthly_clear", _clear_monthly)
    app.register_blueprint(api.blueprint)
    register_routes(app, api.ROUTES)
    if app.config["SETTINGS"].show_demo:
        app.register_blueprint(gallery.blueprint)
        register_routes(app, gallery.ROUTES)
    # For the macro that draws pictures, templates/reports/pictures.html.
    app.jinja_env.globals.update(report_drawing=drawing, report_cells=cells_of)


def _fold() -> None:
    counting.fold_all()


def _fold_many() -> None:
    counting.fold_many()


def _clear_prints() -> None:
    copies_service.clear_prints()


def _send_monthly(payload: Mapping[str, Any]) -> None:
    monthly.send(payload, reader_of)


def _monthly() -> None:
    with unit_of_work():
        subscriptions.promise_due()


def _clear_monthly() -> None:
    monthly.clear_old()
