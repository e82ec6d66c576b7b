"""One table of a report as a CSV file that no spreadsheet takes for formulas."""

from __future__ import annotations

from typing import Final

from portal.reports.rules.sheets import Sheet, headings, plain
from portal.web.downloads import csv_bytes

CSV_TYPE: Final = "text/csv; charset=utf-8"


def sheet_bytes(sheet: Sheet) -> bytes:
    """The table: one row of headings, its total last."""
    return csv_bytes(
        headings(sheet.columns),
        (
            [plain(value, sheet.unit_of(number, column)) for column, value in enumerate(row)]
            for number, row in enumerate(sheet.rows)
        ),
    )
