"""Many people changing the same record at once lose nothing (docs/decisions/003)."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.db import sqlite
from portal.db.session import Database, current_session, unit_of_work
from tests.support import databases
from tests.support.contender import Counter, bare_app, contend, make_counter, read_counter

# `make prove` runs it ten times as long.
BIG = os.environ.get("BIG") == "1"
CHANGES = 50_000 if BIG else 5_000
PROCESSES, THREADS = 4, 2
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path):
    """A database of its own, as the portal sets it up, with one counter."""
    made = Database(databases.new_database(request.param, tmp_path))
    make_counter(made)
    yield made
    made.dispose()


def _wait_for(condition, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600 if BIG else 300)
def test_five_thousand_contended_changes_lose_none(database: Database, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    times = CHANGES // (PROCESSES * THREADS)
    command = [sys.executable, "-m", "tests.support.contender", database.url]
    command += [str(THREADS), str(times), str(gate)]
    running = [
        subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    _wait_for(lambda: len(list(tmp_path.glob("gate.*"))) == PROCESSES)
    gate.touch()
    said = [process.communicate()[0].strip() for process in running]
    assert said == [""] * PROCESSES
    assert read_counter(database) == CHANGES


def test_threads_of_one_process_lose_none(database: Database) -> None:
    assert contend(database.url, threads=8, times=25) == []
    assert read_counter(database) == 200


def test_plain_sessions_do_lose_changes(database: Database) -> None:
    """The control: the defaults, with the same work, lose changes or fail."""
    # The library's own defaults: none of the portal's settings.
    engine = create_engine(make_url(database.url))
    both_have_read = threading.Barrier(2, timeout=10)
    errors: list[str] = []

    def work() -> None:
        for _ in range(10):
            try:
                with Session(engine) as session:
                    counter = session.get_one(Counter, 1)
                    value = counter.value
                    both_have_read.wait()
                    counter.value = value + 1
                    session.commit()
            except OperationalError as error:
                errors.append(str(error))

    running = [threading.Thread(target=work) for _ in range(2)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    engine.dispose()
    lost = 20 - len(errors) - read_counter(database)
    assert lost + len(errors) >= 5, "the defaults lost nothing: this proof proves nothing"


def test_without_the_immediate_lock_writers_fail(database: Database) -> None:
    """The control on SQLite: a deferred transaction that read before it writes is refused."""
    if not database.is_sqlite:
        # PostgreSQL's counterpart is the lost update above.
        return
    with database.sessions() as one, database.sessions() as other:
        one.info["portal_writing"] = other.info["portal_writing"] = True
        for session in (one, other):
            session.get_one(Counter, 1).value += 1
        one.commit()
        with pytest.raises(OperationalError, match="locked"):
            other.commit()
        other.rollback()


# Whose turn it is --------------------------------------------------------------------------------

WRITERS, FAIR, GAVE_UP = 8, 60, 1000


def _turns_waited(url: str) -> list[int]:
    """How many changes of others went first, for each of 200 by eight writers at once.

    One that gave up after five seconds was passed over by more than there were.
    """
    app = bare_app(url)
    waited: list[int] = []

    def work() -> None:
        for _ in range(25):
            with app.app_context():
                on_arrival = current_session().get_one(Counter, 1).value
                try:
                    change(on_arrival)
                except sqlite3.OperationalError:
                    waited.append(GAVE_UP)

    def change(on_arrival: int) -> None:
        with unit_of_work() as session:
            counter = session.get_one(Counter, 1)
            waited.append(counter.value - on_arrival)
            counter.value += 1
            session.flush()
            # What a slow disk or a long change takes.
            time.sleep(0.02)

    running = [threading.Thread(target=work) for _ in range(WRITERS)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    app.extensions["portal_db"].dispose()
    return waited


@pytest.fixture
def in_a_file(tmp_path: Path):
    """A SQLite database of its own with one counter."""
    made = Database(databases.new_database("sqlite", tmp_path))
    make_counter(made)
    yield made
    made.dispose()


def test_whoever_wants_to_write_gets_a_turn_before_others_had_many(in_a_file: Database) -> None:
    waited = _turns_waited(in_a_file.url)
    assert len(waited) == read_counter(in_a_file) == 200
    assert max(waited) <= FAIR, "seven would be strictly in turn"


def test_as_sqlite_waits_by_itself_some_are_passed_over(
    in_a_file: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(sqlite, "begin_immediate", lambda it: it.execute("BEGIN IMMEDIATE"))
    assert max(_turns_waited(in_a_file.url)) > FAIR
