"""What a change costs: the triggers find the rows it bears on by an index, never by reading all."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from portal.db import current_session
from portal.reports.facts.catalogue import derived_rows, facts
from portal.reports.facts.dialect import POSTGRESQL, SQLITE
from portal.reports.facts.triggers import PREFIX, statements

# Names and constants that a plan may read through: they are not tables.
_SMALL = re.compile(r"SCAN (k|\d+|CONSTANT ROW|\(subquery-\d+\)|\(join-\d+\))( |$)")


def plans() -> list[tuple[str, str]]:
    """Every question that a trigger asks, with what asks it; the row's own values are constants."""
    asked = [
        (f"{fact.key} after {watch.table}", fact.rows(touched=watch.touched.format(row="ROW")))
        for fact in facts(SQLITE)
        for watch in fact.watches
    ]
    asked += [
        (f"{item.table} after {watch.table}", item.select(watch.touched.format(row="ROW")))
        for item in derived_rows(SQLITE)
        for watch in item.watches
    ]
    return [(name, re.sub(r"ROW\.\w+", "1", question)) for name, question in asked]


def scans(app: Flask, question: str) -> list[str]:
    connection = current_session().connection()
    lines = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}").all()
    return [line[3] for line in lines if line[3].startswith("SCAN") and not _SMALL.match(line[3])]


def test_no_trigger_reads_a_whole_table(app: Flask) -> None:
    if not app.extensions["portal_db"].is_sqlite:
        pytest.skip("PostgreSQL reads tables that are as small as these whole")
    found = [(name, line) for name, question in plans() for line in scans(app, question)]
    assert found == []


def test_a_question_without_an_index_would_be_found(app: Flask) -> None:
    if not app.extensions["portal_db"].is_sqlite:
        pytest.skip("PostgreSQL reads tables that are as small as these whole")
    assert scans(app, "SELECT 1 FROM outputs f WHERE f.employer_name = 'x'") == ["SCAN f"]


@pytest.mark.parametrize("sql", [SQLITE, POSTGRESQL], ids=["sqlite", "postgresql"])
def test_triggers_have_names_of_their_own(sql) -> None:
    made = [
        line.split()[2]
        for line in statements(sql, facts(sql), derived_rows(sql))
        if line.startswith("CREATE TRIGGER")
    ]
    assert len(made) == len(set(made))
    assert all(name.startswith(PREFIX) and len(name) <= 63 for name in made)
