"""Pages that belong to no feature: the front page, help, accessibility, health."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, redirect, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from portal.db.session import current_session
from portal.web.access import current_actor, public, register_routes
from portal.web.kept import KeptPage, register_kept_pages
from portal.web.navigation import home_of

blueprint = Blueprint("pages", __name__)

ROUTES = {
    "pages.home": public,
    "pages.about": public,
    "pages.accessibility": public,
    "pages.help_page": public,
    "pages.health": public,
    "pages.robots": public,
    "pages.favicon": public,
}


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """What the portal is for; somebody signed in goes straight to their own work."""
    address = home_of(current_actor())
    if address is not None:
        return redirect(address)
    return render_template("pages/home.html")


@blueprint.get("/about")
def about() -> str:
    """What the portal is for, also for those who are signed in."""
    return render_template("pages/home.html")


@blueprint.get("/accessibility")
def accessibility() -> str:
    """How accessible the portal is and whom to tell about a problem."""
    return render_template("pages/accessibility.html")


@blueprint.get("/help")
def help_page() -> str:
    """Where to turn."""
    return render_template("pages/help.html")


@blueprint.get("/health")
def health() -> Response:
    """For a load balancer: whether the web process reaches its database."""
    try:
        current_session().execute(text("SELECT 1"))
    except SQLAlchemyError:
        current_app.logger.exception("The health check could not reach the database")
        return Response("database unreachable\n", 503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Search engines may read the public pages only."""
    lines = "User-agent: *\nDisallow: /employers/\nDisallow: /diagnostic/\nDisallow: /account/\n"
    return Response(lines, mimetype="text/plain")


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Old browsers ask here; the layout names the real icon."""
    return Response(status=204)


def init_pages(app: Flask) -> None:
    """Install the blueprint and its routes."""
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    still = ("home", "about", "accessibility", "help_page")
    register_kept_pages(app, {f"pages.{name}": KeptPage(quiet=True) for name in still})
