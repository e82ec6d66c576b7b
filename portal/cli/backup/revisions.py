"""Which revisions of the schema this version knows, and the tables of one of them."""

from __future__ import annotations

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from portal.cli.schema import alembic_config
from portal.db.indexes import IN_ONE_TRANSACTION
from portal.reports.facts import install as counts


def newest() -> str:
    """The newest migration of this version."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head() or ""


def known() -> set[str]:
    """Every migration of this version."""
    return {one.revision for one in ScriptDirectory.from_config(alembic_config()).walk_revisions()}


def make_tables(connection: Connection, revision: str) -> None:
    """Make the tables of a revision in an empty database, within the transaction that is open."""
    config = alembic_config(connection)
    config.attributes[IN_ONE_TRANSACTION] = True
    command.upgrade(config, revision)
    if revision == newest():
        counts.install(connection)
