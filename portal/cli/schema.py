"""The schema of the whole portal, and its migrations."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import click
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import Connection, MetaData, NullPool, text
from sqlalchemy.exc import OperationalError

from config import ROOT
from portal.cli.diagnostics import keep_missing_movement
from portal.cli.programmes import allow, prepare
from portal.db import Base
from portal.db.programmes import Programme, for_each_programme, read_programmes, within
from portal.db.session import Database, current_database
from portal.reports.facts import install as counts

MIGRATIONS = ROOT / "migrations"
# The search tables are made by hand in their migrations and are not models.
SEARCH_TABLES = (
    *("register_search", "employer_search", "library_search", "forum_search"),
    "employer_letters",
)
# From here on a migration runs while the version before it serves, or says why not (CONTRACT).
EXPANDING_SINCE: Final = 42
# PostgreSQL's words for a lock that was not given, and for one of two that waited for each other.
_HELD: Final = ("55P03", "40P01")
_LONGEST_PAUSE: Final = 30.0
_log = logging.getLogger(__name__)
db_group = AppGroup("db", help="Create, upgrade and check the database.")


def load_metadata() -> MetaData:
    """Import every feature's models and return their tables."""
    from portal.db import audit, outbox
    from portal.integrations import mail

    assert audit and outbox and mail  # noqa: S101, PT018 - imported for their tables
    root = ROOT / "portal"
    for module in pkgutil.iter_modules([str(root)]):
        models = root / module.name / "models"
        if models.with_suffix(".py").exists() or models.is_dir():
            importlib.import_module(f"portal.{module.name}.models")
    return Base.metadata


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration, without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    if connection is not None:
        config.attributes["connection"] = connection
    return config


class TablesHeld(RuntimeError):
    """Others held what a migration needs, each time it was tried."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a migration waits for a table on PostgreSQL, and how often it tries again.

    While it waits, pages that need the table queue behind it: so it waits little and comes back.
    """

    lock_ms: int = 3000
    tries: int = 20
    pause: Callable[[float], None] = time.sleep


def upgrade(database: Database, revision: str = "head", patience: Patience | None = None) -> None:
    """Bring the database up to a revision, each migration whole or not at all.

    On SQLite the triggers that count for reports are put aside meanwhile, and so they are for a
    migration that takes something away. They come back at the newest revision, when everything is
    counted afresh. On SQLite foreign keys are off as well, since rebuilding a parent table would
    otherwise empty its children, and are checked before the end.

    Raises:
        RuntimeError: when rows point at nothing afterwards.
        TablesHeld: when others would not let go of a table.
    """
    if database.several_programmes:
        prepare(database)
        for programme in read_programmes(database.engine):
            upgrade_programme(database, programme, revision, patience)
        return
    if database.url.startswith("sqlite:///"):
        path = Path(database.url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        _upgrade(database, revision)
        return
    _upgrade_patiently(database, revision, patience or Patience())


def _upgrade_patiently(database: Database, revision: str, patience: Patience) -> None:
    hurried = replace(database.limits, lock_ms=patience.lock_ms)
    several = database.several_programmes
    own = Database(database.url, hurried, several_programmes=several, poolclass=NullPool)
    for attempt in range(1, patience.tries + 1):
        try:
            _upgrade(own, revision)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) not in _HELD:
                raise
            _log.warning("A table is held by others: try %s of %s", attempt, patience.tries)
            if attempt == patience.tries:
                raise TablesHeld("Others hold a table that has to change") from error
            # The last one queued for too long already: those behind it come first.
            patience.pause(min(float(attempt), _LONGEST_PAUSE))
        else:
            return


def _upgrade(database: Database, revision: str) -> None:
    with database.engine.connect() as connection:
        if not _is_current(connection):
            aside = database.is_sqlite or _takes_away(connection)
            _migrate(database, connection, command.upgrade, revision, aside=aside)


