"""How a database would answer a question: the lines of its plan."""

from __future__ import annotations

import itertools
from typing import Any

from sqlalchemy import Connection

# SQLite's driver keeps what it has prepared, and a plan asked for again would be that of before.
_asked = itertools.count()


def plan_lines(connection: Connection, question: str, parameters: Any = ()) -> list[str]:
    """The plan of a question. Small tables would be read whole whatever indexes they have: not so
    on PostgreSQL here, where reading whole is what is left when nothing else can be done.
    """
    if connection.dialect.name == "sqlite":
        said = f"EXPLAIN QUERY PLAN /* {next(_asked)} */ {question}"
        lines = connection.exec_driver_sql(said, parameters).all()
        return [line[3] for line in lines]
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    lines = connection.exec_driver_sql(f"EXPLAIN {question}", parameters).all()
    return [line[0].strip() for line in lines]
