"""Commands: database, worker, accounts, employers, diagnostics, demonstration data."""

from __future__ import annotations

import importlib.util

import click
from flask import Flask, current_app

from portal.cli.programmes import in_words

COMMAND_MODULES = (
    "settings_reference",
    *("schema", "accounts", "employers", "diagnostics", "seed", "daily", "payments"),
    *("toolkit", "forum", "reports", "bench", "backup", "audit", "retention", "moving", "jobs"),
    "programmes",
)


@click.command("worker")
@click.option(
    "--workers",
    default=2,
    show_default=True,
    help="Threads that run jobs: with two, mail need not wait for a PDF.",
)
@click.option("--once", is_flag=True, help="Do what is due now, and stop.")
def worker_command(workers: int, *, once: bool) -> None:
    """Run jobs (mail, PDFs) until stopped."""
    from portal.integrations.jobs import run_worker, sweep

    if once:
        while done := sweep():
            click.echo(f"{done} done.")
        return
    run_worker(current_app._get_current_object(), workers=workers)  # type: ignore[attr-defined]  # noqa: SLF001


def register(app: Flask) -> None:
    """Add every command to ``flask``."""
    app.cli.add_command(worker_command)
    for name in COMMAND_MODULES:
        if importlib.util.find_spec(f"portal.cli.{name}"):
            module = importlib.import_module(f"portal.cli.{name}")
            if hasattr(module, "register"):
                module.register(app)
    for command in app.cli.commands.values():
        in_words(command)
