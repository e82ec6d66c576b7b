"""Keeping the counts small, comparing them with the records, and counting afresh."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

from portal.db import audit, current_session
from portal.db.session import steady_reading
from portal.reports.facts import install, scores
from portal.reports.facts.definition import CELL
from portal.reports.facts.install import Difference
from portal.reports.facts.rollups import with_rolled

_COLUMNS: Final = ", ".join(CELL)
_SUMS: Final = f"SELECT {_COLUMNS}, sum(n), sum(amount) FROM changes {{where}}GROUP BY {_COLUMNS}"  # noqa: S608
_CHANGES: Final = f"changes({_COLUMNS}, n, amount) AS ({{rows}})"
_INTO_CELLS: Final = (
    f"INSERT INTO report_cells ({_COLUMNS}, n, amount) {{sums}} "
    f"ON CONFLICT ({_COLUMNS}) DO UPDATE SET n = report_cells.n + excluded.n, "
    "amount = report_cells.amount + excluded.amount"
)
# One job folds at a time: two would wait for one another's cells in opposite orders.
_FOLD_LOCK: Final = 7_274_011


def fold() -> None:
    """Fold the changes that were committed into the cells; no figure changes by it.

    On PostgreSQL one statement takes the changes it sees away and adds just those: a transaction
    that is still under way keeps its own.
    """
    session = current_session()
    sql = install.sql_of(session.connection())
    if sql.sqlite:
        changes = _CHANGES.format(rows=with_rolled(sql, "report_deltas"))
        # WHERE: without it SQLite reads "ON CONFLICT" as the condition of a join.
        sums = _SUMS.format(where="WHERE 1 = 1 ")
        session.execute(text(f"WITH {changes} {_INTO_CELLS.format(sums=sums)}"))
        session.execute(text("DELETE FROM report_deltas"))
    else:
        session.execute(text(f"SELECT pg_advisory_xact_lock({_FOLD_LOCK})"))
        changes = _CHANGES.format(rows=with_rolled(sql, "gone"))
        sums = _SUMS.format(where="")
        session.execute(
            text(
                f"WITH gone AS (DELETE FROM report_deltas RETURNING *), {changes} "  # noqa: S608
                + _INTO_CELLS.format(sums=sums)
            )
        )
    session.execute(text("DELETE FROM report_cells WHERE n = 0 AND amount = 0"))


def rebuild() -> None:
    """Count everything afresh from the records and install the triggers again."""
    session = current_session()
    install.install(session.connection())
    # After the locks on what is counted: nobody is between a diagnostic and its scores then.
    scores.recount(session.connection())
    audit.record(action="reports.rebuilt", subject="reports:counts", detail={})


def differences() -> list[Difference]:
    """Every figure kept that differs from a recomputation over the records; none is right.

    Records and figures are read as of one moment, whatever is written meanwhile.
    """
    with steady_reading() as session:
        connection = session.connection()
        return install.differences(connection) + scores.differences(connection)
