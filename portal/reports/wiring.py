"""Ties the reports to the application."""

from __future__ import annotations

from flask import Flask

from portal.db import unit_of_work
from portal.integrations.jobs import register_daily
from portal.reports.service import counting


def wire(app: Flask) -> None:
    """Install the feature."""
    register_daily(app, "reports.fold", _fold)


def _fold() -> None:
    with unit_of_work():
        counting.fold()
