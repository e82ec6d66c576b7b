"""Commands: worker, seed, import, diagnostics, benchmarks' data."""

from __future__ import annotations

import click
from flask import Flask, current_app


@click.command("worker")
@click.option("--workers", default=1, show_default=True, help="Threads that run jobs.")
def worker_command(workers: int) -> None:
    """Run jobs (mail, PDFs) until stopped."""
    from portal.integrations.jobs import run_worker

    run_worker(current_app._get_current_object(), workers=workers)  # type: ignore[attr-defined]  # noqa: SLF001


def register(app: Flask) -> None:
    """Add every command to ``flask``."""
    from portal.cli.schema import db_group

    app.cli.add_command(worker_command)
    app.cli.add_command(db_group)
