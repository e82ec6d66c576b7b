"""Rows of a CSV text one by one, never more of it in memory than one row; cells no formula runs in.

A file of ten million empty lines, or of one line with ten million cells, is small to send and
costs hundreds of megabytes as lists. So lines, rows and their number are counted as they come.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Final

LONGEST_ROW: Final = 200_000
# Shared by all rows that are blank: they cost eight bytes each.
BLANK: Final[list[str]] = []
# The full-width forms are read as formulas by spreadsheets set to East Asian languages.
FORMULA_STARTS: Final = frozenset("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")


class TableTooLargeError(ValueError):
    """The table has more rows, or a longer row, than is read."""


class Table:
    """The rows of a text, blank ones as ``BLANK``. ``line_num`` is the line that was read last.

    ``most_rows`` counts blank ones too; ``longest_row`` is in characters. Iterating raises
    ``csv.Error`` as the library does, and ``TableTooLargeError``.
    """

    def __init__(
        self,
        text: str,
        *,
        most_rows: int,
        delimiter: str = ",",
        longest_row: int = LONGEST_ROW,
    ) -> None:
        self._text = text
        self._most = most_rows
        self._longest = longest_row
        self._since = 0
        self._given = 0
        self._reader = csv.reader(self._lines(), delimiter=delimiter, strict=True)

    @property
    def line_num(self) -> int:
        """How many lines were read."""
        return self._reader.line_num

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        """The next row."""
        row = next(self._reader)
        self._since = 0
        self._given += 1
        if self._given > self._most:
            raise TableTooLargeError(f"The file has more than {self._most:,} rows")
        return row or BLANK

    def _lines(self) -> Iterator[str]:
        for found in _LINE.finditer(self._text):
            length = found.end() - found.start()
            self._since += length
            if self._since > self._longest:
                raise TableTooLargeError(
                    f"A row of the file has more than {self._longest:,} characters"
                )
            if length:
                yield found[0]


def guarded(text: str) -> str:
    """A cell's text, with an apostrophe before it where a spreadsheet would take it for a formula.

    A space before the sign is dropped by some spreadsheets, so it does not make it harmless.
    """
    begins = text[:1] in FORMULA_STARTS or text.lstrip()[:1] in FORMULA_STARTS
    return f"'{text}" if text and begins else text
