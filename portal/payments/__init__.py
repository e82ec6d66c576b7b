"""What providers are paid for: contracts, rates, outputs, claims, and the ledger behind them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def register(app: Flask) -> None:
    """Put the feature on the application."""
    from portal.payments.wiring import wire

    wire(app)
