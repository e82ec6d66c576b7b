"""Reports: what the service does, reaches, costs and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Put the feature on the application."""
    from portal.reports.wiring import wire

    wire(app)
