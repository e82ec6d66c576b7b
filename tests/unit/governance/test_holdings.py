"""The data map knows every table and column, and what it says can hold."""

from __future__ import annotations

from typing import Any, Final

import pytest
from sqlalchemy import MetaData, Table

from portal.cli.schema import load_metadata
from portal.governance.rules.holdings import Holdings, HoldingsError, faults, holdings, parse
from portal.governance.rules.retention import RetentionError, classes
from portal.governance.rules.retention import parse as parse_classes

TABLES: Final[MetaData] = load_metadata()


def _actual(metadata: MetaData) -> dict[str, frozenset[str]]:
    return {
        name: frozenset(column.name for column in table.columns)
        for name, table in metadata.tables.items()
    }


def test_every_table_and_column_stands_in_the_data_map() -> None:
    assert faults(holdings(), _actual(TABLES)) == []


def test_a_forgotten_table_and_column_are_noticed() -> None:
    actual = {name: table.columns for name, table in holdings().tables.items()}
    actual["users"] |= {"shoe_size"}
    actual["diaries"] = frozenset({"id"})
    actual["employers"] -= {"name"}
    del actual["plans"]
    assert faults(holdings(), actual) == [
        "diaries: not in the data map",
        "plans: no such table",
        "employers.name: no such column",
        "users.shoe_size: not in the data map",
    ]


def test_every_table_has_a_retention_class_and_every_class_a_table() -> None:
    used = {table.retention for table in holdings().tables.values()}
    # Two classes take a part of a table that another class names.
    assert used | {"evidence_paid", "event_needs"} == classes().keys()


def test_what_is_emptied_is_reached_by_a_class_that_ends_or_by_erasure() -> None:
    """A column that is to be emptied stands in a class with a period, or belongs to somebody."""
    for table in holdings().tables.values():
        for column in table.emptied:
            ends = classes()[table.retention].ends
            assert ends or column.whose != "nobody" or table.retention == "reach", (
                f"{table.name}.{column.name} is said to go, but nothing takes it"
            )


def test_every_link_to_a_person_is_personal() -> None:
    """Every foreign key to an account, and every column called after a mail address, is listed."""
    for name, table in TABLES.tables.items():
        known = holdings().tables[name].personal
        for column in table.columns:
            to_user = any(key.column.table.name == "users" for key in column.foreign_keys)
            if to_user or "email" in column.name or "phone" in column.name:
                assert column.name in known, f"{name}.{column.name}"


def test_every_text_without_a_bound_is_judged() -> None:
    """Free text is personal data until the map says whose it is, or stands in the short list."""
    for name, table in TABLES.tables.items():
        known = holdings().tables[name].personal
        loose = {c.name for c in table.columns if _is_text(table, c.name)} - known.keys()
        assert not loose, f"{name}: {loose}"


def _is_text(table: Table, column: str) -> bool:
    return str(table.columns[column].type) == "TEXT"


def _map(**changes: Any) -> dict[str, Any]:
    column = {"kind": "name", "whose": "user", "ends": "anonymise"} | changes
    return {
        "purposes": {"p": "Words"},
        "reasons": {"r": "Because"},
        "tables": {
            "t": {
                "about": "Rows",
                "purpose": "p",
                "retention": "money",
                "ends": "keep",
                "personal": {"name": column},
                "rest": "id by",
            }
        },
    }


def test_a_whole_map_is_read() -> None:
    found = parse(_map(of="by"))
    assert isinstance(found, Holdings)
    assert found.tables["t"].columns == {"id", "by", "name"}
    assert found.tables["t"].emptied[0].of == "by"
    assert [one.name for one in found.personal] == ["t"]
    kept = parse(_map(ends="keep", because="r"))
    assert kept.why_kept(kept.tables["t"].personal["name"]) == "Because"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "hat"}, "no such kind"),
        ({"whose": "cat"}, "whose"),
        ({"ends": "never"}, "how does it end"),
        ({"ends": "keep"}, "needs a reason"),
        ({"because": "r"}, "needs a reason"),
        ({"of": "nobody"}, "no column"),
    ],
)
def test_a_map_that_cannot_hold_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(HoldingsError, match=words):
        parse(_map(**changes))


def test_a_schedule_that_cannot_hold_is_refused() -> None:
    notice = {"what": "Mail", "how_long": "{period}"}
    entry = {"title": "T", "from": "F", "then": "N", "why": "W", "notice": notice}
    entry |= {"least": 2, "most": 1}
    with pytest.raises(RetentionError, match="both"):
        parse_classes({"classes": {"x": entry}})
    with pytest.raises(RetentionError, match="why is missing"):
        parse_classes({"classes": {"x": {**entry, "most": 3, "why": ""}}})
