"""``flask db move``."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import click
from flask import current_app
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from config import Settings
from portal.cli.backup.naming import named_files
from portal.cli.moving.copying import check, move
from portal.cli.moving.shapes import MoveError
from portal.db.session import Database, current_database
from portal.integrations.storage import LocalStorage, storage

_SHOWN: Final = 20


@contextmanager
def _in_words() -> Iterator[None]:
    """Faults that somebody can do something about, without a traceback."""
    try:
        yield
    except MoveError as error:
        raise click.ClickException(str(error)) from error
    except (DBAPIError, sqlite3.Error) as error:
        reason = getattr(error, "orig", None) or error
        words = (str(reason).splitlines() or [type(reason).__name__])[0]
        raise click.ClickException(f"A database did not do it: {words}") from error


@click.command("move")
@click.option(
    "--to",
    "url",
    envvar="MOVE_TO",
    required=True,
    help="Address of an empty database: postgresql://… or sqlite:///…; or set MOVE_TO, which "
    "keeps its password off the command line.",
)
@click.option("--check", "only_check", is_flag=True, help="Compare the two; copy nothing.")
@click.option(
    "--allow-writes",
    is_flag=True,
    help="A rehearsal: keep the copy although the source was written to meanwhile.",
)
def move_command(url: str, *, only_check: bool, allow_writes: bool) -> None:
    """Copy the whole of DATABASE_URL into another database, proved row by row.

    Set MAINTENANCE=read-only and start web and worker again first: pages then show and nothing is
    written. Exit 1 names the first row that differs, and then nothing was kept.
    """
    began = time.monotonic()
    settings: Settings = current_app.config["SETTINGS"]
    source, target = current_database(), _opened(url)
    if target.engine.url == source.engine.url:
        raise click.ClickException("That is the database in DATABASE_URL itself")
    if settings.maintenance != "read-only" and not only_check:
        click.echo(
            "MAINTENANCE=read-only is not set here. Whatever people save from now on stays "
            "behind: set it and start web and worker again before the move that counts."
        )
    try:
        with _in_words():
            if only_check:
                odd = check(source, target, tell=click.echo)
            else:
                odd = move(source, target, tell=click.echo, allow_writes=allow_writes)
    finally:
        target.dispose()
    if odd:
        for words in odd[:_SHOWN]:
            click.echo(f"DIFFERENT: {words}", err=True)
        kept = "" if only_check else " Nothing was kept: the target holds no row of it."
        raise click.ClickException(f"{len(odd):,} differences.{kept}")
    if only_check:
        click.echo(f"Both are the same. {time.monotonic() - began:.0f} s.")
        return
    click.echo(f"Moved and proved in {time.monotonic() - began:.0f} s.")
    _tell_what_is_next(settings)


def _opened(url: str) -> Database:
    try:
        kind = make_url(url).get_backend_name()
        if kind not in {"sqlite", "postgresql"}:
            raise click.UsageError("--to takes postgresql://… or sqlite:///…")
        return Database(url)
    except ArgumentError as error:
        raise click.UsageError("--to is not the address of a database") from error


def _tell_what_is_next(settings: Settings) -> None:
    with current_database().engine.connect() as connection:
        named = sum(1 for _ in named_files(connection))
    where = make_url(settings.storage_url).render_as_string(hide_password=True)
    click.echo(
        f"Files stay where they are: both databases name the same {named:,} files in STORAGE_URL "
        f"({where}), which goes on with the target."
    )
    if isinstance(storage(), LocalStorage):
        click.echo(
            "That is a folder of this machine: where web or worker run elsewhere, copy it there "
            "as it is."
        )
    click.echo(
        "Now set DATABASE_URL to the target, keep SECRET_KEY, unset MAINTENANCE, and start web "
        "and worker. Keep the old database, unused, until a backup of the new one was verified."
    )
