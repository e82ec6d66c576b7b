"""``flask retention``: what goes when, and letting it go now."""

from __future__ import annotations

import json

import click
from flask import Flask

from portal.governance.service import retention as service
from portal.governance.service.schedule import schedule


@click.group("retention")
def retention() -> None:
    """Look after how long personal data stays."""


@retention.command("plan")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for a monitor to read.")
def plan_command(*, as_json: bool) -> None:
    """Say what would go now and what goes next; nothing is changed."""
    lines = [line for line in schedule() if line.ends]
    if as_json:
        known = {
            line.key: {
                "months": line.months,
                "over": line.over,
                "held": line.held,
                "waiting": line.waiting,
                "next": line.next_on.isoformat() if line.next_on else None,
            }
            for line in lines
        }
        click.echo(json.dumps(known))
        return
    for line in lines:
        then = f", the next on {line.next_on:%d %B %Y}" if line.next_on else ""
        held = f", {line.held:,} on hold" if line.held else ""
        click.echo(
            f"{line.title}: {line.months} months; {line.over:,} over{held}, "
            f"{line.waiting:,} to come{then}"
        )


@retention.command("run")
def run_command() -> None:
    """Let everything go whose time is over; the worker does it each day."""
    done = service.run("command")
    went = sum(done.went.values())
    held = sum(done.held.values())
    click.echo(f"{went:,} records went, {done.files:,} files go; {held:,} are on hold.")


def register(app: Flask) -> None:
    """Add ``flask retention``."""
    app.cli.add_command(retention)
