"""``flask forum``: bringing in the parts of the forum, and its index."""

from __future__ import annotations

import click
from flask import Flask

from portal.db import unit_of_work
from portal.network.rules.forum_categories import read_file
from portal.network.service import forum_categories, forum_mails


@click.group("forum")
def forum() -> None:
    """Load the parts of the forum, and keep its search."""


def load_forum() -> int:
    """Bring in the parts that the portal comes with, or bring them up to date; how many changed.

    Raises:
        click.ClickException: for a file that says something wrong; then nothing is loaded.
    """
    try:
        seeds = read_file()
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    with unit_of_work():
        return forum_categories.load(seeds)


@forum.command("load")
def load_command() -> None:
    """Add the parts that the portal comes with. None is taken away."""
    click.echo(f"{load_forum()} parts of the forum added or brought up to date.")


@forum.command("index")
def index_command() -> None:
    """Count every thread and make the search index anew."""
    with unit_of_work():
        count = forum_categories.rebuild()
    click.echo(f"{count} threads can be found.")


@forum.command("digest")
def digest_command() -> None:
    """Send last week's digests to whoever has not had theirs."""
    click.echo(f"{forum_mails.send_digests()} digests sent.")


def register(app: Flask) -> None:
    """Add ``flask forum``."""
    app.cli.add_command(forum)
