"""The programme's settings: areas, sectors, size tiers, thresholds, organisations."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Put the feature on the application."""
