"""Keeping the counts small, comparing them with the records, and counting afresh."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, text

from portal.db import audit, current_session, unit_of_work
from portal.db.session import steady_reading
from portal.reports.facts import install, scores
from portal.reports.facts.definition import CELL
from portal.reports.facts.install import Difference
from portal.reports.facts.rollups import with_rolled
from portal.reports.models import ReportDelta

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


# Folded in one transaction: while it lasts nobody else writes on SQLite.
_AT_ONCE: Final = 2_000
# Fewer are left to the daily work: a report reads them beside the cells within a millisecond.
_MANY: Final = 1_000


def fold_all() -> int:
    """Fold every change that was committed, in units of work of its own; how many there were.

    Cells in which nothing is left go too.
    """
    folded = _fold_in_parts()
    with unit_of_work() as session:
        session.execute(text("DELETE FROM report_cells WHERE n = 0 AND amount = 0"))
    return folded


def fold_many() -> int:
    """Fold as ``fold_all`` does, but only where many changes wait: 1,000 or more.

    A report adds up changes and cells, and 5,000 deliveries that are claimed leave 170,000 changes.
    """
    last_of_many = select(ReportDelta.id).limit(1).offset(_MANY - 1)
    return 0 if current_session().scalar(last_of_many) is None else _fold_in_parts()


def _fold_in_parts() -> int:
    folded = 0
    while True:
        with unit_of_work():
            part = fold(_AT_ONCE)
        folded += part
        if part < _AT_ONCE:
            return folded


def fold(most: int | None = None) -> int:
    """Fold changes that were committed into the cells, the oldest first; no figure changes by it.

    In the unit of work that is open. Returns how many, at most ``most`` (None: all). On PostgreSQL
    one statement takes the changes it sees away and adds just those: a transaction that is still
    under way keeps its own.
    """
    session = current_session()
    sql = install.sql_of(session.connection())
    if not sql.sqlite:
        session.execute(text(f"SELECT pg_advisory_xact_lock({_FOLD_LOCK})"))
    limit = "" if most is None else f" LIMIT {most:d}"
    oldest = f"SELECT id FROM report_deltas ORDER BY id{limit}"  # noqa: S608
    found = session.execute(text(f"SELECT count(*), max(id) FROM ({oldest}) AS oldest"))  # noqa: S608
    count, last = found.one()
    if not count:
        return 0
    changes = _CHANGES.format(rows=with_rolled(sql, "gone"))
    if sql.sqlite:
        # WHERE: without it SQLite reads "ON CONFLICT" as the condition of a join.
        sums = _SUMS.format(where="WHERE 1 = 1 ")
        gone = "SELECT * FROM report_deltas WHERE id <= :last"
    else:
        sums = _SUMS.format(where="")
        gone = "DELETE FROM report_deltas WHERE id <= :last RETURNING *"
    session.execute(
        text(f"WITH gone AS ({gone}), {changes} {_INTO_CELLS.format(sums=sums)}"), {"last": last}
    )
    if sql.sqlite:
        session.execute(text("DELETE FROM report_deltas WHERE id <= :last"), {"last": last})
    return int(count)


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
