"""Changing indexes in a migration while others read and write the table (decision 014)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from alembic import op
from sqlalchemy import text

# Of alembic's attributes: all migrations in one transaction, in a database that is nobody's yet.
IN_ONE_TRANSACTION: Final = "in_one_transaction"


class Index(NamedTuple):
    """An index as a migration names it."""

    name: str
    table: str
    columns: str
    where: str = ""


def change_indexes(*, make: Sequence[Index] = (), drop: Sequence[Index] = ()) -> None:
    """Make indexes, each in place of one of its name, then drop others.

    On PostgreSQL nobody waits for it, and what was left half made by an earlier try is made anew.
    That is not done within a transaction, in which alone a programme's schema is the usual one: so
    the schema is named. The steps before it in the same migration are committed.
    """
    context = op.get_context()
    alone = context.config is not None and context.config.attributes.get(IN_ONE_TRANSACTION)
    if op.get_bind().dialect.name == "sqlite" or alone:
        for statement in _statements(make, drop, "", ""):
            op.execute(statement)
        return
    schema = op.get_bind().execute(text("SELECT quote_ident(current_schema())")).scalar_one()
    with context.autocommit_block():
        for statement in _statements(make, drop, f"{schema}.", "CONCURRENTLY "):
            op.execute(statement)


def _statements(
    make: Sequence[Index], drop: Sequence[Index], schema: str, how: str
) -> Iterator[str]:
    for index in make:
        yield f"DROP INDEX {how}IF EXISTS {schema}{index.name}"
        where = f" WHERE {index.where}" if index.where else ""
        yield f"CREATE INDEX {how}{index.name} ON {schema}{index.table} ({index.columns}){where}"
    for index in drop:
        yield f"DROP INDEX {how}IF EXISTS {schema}{index.name}"
