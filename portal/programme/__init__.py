"""The programme's settings: areas, sectors, size tiers, thresholds, organisations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from portal.web.access import Actor


def _organisations_part(actor: Actor) -> Actor:
    """A provider's staff work for organisations; like their roles, that needs a second step."""
    from portal.programme.queries import organisation_ids_of
    from portal.web.access import provider_staff

    # Nobody else's rights depend on an organisation, so nobody else waits for the question.
    if actor.user_id is None or not provider_staff(actor, {}):
        return actor
    return replace(actor, organisations=organisation_ids_of(actor.user_id))


def register(app: Flask) -> None:
    """Put the feature on the application."""
    from portal.programme import access
    from portal.programme.views import blueprint
    from portal.web.access import register_actor_part, register_routes
    from portal.web.navigation import NavEntry, register_nav

    register_actor_part(app, _organisations_part)
    app.register_blueprint(blueprint)
    register_routes(app, access.ROUTES)
    register_nav(
        app, NavEntry("Settings", "programme.settings", show=access.is_lep_staff, order=90)
    )
