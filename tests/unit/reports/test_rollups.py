"""Coarser cells: whatever months are asked for, each counts exactly once."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.reports.facts.dialect import POSTGRESQL, SQLITE
from portal.reports.facts.rollups import rolled
from portal.reports.rules.spans import PLAIN, QUARTER, YEAR, spans, whole

MONTHS = [date(2019 + place // 12, place % 12 + 1, 1) for place in range(12 * 12)]
_ENDS = st.none() | st.integers(0, len(MONTHS) - 1).map(MONTHS.__getitem__)


def _bucket(mark: str, month: date) -> date:
    """The month under which a cell of a mark keeps what happened in a month."""
    if mark == QUARTER:
        return month.replace(month=(month.month - 1) // 3 * 3 + 1)
    if mark == YEAR:
        return date(month.year - (month.month < 4), 4, 1)
    return month


@given(_ENDS, _ENDS)
def test_each_month_asked_for_counts_once_and_no_other(
    first: date | None, last: date | None
) -> None:
    found = list(spans(first, last))
    for month in MONTHS:
        times = sum(
            (begin is None or begin <= _bucket(mark, month))
            and (after is None or _bucket(mark, month) < after)
            for mark, begin, after in found
        )
        asked = (first is None or first <= month) and (last is None or month <= last)
        assert times == asked, (month, found)


def test_whole_years_and_quarters_are_read_as_such() -> None:
    assert list(spans(date(2024, 4, 1), date(2026, 11, 1))) == [
        (YEAR, date(2024, 4, 1), date(2026, 4, 1)),
        (QUARTER, date(2026, 4, 1), date(2026, 10, 1)),
        ("", date(2026, 10, 1), date(2026, 12, 1)),
    ]
    assert list(spans(date(2026, 5, 1), date(2026, 9, 1))) == [
        (QUARTER, date(2026, 7, 1), date(2026, 10, 1)),
        ("", date(2026, 5, 1), date(2026, 7, 1)),
    ]
    assert list(spans(None, None)) == [(YEAR, None, None)]


def test_months_that_make_no_quarter_are_read_one_by_one() -> None:
    assert list(spans(date(2026, 2, 1), date(2026, 4, 1))) == [
        ("", date(2026, 2, 1), date(2026, 5, 1))
    ]
    assert whole(date(2026, 2, 1), None, PLAIN) == (PLAIN, date(2026, 2, 1), None)


@pytest.mark.parametrize("sql", [SQLITE, POSTGRESQL], ids=["sqlite", "postgresql"])
def test_every_coarser_cell_is_made_of_the_same_rows(sql) -> None:
    made = rolled(sql, "some_rows")
    assert made.count("FROM some_rows") == 3
    assert all(f"'{mark}'" in made for mark in (QUARTER, YEAR, PLAIN))
