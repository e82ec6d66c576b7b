"""Ties the caseload to the application: pages, access, menu, whom a provider serves."""

from __future__ import annotations

from dataclasses import replace

from flask import Flask

from portal.caseload import queries
from portal.caseload.access import ROUTES
from portal.caseload.panels import register_case_panel
from portal.caseload.service import evidence as evidence_service
from portal.caseload.service.confirmations import remind_due
from portal.caseload.views import blueprint, confirmations, evidence
from portal.integrations.jobs import register_daily, register_handler
from portal.web.access import Actor, provider_staff, register_actor_part, register_routes

_JOURNEYS = (confirmations, evidence)


class ServedEmployers:
    """The employers a person's providers serve; asks once for each reference it is asked about."""

    def __init__(self, organisations: frozenset[int]) -> None:
        self._organisations = organisations
        self._known: dict[str, bool] = {}

    def __contains__(self, reference: object) -> bool:
        """Whether one of the providers has a case for the employer, or was sent it."""
        if not isinstance(reference, str):
            return False
        if reference not in self._known:
            self._known[reference] = queries.serves(self._organisations, reference)
        return self._known[reference]


def _served_part(actor: Actor) -> Actor:
    if not provider_staff(actor, {}) or not actor.organisations:
        return actor
    return replace(actor, served=ServedEmployers(actor.organisations))


def _remind() -> None:
    remind_due()


def wire(app: Flask) -> None:
    """Install the feature."""
    for journey in _JOURNEYS:
        assert journey.blueprint is blueprint  # noqa: S101 - imported for their routes
    register_actor_part(app, _served_part)
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    register_daily(app, "caseload.remind_confirmations", _remind)
    _wire_evidence(app)


def _wire_evidence(app: Flask) -> None:
    app.jinja_env.globals.update(evidence.TEMPLATE_WORDS)
    register_handler(app, evidence_service.SCAN_KIND, evidence_service.scan)
    register_daily(app, "caseload.scan_evidence", evidence_service.scan_what_waits)
    register_case_panel(app, evidence.case_panel, order=70)
