"""Ties information governance to the application."""

from __future__ import annotations

from flask import Flask

from portal.governance import audit, privacy, retention
from portal.governance.access import ROUTES, governor
from portal.governance.views import (
    agreements,
    blueprint,
    breaches,
    home,
    my_privacy,
    processing,
    rights,
)
from portal.governance.views import audit as audit_pages
from portal.governance.views import erasure as erasure_pages
from portal.governance.views import privacy as privacy_pages
from portal.governance.views import retention as retention_pages
from portal.web.access import register_routes
from portal.web.kept import KeptPage, register_kept_pages
from portal.web.navigation import NavEntry, register_nav

_PRIVACY = (agreements, breaches, my_privacy, privacy_pages, processing, rights)
# The pages of each journey, imported for their routes.
_JOURNEYS = (home, audit_pages, retention_pages, erasure_pages, *_PRIVACY)


def wire(app: Flask) -> None:
    """Install the feature."""
    for journey in _JOURNEYS:
        assert journey.blueprint is blueprint  # noqa: S101 - imported for their routes
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    kept = ("governance.privacy", "governance.privacy_version")
    register_kept_pages(app, {endpoint: KeptPage() for endpoint in kept})
    register_nav(
        app,
        NavEntry("Governance", "governance.home", show=lambda actor: governor(actor, {}), order=90),
    )
    audit.install(app)
    privacy.install(app)
    retention.install(app)