def _takes_away(connection: Connection) -> bool:
    """Whether one of the migrations to come may change or remove what triggers read."""
    scripts = ScriptDirectory.from_config(alembic_config(connection))
    pending = scripts.iterate_revisions("head", _revision(connection) or "base")
    return any(
        hasattr(one.module, "CONTRACT") or int(one.revision.partition("_")[0]) < EXPANDING_SINCE
        for one in pending
    )


def upgrade_programme(
    database: Database,
    programme: Programme,
    revision: str = "head",
    patience: Patience | None = None,
) -> None:
    """Bring one programme's tables up to a revision, and let its role use the new ones.

    Raises:
        TablesHeld: when others would not let go of a table.
    """
    with within(programme, as_owner=True):
        _upgrade_patiently(database, revision, patience or Patience())
        with database.engine.begin() as connection:
            allow(connection, programme)


def downgrade(database: Database, revision: str) -> None:
    """Take the database back to an earlier revision; tables that came later go with their rows.

    Raises:
        RuntimeError: when rows point at nothing afterwards.
    """
    with database.engine.connect() as connection:
        _migrate(database, connection, command.downgrade, revision, aside=True)


def _migrate(
    database: Database,
    connection: Connection,
    step: Callable[[Config, str], None],
    revision: str,
    *,
    aside: bool,
) -> None:
    """Run migrations in either direction, with the triggers that might be in their way aside."""
    connection.rollback()
    if database.is_sqlite:
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")  # type: ignore[union-attr]
    if aside:
        counts.uninstall(connection)
    # Each migration is a transaction of its own, so nothing may be open before them.
    connection.commit()
    step(alembic_config(connection), revision)
    if database.is_sqlite:
        broken = connection.execute(text("PRAGMA foreign_key_check")).fetchall()
        if broken:
            raise RuntimeError(f"Rows that point at nothing after migrating: {broken[:5]}")
        connection.rollback()
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")  # type: ignore[union-attr]
    elif connection.in_transaction():
        connection.commit()
    if _revision(connection) == _newest(connection) and not counts.is_current(connection):
        counts.install(connection)
    connection.commit()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _newest(connection: Connection) -> str | None:
    return ScriptDirectory.from_config(alembic_config(connection)).get_current_head()


def _is_current(connection: Connection) -> bool:
    """Whether there is nothing to do, neither for migrations nor for what reports count."""
    return _revision(connection) == _newest(connection) and counts.is_current(connection)


def differences(database: Database) -> list[object]:
    """What the models say that the migrated database does not; empty when they agree."""
    metadata = load_metadata()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _parents: (
                    not (kind == "table" and (name or "").startswith(SEARCH_TABLES))
                ),
            },
        )
        return list(compare_metadata(context, metadata))


@db_group.command("upgrade")
def upgrade_command() -> None:
    """Create the database or bring it up to date; others may go on working meanwhile."""
    settings = current_app.config["SETTINGS"]
    patience = Patience(settings.migration_lock_timeout_ms, settings.migration_tries)
    try:
        upgrade(current_database(), patience=patience)
    except TablesHeld as error:
        raise click.ClickException(
            f"{error}, and did not let go in {patience.tries} tries. What was done stays; nothing "
            "is half done. Run it again when less is going on. pg_stat_activity says who holds it: "
            "the oldest xact_start."
        ) from error
    for_each_programme(keep_missing_movement)
    click.echo("The database is up to date.")


@db_group.command("check")
def check_command() -> None:
    """Say whether migrations and models agree."""
    found = differences(current_database())
    for difference in found:
        click.echo(repr(difference), err=True)
    if found:
        raise SystemExit(1)
    click.echo("Migrations and models agree.")


@db_group.command("draft")
@click.argument("slug")
def draft_command(slug: str) -> None:
    """Draft a migration from the models, to be read and corrected by hand."""
    with current_database().engine.connect() as connection:
        command.revision(alembic_config(connection), message=slug, autogenerate=True, rev_id=slug)


def register(app: Flask) -> None:
    """Add ``flask db``."""
    app.cli.add_command(db_group)
