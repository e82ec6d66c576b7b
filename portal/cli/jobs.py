"""``flask jobs``: work that was given up, why, and having it tried anew."""

from __future__ import annotations

import click
from flask import Flask

from portal.db import outbox, unit_of_work
from portal.kernel.clock import london


@click.group("jobs", invoke_without_command=True)
@click.pass_context
def jobs_group(context: click.Context) -> None:
    """Say what waits for a worker, and name the jobs that were given up; exit 1 where any was."""
    if context.invoked_subcommand is not None:
        return
    backlog = outbox.backlog()
    click.echo(f"{backlog.due:,} due, the oldest for {backlog.oldest_seconds / 60:,.0f} minutes.")
    for entry in outbox.given_up():
        promised = london(entry.created_at)
        click.echo(
            f"{entry.id}  {entry.kind}, promised {promised:%d %b %Y %H:%M}, tried "
            f"{entry.attempts} times: {entry.last_error or 'no reason is on record'}"
        )
    if backlog.given_up:
        raise click.ClickException(
            f"{backlog.given_up:,} given up. When the cause is mended: flask jobs retry ID, or "
            "flask jobs retry --all"
        )


@jobs_group.command("retry")
@click.argument("ids", nargs=-1, type=int)
@click.option("--all", "every", is_flag=True, help="All that was given up.")
def retry_command(ids: tuple[int, ...], *, every: bool) -> None:
    """Have jobs that were given up tried anew, as if they had just been promised."""
    if bool(ids) == every:
        raise click.UsageError("Name the jobs by their numbers, or say --all")
    with unit_of_work():
        taken = outbox.retry(None if every else ids)
    unknown = sorted(set(ids) - set(taken))
    click.echo(f"{len(taken):,} will be tried anew.")
    if unknown:
        raise click.ClickException(
            f"Not among those given up: {', '.join(str(one) for one in unknown)}"
        )


def register(app: Flask) -> None:
    """Add ``flask jobs``."""
    app.cli.add_command(jobs_group)
