"""People who sign in: registration, second factors, sessions and roles."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Put the feature on the application."""
