"""``flask reports``: what reports count, compared with the records and counted afresh."""

from __future__ import annotations

import click
from flask import Flask

from portal.db import unit_of_work
from portal.reports.service import counting, statistics

_SHOWN = 20


@click.group("reports")
def reports() -> None:
    """Look after what reports count."""


@reports.command("check")
def check_command() -> None:
    """Compare every figure kept with the records; exit 1 names those that differ."""
    found = counting.differences()
    for difference in found[:_SHOWN]:
        click.echo(
            f"{difference.where}: kept {difference.kept}, should be {difference.true}", err=True
        )
    if found:
        click.echo(f"{len(found):,} figures differ: run flask reports rebuild", err=True)
        raise SystemExit(1)
    click.echo("Every figure kept is what the records say.")


@reports.command("rebuild")
def rebuild_command() -> None:
    """Count everything afresh from the records."""
    with unit_of_work():
        counting.rebuild()
    click.echo("Everything was counted afresh.")


@reports.command("fold")
def fold_command() -> None:
    """Fold the changes since the last time into the counts; the worker does it by itself."""
    click.echo(f"{counting.fold_all():,} changes are folded.")


@reports.command("release")
def release_command() -> None:
    """Release the statistics of every quarter that is due; the worker does it each day."""
    made = statistics.release_due()
    click.echo(f"{len(made)} released." if made else "Nothing is due.")


def register(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(reports)
