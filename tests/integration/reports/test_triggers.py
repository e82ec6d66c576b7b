"""What a change costs: the triggers find the rows it bears on by an index, never by reading all."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import text

from portal.db import current_session, unit_of_work
from portal.reports.facts.catalogue import derived_rows, facts
from portal.reports.facts.dialect import POSTGRESQL, SQLITE, Sql
from portal.reports.facts.install import sql_of
from portal.reports.facts.triggers import PREFIX, statements
from tests.factories.employers import make_employer
from tests.support.plans import plan_lines

# Names and constants that a plan may read through: they are not tables.
# An index of states alone names a large part of a table.
_BROAD = re.compile(r"SEARCH .*\((state|status|kind|phase)=\?\)")
_SMALL = re.compile(r"SCAN (k|\d+|CONSTANT ROW|\(subquery-\d+\)|\(join-\d+\))( |$)")
# As this transaction has seen so far.
_READ_WHOLE = text(
    "SELECT sum(seq_scan) FROM pg_stat_xact_user_tables "
    "WHERE relname IN ('employers', 'report_employers')"
)
_NAMES = text("SELECT proname FROM pg_proc WHERE starts_with(proname, :prefix)")


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


def whole_readings(app: Flask, *, employers: int) -> int:
    """How often a table of employers' facts was read whole while so many came, in one action."""
    with app.app_context(), unit_of_work() as session:
        for _ in range(employers):
            make_employer()
        session.flush()
        return session.scalar(_READ_WHOLE) or 0


def test_tables_that_grow_in_one_action_are_not_read_for_each_row(postgres: Flask) -> None:
    """A trigger's plan is kept as it was made when the tables were empty: 5,000 lines took 70 s."""
    assert whole_readings(postgres, employers=40) == 0


def test_they_would_be_once_they_were_counted_as_empty(postgres: Flask) -> None:
    """The control: with the planner told that nothing is there, and without the setting."""
    with postgres.app_context(), unit_of_work() as session:
        for name in session.scalars(_NAMES, {"prefix": PREFIX}).all():
            session.execute(text(f"ALTER FUNCTION {name}() RESET enable_seqscan"))
        session.execute(text("ANALYZE employers, report_employers"))
    assert whole_readings(postgres, employers=40) >= 40


@pytest.mark.parametrize("sql", [SQLITE, POSTGRESQL], ids=["sqlite", "postgresql"])
def test_triggers_have_names_of_their_own(sql) -> None:
    made = [
        line.split()[2]
        for line in statements(sql, facts(sql), derived_rows(sql))
        if line.startswith("CREATE TRIGGER")
    ]
    assert len(made) == len(set(made))
    assert all(name.startswith(PREFIX) and len(name) <= 63 for name in made)
