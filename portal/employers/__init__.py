"""Employers, who belongs to them, and the public register they are found in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flask import url_for

if TYPE_CHECKING:
    from flask import Flask

    from portal.web.access import Actor


def _employers_part(actor: Actor) -> Actor:
    from portal.employers.queries import employers_of

    if actor.user_id is None:
        return actor
    return replace(actor, employers=employers_of(actor.user_id))


def _home(actor: Actor) -> str | None:
    """LEP staff begin at the list of employers, people of an employer at their own."""
    from portal.employers.access import is_lep_staff

    begins_here = is_lep_staff(actor) or bool(actor.employers) or not actor.roles
    return url_for("employers.index") if begins_here else None


def register(app: Flask) -> None:
    """Put the feature on the application."""
    from portal.employers import access
    from portal.employers.views import (
        blueprint,
        finding,
        held,
        importing,
        moved,
        people,
        record,
        timeline,
    )
    from portal.web.access import register_actor_part, register_routes
    from portal.web.navigation import NavEntry, register_home, register_nav

    assert finding and importing and people and record  # noqa: S101, PT018 - they add routes
    assert held and timeline  # noqa: S101, PT018 - they too
    app.jinja_env.globals["employer_pages"] = timeline.employer_pages
    held.register_own_records(app)
    register_actor_part(app, _employers_part)
    app.register_blueprint(blueprint)
    register_routes(app, access.ROUTES)
    app.after_request(moved.lead_on)
    register_home(app, _home, order=20)
    register_nav(
        app,
        NavEntry("Employers", "employers.index", show=access.is_lep_staff, order=20),
        NavEntry(
            "Your employer",
            "employers.index",
            show=lambda actor: actor.is_authenticated and not actor.roles,
            order=20,
        ),
    )
