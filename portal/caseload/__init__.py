"""Referrals, cases, the work of advisers on them, and what proves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Put the feature on the application."""
    from portal.caseload.wiring import wire

    wire(app)
