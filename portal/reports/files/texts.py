"""One table of a report as a CSV file that no spreadsheet takes for formulas."""

from __future__ import annotations

import codecs
import csv
from io import StringIO
from typing import Final

from portal.reports.rules.sheets import Sheet, headings, plain
from portal.web.downloads import safe_cell

CSV_TYPE: Final = "text/csv; charset=utf-8"


def csv_bytes(sheet: Sheet) -> bytes:
    """The table: UTF-8 with a byte order mark, one row of headings, its total last."""
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow([safe_cell(name) for name in headings(sheet.columns)])
    writer.writerows(
        [safe_cell(plain(value, sheet.unit_of(number, column))) for column, value in enumerate(row)]
        for number, row in enumerate(sheet.rows)
    )
    return codecs.BOM_UTF8 + text.getvalue().encode()
