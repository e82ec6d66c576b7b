"""Commands that look after what reports count, and the one that makes up a programme."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from portal.db import Base, current_session, unit_of_work
from portal.integrations.jobs import MINUTELY_EXTENSION, run_minutely
from portal.kernel.clock import freeze, london, utc_now
from portal.reports.queries.cells import Wanted, counts, waiting
from portal.reports.service import counting
from tests.integration.conftest import make_app
from tests.support import databases
from tests.support.random_records import RandomRecords

# Made anew by the portal whenever a database is: no part of what a seed says.
_OWN = {"alembic_version", "report_definitions"}


def run(app: Flask, *words: str):
    return app.test_cli_runner().invoke(args=list(words))


@pytest.fixture
def counted(app: Flask) -> Flask:
    records = RandomRecords(seed=3)
    with unit_of_work():
        for _ in range(60):
            records.write()
    return app


def test_counts_that_are_right_are_said_to_be(counted: Flask) -> None:
    done = run(counted, "reports", "check")
    assert done.exit_code == 0
    assert "Every figure kept is what the records say" in done.output


def test_a_count_that_was_tampered_with_is_named_and_counted_afresh(counted: Flask) -> None:
    with unit_of_work():
        counting.fold()
        current_session().execute(text("UPDATE report_cells SET n = n + 5 WHERE fact = 'step'"))
    found = run(counted, "reports", "check")
    assert found.exit_code == 1
    assert "('step', " in found.output
    assert "run flask reports rebuild" in found.output
    assert run(counted, "reports", "rebuild").exit_code == 0
    assert run(counted, "reports", "check").exit_code == 0


def test_folding_says_how_many_changes_it_folded(counted: Flask) -> None:
    before = waiting()
    assert before
    assert f"{before:,} changes are folded" in run(counted, "reports", "fold").output
    assert waiting() == 0
    assert "0 changes are folded" in run(counted, "reports", "fold").output


def test_many_changes_are_folded_within_a_minute_in_parts(
    counted: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = Wanted("step", "employer", by=("month", "kind", "a", "b", "c"))
    before, known = waiting(), counts(wanted)
    assert before
    monkeypatch.setattr(counting, "_MANY", before + 1)
    assert run_minutely() == []
    assert waiting() == before
    monkeypatch.setattr(counting, "_MANY", before)
    monkeypatch.setattr(counting, "_AT_ONCE", 7)
    assert run_minutely() == []
    assert waiting() == 0
    assert counts(wanted) == known
    assert counting.differences() == []


def test_what_fails_in_a_minute_is_named_and_the_rest_is_done(
    counted: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    known = dict(counted.extensions[MINUTELY_EXTENSION])
    monkeypatch.setitem(counted.extensions, MINUTELY_EXTENSION, {"broken": _broken} | known)
    monkeypatch.setattr(counting, "_MANY", 1)
    assert run_minutely() == ["broken"]
    assert "The job broken failed; it runs again in a minute" in caplog.text
    assert waiting() == 0


def _broken() -> None:
    current_session().execute(text("SELECT 1"))
    raise LookupError("an example")


def test_nothing_is_released_before_it_is_due(app: Flask) -> None:
    # A release is due three weeks after a quarter: on its first day none is.
    with freeze(utc_now().replace(month=1, day=1, hour=12)):
        assert london(utc_now()).day == 1
        assert "Nothing is due" in run(app, "reports", "release").output


@pytest.fixture
def empty(database_kind: str, tmp_path: Path) -> Iterator[Flask]:
    """A database of its own: the command commits."""
    made = make_app(databases.new_database(database_kind, tmp_path), tmp_path)
    with made.app_context():
        yield made
    made.extensions["portal_db"].dispose()


def contents(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    found = {}
    with app.app_context():
        for table in Base.metadata.sorted_tables:
            if table.name in _OWN or table.name.startswith("report_"):
                continue
            rows = current_session().execute(table.select()).all()
            found[table.name] = sorted(tuple(map(str, row)) for row in rows)
    return found


def test_a_made_up_programme_is_counted_and_the_same_for_a_seed(
    empty: Flask, database_kind: str, tmp_path: Path
) -> None:
    done = run(empty, "bench", "seed", "--employers", "40", "--seed", "9")
    assert done.exit_code == 0, done.output
    assert "rows in" in done.output
    assert counting.differences() == []
    first = contents(empty)
    assert len(first["employers"]) == 40
    assert len(first["diagnostic_responses"]) == 120
    refused = run(empty, "bench", "seed", "--employers", "40")
    assert refused.exit_code == 1
    assert "Use an empty database" in refused.output
    (tmp_path / "other").mkdir()
    other = make_app(databases.new_database(database_kind, tmp_path / "other"), tmp_path / "other")
    try:
        with other.app_context():
            again = run(other, "bench", "seed", "--employers", "40", "--seed", "9")
        assert again.exit_code == 0, again.output
        assert contents(other) == first
    finally:
        other.extensions["portal_db"].dispose()
