"""``flask toolkit``: bringing in the resources that the portal comes with, and their index."""

from __future__ import annotations

import click
from flask import Flask

from portal.db import unit_of_work
from portal.toolkit.rules.content_file import ContentError, read_folder
from portal.toolkit.service import loading, search_index


@click.group("toolkit")
def toolkit() -> None:
    """Load the toolkit's resources."""


def load_toolkit() -> loading.Loaded:
    """Bring in what the portal comes with, or bring it up to date; twice changes nothing twice.

    Raises:
        click.ClickException: for a file that says something wrong; then nothing is loaded.
    """
    try:
        seeds = read_folder()
    except ContentError as error:
        raise click.ClickException(str(error)) from error
    with unit_of_work():
        return loading.load(seeds)


@toolkit.command("load")
def load_command() -> None:
    """Publish the resources that the portal comes with. What was edited here is left alone."""
    loaded = load_toolkit()
    click.echo(
        f"{loaded.added} added, {loaded.updated} brought up to date, {loaded.unchanged} unchanged, "
        f"{loaded.kept} left as they were edited here."
    )


@toolkit.command("index")
def index_command() -> None:
    """Make the library's search index anew, such as after its synonyms or stems have changed."""
    with unit_of_work():
        count = search_index.rebuild()
    click.echo(f"{count} resources can be found.")


def register(app: Flask) -> None:
    """Add ``flask toolkit``."""
    app.cli.add_command(toolkit)
