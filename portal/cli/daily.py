"""``flask daily``: what a worker does once a day, done now."""

from __future__ import annotations

import click
from flask import Flask

from portal.integrations.jobs import run_daily, sweep


@click.command("daily")
def daily_command() -> None:
    """Expire, remind and schedule what is due today; safe to run again."""
    failed = run_daily()
    sweep()
    if failed:
        raise click.ClickException(f"Not everything worked: {', '.join(failed)}. See the log")
    click.echo("Done for today.")


def register(app: Flask) -> None:
    """Add ``flask daily``."""
    app.cli.add_command(daily_command)
