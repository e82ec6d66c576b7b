"""Coarser cells: sums of cells over quarters, financial years and groups.

A report over two years and eight months would otherwise read thirty-two months of every group. The
sums are kept in the same table, under the axis with a mark: they are made of the very changes that
are folded into cells, so nothing but folding and counting afresh writes them. What is not folded
yet stands only in ``report_deltas``, under the axis itself.
"""

from __future__ import annotations

from typing import Final

from portal.reports.facts.definition import CELL
from portal.reports.facts.dialect import Sql
from portal.reports.rules.spans import PLAIN, QUARTER, YEAR

_GROUPS: Final = "a, b, c"
_NAMES: Final = ", ".join((*CELL, "n", "amount"))
IS_FINE: Final = "axis NOT LIKE '%/_'"


def rolled(sql: Sql, source: str) -> str:
    """What the rows of a source add to coarser cells."""
    parts = (
        (QUARTER, sql.quarter("month"), _GROUPS),
        (YEAR, sql.financial_year("month"), _GROUPS),
        (PLAIN, "month", "'', '', ''"),
    )
    return " UNION ALL ".join(
        f"SELECT fact, axis || '{mark}', {month}, kind, {groups}, n, amount "  # noqa: S608
        f"FROM {source}"
        for mark, month, groups in parts
    )


def with_rolled(sql: Sql, source: str) -> str:
    """The rows of a source under their names, and what they add to coarser cells."""
    return f"SELECT {_NAMES} FROM {source} UNION ALL {rolled(sql, source)}"  # noqa: S608
