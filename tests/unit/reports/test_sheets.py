"""A report as tables for files: names, headings, symbols, and what is never in them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.reports.rules.document import Column, Report, Section, Table, Unit, Withheld
from portal.reports.rules.sheets import (
    dictionary_sheet,
    figures_sheet,
    headings,
    plain,
    sheet_names,
    sheets_of,
    symbols_in,
    tables_of,
)
from portal.reports.rules.shown import meanings, shown
from tests.factories.reports import SECRETS, full_report


@pytest.mark.parametrize(
    ("value", "unit", "held"),
    [
        (1_204, Unit.COUNT, 1_204),
        (120_450, Unit.PENCE, Decimal("1204.50")),
        (-99, Unit.PENCE, Decimal("-0.99")),
        (125, Unit.PER_MILLE, Decimal("12.5")),
        (573, Unit.TENTHS, Decimal("57.3")),
        ("2026-11", Unit.MONTH, date(2026, 11, 1)),
        ("2026-11-01", Unit.MONTH, date(2026, 11, 1)),
        ("2026-11-22", Unit.DAY, date(2026, 11, 22)),
        ("soon", Unit.DAY, "soon"),
        ("=1+1", Unit.TEXT, "=1+1"),
        (None, Unit.COUNT, "[z]"),
        (None, Unit.TEXT, None),
        (Withheld.SMALL, Unit.COUNT, "[c]"),
        (Withheld.COMPLEMENT, Unit.PENCE, "[c]"),
        (Withheld.TOO_FEW, Unit.DAYS, "[u]"),
        (Withheld.NOT_KNOWN, Unit.DAYS, "[x]"),
    ],
)
def test_values_keep_their_type(value, unit: Unit, held) -> None:
    assert plain(value, unit) == held
    assert type(plain(value, unit)) is type(held)


def test_headings_name_their_unit_once_and_differ() -> None:
    columns = (
        Column("a", "Paid", Unit.PENCE, ""),
        Column("b", "Paid", Unit.PENCE, ""),
        Column("c", "Days waiting", Unit.DAYS, ""),
        Column("d", "", Unit.COUNT, ""),
    )
    assert headings(columns) == ["Paid (£)", "Paid (£) 2", "Days waiting", "d"]


@given(st.lists(st.text(max_size=60), max_size=12))
def test_names_of_sheets_are_those_a_workbook_takes(titles: list[str]) -> None:
    names = sheet_names(["About", *titles])
    assert len({name.lower() for name in names}) == len(names) == len(titles) + 1
    for name in names:
        assert 0 < len(name) <= 31
        assert not set(name) & set("[]:*?/\\")
        assert not name.startswith("'")
        assert not name.endswith("'")
        assert name.lower() != "history"


def _named(*keys: str) -> Report:
    base = full_report()
    tables = tuple(Table(key, key, (Column("a", "A", Unit.TEXT, ""),), ()) for key in keys)
    sections = tuple(Section(f"s{number}", "S", tables=(one,)) for number, one in enumerate(tables))
    return Report(base.key, base.title, "", base.first, base.last, base.as_at, sections)


def test_tables_have_files_of_their_own() -> None:
    found = tables_of(_named("By sector", "by-sector", "figures", "data-dictionary", "£"))
    assert list(found) == [
        *("by-sector", "by-sector-2", "figures-2", "data-dictionary-2", "table"),
    ]


def test_anchors_differ_where_keys_are_alike() -> None:
    anchors = [
        one.anchor
        for section in shown(_named("same", "same", "s0"))
        for one in (section, *section.tables)
    ]
    assert len(set(anchors)) == len(anchors)


def test_an_interval_never_stands_beside_what_is_withheld() -> None:
    (few,) = [row for row in figures_sheet(full_report()).rows if row[1] == "Few"]
    assert few[2] is Withheld.SMALL
    assert few[4:6] == (None, None)
    words = repr(shown(full_report()))
    assert not any(str(near) in words for near in (SECRETS[0] - 5, SECRETS[0] + 5))


def test_which_of_two_reasons_it_was_is_not_told() -> None:
    (section,) = [one for one in shown(full_report()) if one.anchor == "tables"]
    kinds = section.pictures[0].shown
    assert kinds.rows[0].cells[0] == kinds.rows[2].cells[0] == "Not shown"
    assert len(kinds.legend) == 2
    figures = shown(full_report())[0].figures
    assert figures[3].value == figures[4].value


def test_everything_has_its_meaning() -> None:
    report = full_report()
    rows = dictionary_sheet(report).rows
    expected = len(report.figures) + sum(len(table.columns) for table in report.tables)
    assert len(rows) == expected
    assert sum(len(items) for _, _, items in meanings(report)) == expected


def test_symbols_are_explained_where_they_are_used() -> None:
    sheets = sheets_of(full_report())
    assert symbols_in(sheets["kinds"]) == ["[c]", "[u]", "[x]", "[z]"]
    assert symbols_in(sheets["months"]) == []


@pytest.mark.parametrize("columns", [0, 1, 8, 9, 16, 17, 60])
def test_a_printed_table_holds_every_column_once(columns: int) -> None:
    report = full_report(months=columns)
    (section,) = [one for one in shown(report) if one.anchor == "tables"]
    wide = next(one for one in section.tables if one.file == "months")
    parts = wide.parts
    assert [at for part in parts for at in part] == list(range(columns))
    assert all(len(part) <= 8 for part in parts)
