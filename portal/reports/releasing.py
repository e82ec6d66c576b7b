"""Ties releases of statistics and the evaluator's pack to the application."""

from __future__ import annotations

from typing import Final

from flask import Flask

from portal.integrations.jobs import register_daily, register_handler
from portal.reports.access import full_reader, lep_manager, statistics_reader
from portal.reports.service import packs, statistics
from portal.reports.views import blueprint, pack, releases
from portal.web.access import Predicate, any_of, register_routes

# Releases are for evaluators and the LEP; the rows behind them for fewer.
_release_reader = any_of(full_reader, statistics_reader)
_pack_reader = any_of(lep_manager, statistics_reader)
ROUTES: Final[dict[str, Predicate]] = {
    "reports.releases": _release_reader,
    "reports.release": _release_reader,
    "reports.release_definitions": _release_reader,
    "reports.pack": _pack_reader,
    "reports.pack_ask": _pack_reader,
    "reports.pack_take": _pack_reader,
    "reports.pack_file": _pack_reader,
}


def wire_releases(app: Flask) -> None:
    """Install the journey; its pages are on the reports' blueprint already."""
    for journey in (pack, releases):
        assert journey.blueprint is blueprint  # noqa: S101 - imported for their routes
    register_routes(app, ROUTES)
    register_handler(app, packs.KIND, packs.make)
    register_daily(app, "reports.release", _release)


def _release() -> None:
    statistics.release_due()
