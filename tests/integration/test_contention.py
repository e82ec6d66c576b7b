"""Many people changing the same record at once lose nothing (docs/decisions/003)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal.db.session import Database
from tests.support import databases
from tests.support.contender import Counter, contend, make_counter, read_counter

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
