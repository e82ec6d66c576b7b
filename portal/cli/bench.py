"""``flask bench``: a made-up programme of any size, to measure on."""

from __future__ import annotations

import time

import click
from flask import Flask

from portal.cli.bulk.seeding import NotEmptyError, seed
from portal.db.session import WRITE_OPTION, current_database


@click.group("bench")
def bench() -> None:
    """Prepare for measuring. Everything here is made up and says so."""


@bench.command("seed")
@click.option("--employers", default=1_000, show_default=True, type=click.IntRange(1, 5_000_000))
@click.option(
    "--seed", "number", default=1, show_default=True, help="The same seed, the same rows."
)
def seed_command(employers: int, number: int) -> None:
    """Fill an empty portal with a made-up programme, counted for reports."""
    began = time.monotonic()
    engine = current_database().engine
    with engine.connect().execution_options(**{WRITE_OPTION: True}) as connection:
        try:
            with connection.begin():
                loaded = seed(connection, employers=employers, seed=number, tell=click.echo)
        except NotEmptyError as error:
            raise click.ClickException(str(error)) from error
        with connection.begin():
            connection.exec_driver_sql("ANALYZE")
    rows = sum(loaded.rows.values())
    click.echo(f"{rows:,} rows in {time.monotonic() - began:.0f} s.")


def register(app: Flask) -> None:
    """Add the command."""
    app.cli.add_command(bench)
