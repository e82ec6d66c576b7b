"""What a change costs: the triggers find the rows it bears on by an index, never by reading all."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from portal.db import current_session
from portal.reports.facts.catalogue import derived_rows, facts
from portal.reports.facts.dialect import POSTGRESQL, SQLITE, Sql
from portal.reports.facts.install import sql_of
from portal.reports.facts.triggers import PREFIX, statements
from tests.support.plans import plan_lines

# Names and constants that a plan may read through: they are not tables.
# An index of states alone names a large part of a table.
_BROAD = re.compile(r"SEARCH .*\((state|status|kind|phase)=\?\)")
_SMALL = re.compile(r"SCAN (k|\d+|CONSTANT ROW|\(subquery-\d+\)|\(join-\d+\))( |$)")


def plans(sql: Sql) -> list[tuple[str, str]]:
    """Every question that a trigger asks, with what asks it; the row's own values are constants."""
    asked = [
        (f"{fact.key} after {watch.table}", fact.rows(touched=watch.touched.format(row="ROW")))
        for fact in facts(sql)
        for watch in fact.watches
    ]
    asked += [
        (f"{item.table} after {watch.table}", item.select(watch.touched.format(row="ROW")))
        for item in derived_rows(sql)
        for watch in item.watches
    ]
    return [(name, re.sub(r"ROW\.\w+", "1", question)) for name, question in asked]


def scans(app: Flask, question: str) -> list[str]:
    """What of a question's plan reads a whole table."""
    found = plan_lines(current_session().connection(), question)
    if app.extensions["portal_db"].is_sqlite:
        whole = [line for line in found if line.startswith("SCAN") and not _SMALL.match(line)]
        return whole + [line for line in found if _BROAD.match(line)]
    return [line for line in found if "Seq Scan on" in line]


def test_no_trigger_reads_a_whole_table(app: Flask) -> None:
    sql = sql_of(current_session().connection())
    found = [(name, line) for name, question in plans(sql) for line in scans(app, question)]
    assert found == []


def test_an_index_of_states_would_be_found(app: Flask) -> None:
    question = "SELECT 1 FROM follow_ups x WHERE x.state = 'done' AND x.months > 3"
    assert len(scans(app, question)) == 1 or not app.extensions["portal_db"].is_sqlite


def test_a_question_without_an_index_would_be_found(app: Flask) -> None:
    assert len(scans(app, "SELECT 1 FROM outputs f WHERE f.employer_name = 'x'")) == 1


@pytest.mark.parametrize("sql", [SQLITE, POSTGRESQL], ids=["sqlite", "postgresql"])
def test_triggers_have_names_of_their_own(sql) -> None:
    made = [
        line.split()[2]
        for line in statements(sql, facts(sql), derived_rows(sql))
        if line.startswith("CREATE TRIGGER")
    ]
    assert len(made) == len(set(made))
    assert all(name.startswith(PREFIX) and len(name) <= 63 for name in made)
