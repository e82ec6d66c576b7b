"""The toolkit: resources, tools that work things out, what businesses say, and reach."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Put the feature on the application."""
    from portal.toolkit.wiring import wire

    wire(app)
