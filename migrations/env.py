"""Runs migrations with the portal's own engine and models."""

from __future__ import annotations

from typing import Any

from alembic import context

from config import Settings
from portal.cli.schema import SEARCH_TABLES, load_metadata
from portal.db.session import make_engine

TARGET = load_metadata()


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    return not (kind == "table" and name is not None and name.startswith(SEARCH_TABLES))


def run(connection: Any) -> None:
    sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=TARGET,
        render_as_batch=sqlite,
        include_name=include_name,
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    engine = make_engine(Settings().database_url)
    with engine.connect() as connection:
        run(connection)
    engine.dispose()


main()
