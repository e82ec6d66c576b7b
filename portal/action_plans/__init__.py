"""Action plans: goals, actions, versions and their PDF."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Put the feature on the application."""
