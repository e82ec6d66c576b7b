"""``flask payments``: proving the ledger, closing months of claims."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
from flask import Flask

from portal.payments.service.contracts import close_due
from portal.payments.service.proving import prove


@click.group("payments")
def payments() -> None:
    """Look after the money."""


@payments.command("verify")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for a monitor to read.")
def verify_command(*, as_json: bool) -> None:
    """Prove chain, balances, caps and one payment for each output; exit 1 names the first fault.

    What was found is kept for the page of decisions.
    """
    proof = prove("command")
    if as_json:
        click.echo(json.dumps({"whole": proof.fault is None, **asdict(proof)}))
    else:
        counted = (
            f"{proof.entries:,} ledger entries, {proof.lines:,} claim lines, "
            f"{proof.decisions:,} decisions"
        )
        if proof.fault is None:
            click.echo(f"The ledger is whole: {counted}.")
        else:
            click.echo(f"FAULT: {proof.fault}. Checked until then: {counted}.", err=True)
    if proof.fault is not None:
        raise SystemExit(1)


@payments.command("close-periods")
def close_periods_command() -> None:
    """Close every month of claims whose time has come; the daily job does the same."""
    closed = close_due()
    click.echo(f"{closed:,} {'month' if closed == 1 else 'months'} closed.")


def register(app: Flask) -> None:
    """Add ``flask payments``."""
    app.cli.add_command(payments)
