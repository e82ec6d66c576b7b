"""``flask payments``: proving the ledger, closing months of claims."""

from __future__ import annotations

import click
from flask import Flask

from portal.payments.service.contracts import close_due
from portal.payments.service.proving import verify


@click.group("payments")
def payments() -> None:
    """Look after the money."""


@payments.command("verify")
def verify_command() -> None:
    """Prove chain, balances, caps and one payment for each output; exit 1 names the first fault."""
    proof = verify()
    counted = (
        f"{proof.entries:,} ledger entries, {proof.lines:,} claim lines, "
        f"{proof.decisions:,} decisions"
    )
    if proof.fault is not None:
        click.echo(f"FAULT: {proof.fault}. Checked until then: {counted}.", err=True)
        raise SystemExit(1)
    click.echo(f"The ledger is whole: {counted}.")


@payments.command("close-periods")
def close_periods_command() -> None:
    """Close every month of claims whose time has come; the daily job does the same."""
    closed = close_due()
    click.echo(f"{closed:,} {'month' if closed == 1 else 'months'} closed.")


def register(app: Flask) -> None:
    """Add ``flask payments``."""
    app.cli.add_command(payments)
