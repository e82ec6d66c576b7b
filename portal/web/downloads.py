"""Tables to take away, as CSV and as a workbook, which no spreadsheet mistakes for formulas.

A cell of text that begins as a formula would (``=``, ``+``, ``-``, ``@``, a tab or a line end)
runs when a CSV file is opened. There it gets a leading apostrophe; in a workbook it is stored as
text. Numbers stay numbers. Both are written to a file as they come, never held whole in memory.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from tempfile import SpooledTemporaryFile, TemporaryDirectory, TemporaryFile
from typing import IO, Any, Final

from flask import Response
from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from portal.kernel.clock import london
from portal.kernel.tables import guarded

Row = Sequence[Any]
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_CELL_LIMIT: Final = 32_767
_IN_MEMORY: Final = 1_000_000
_CHUNK: Final = 64 * 1024
_WIDEST: Final = 40
_SAFE_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")


def safe_cell(value: Any) -> Any:
    """A value as it may stand in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, int | float | Decimal):
        return value
    if isinstance(value, datetime):
        return london(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return guarded(_CONTROL.sub("", str(value)))


def csv_bytes(header: Sequence[str], rows: Iterable[Row]) -> bytes:
    """A short table as a CSV file: UTF-8 with a byte order mark, as every spreadsheet reads it."""
    text = StringIO(newline="")
    _write_rows(text, header, rows)
    return codecs.BOM_UTF8 + text.getvalue().encode()


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Row]) -> Response:
    """The same of a table of any length, as an answer."""
    file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed with the response
    file.write(codecs.BOM_UTF8)
    _write_rows(codecs.getwriter("utf-8")(file), header, rows)
    return _sent(file, f"{filename}.csv", "text/csv; charset=utf-8")


def _write_rows(file: Any, header: Sequence[str], rows: Iterable[Row]) -> None:
    writer = csv.writer(file)
    writer.writerow([safe_cell(name) for name in header])
    writer.writerows([safe_cell(value) for value in row] for row in rows)


def xlsx_response(
    filename: str, header: Sequence[str], rows: Iterable[Row], *, sheet: str = "List"
) -> Response:
    """The table as a workbook of one sheet: text as text, days as days, numbers as numbers."""
    file = TemporaryFile()  # noqa: SIM115 - closed with the response
    with TemporaryDirectory() as folder:
        book = Workbook(
            file,
            {
                "constant_memory": True,
                "tmpdir": folder,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        page = book.add_worksheet(sheet[:31])
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "d mmm yyyy"})
        instant = book.add_format({"num_format": "d mmm yyyy hh:mm"})
        page.freeze_panes(1, 0)
        for column, name in enumerate(header):
            page.set_column(column, column, min(max(len(name) + 2, 14), _WIDEST))
        for column, name in enumerate(header):
            page.write_string(0, column, name, bold)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                _write(page, number, column, value, day, instant)
        book.close()
    return _sent(file, f"{filename}.xlsx", XLSX_TYPE)


def _write(page: Worksheet, row: int, column: int, value: Any, day: Any, instant: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, bool):
        page.write_string(row, column, "Yes" if value else "No")
    elif isinstance(value, int | float | Decimal):
        page.write_number(row, column, value)
    elif isinstance(value, datetime):
        page.write_datetime(row, column, london(value).replace(tzinfo=None), instant)
    elif isinstance(value, date):
        page.write_datetime(row, column, value, day)
    else:
        page.write_string(row, column, _CONTROL.sub("", str(value))[:_CELL_LIMIT])


def _sent(file: IO[bytes], filename: str, media_type: str) -> Response:
    size = file.seek(0, 2)
    size = file.tell() if size is None else size
    file.seek(0)

    def chunks() -> Iterator[bytes]:
        with file:
            while chunk := file.read(_CHUNK):
                yield chunk

    response = Response(chunks(), content_type=media_type)
    response.call_on_close(file.close)
    response.content_length = size
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{_SAFE_NAME.sub("-", filename)}"'
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
