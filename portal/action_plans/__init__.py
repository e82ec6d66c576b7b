"""Action plans: goals, actions, versions and their PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Put the feature on the application."""
    from portal.action_plans.wiring import wire

    wire(app)
