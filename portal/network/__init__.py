"""The network: directory, awards, events, forum, peers, and who is connected with whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Put the feature on the application."""
    from portal.network.wiring import wire

    wire(app)
