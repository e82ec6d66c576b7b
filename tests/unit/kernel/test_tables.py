"""Rows come one by one, as the library reads them, and not without end."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.tables import BLANK, Table, TableTooLargeError


def rows_of(text: str, **limits: int) -> list[list[str]]:
    return list(Table(text, most_rows=limits.pop("most_rows", 1_000), **limits))


@given(st.text(alphabet='ab",\r\n;\u2028 ', max_size=60))
def test_a_text_is_read_as_the_library_reads_it(text: str) -> None:
    try:
        expected = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        with pytest.raises(csv.Error):
            rows_of(text)
    else:
        assert rows_of(text) == expected


def test_blank_rows_cost_nothing_and_count() -> None:
    table = Table("a\n\n\nb\n", most_rows=4)
    assert [row is BLANK for row in table] == [False, True, True, False]
    assert table.line_num == 4
    with pytest.raises(TableTooLargeError, match="more than 3 rows"):
        rows_of("a\n\n\nb\n", most_rows=3)


def test_a_row_that_does_not_end_is_not_read_to_its_end() -> None:
    assert rows_of("a,b\n" * 100, longest_row=10)
    for text in ("a" * 11, '"\n",' * 6, "a\n" + "," * 11):
        with pytest.raises(TableTooLargeError, match="more than 10 characters"):
            rows_of(text, longest_row=10)
