"""Information governance: who did and saw what, how long things are kept, and people's rights."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Put the feature on the application."""
    from portal.governance.wiring import wire

    wire(app)
