"""Promised work is done at least once: after a failure, a crash, a lost message."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal.db import audit, current_session, outbox, unit_of_work
from portal.db.session import Database
from portal.integrations.jobs import (
    HANDLERS_EXTENSION,
    HUEY_EXTENSION,
    register_handler,
    run_entry,
    sweep,
)
from portal.kernel.clock import freeze, utc_now
from tests.integration.conftest import make_settings
from tests.support import databases

ROOT = Path(__file__).resolve().parents[2]


class Handler:
    """Notes what it was given and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.seen: list[dict[str, Any]] = []

    def __call__(self, payload: Mapping[str, Any]) -> None:
        self.seen.append(dict(payload))
        if len(self.seen) <= self.failures:
            raise ConnectionError("not now")


@pytest.fixture
def handler(app: Flask) -> Iterator[Handler]:
    made = Handler()
    app.extensions[HANDLERS_EXTENSION]["test.work"] = made
    yield made
    del app.extensions[HANDLERS_EXTENSION]["test.work"]


def promise(**changes: Any) -> int:
    with unit_of_work():
        return outbox.add(kind="test.work", payload={"n": 1}, **changes).id


def entry(entry_id: int) -> outbox.OutboxEntry:
    # A new read transaction, so that what other processes committed is seen.
    current_session().rollback()
    return current_session().get_one(outbox.OutboxEntry, entry_id)


def test_promised_work_is_done_once(app: Flask, handler: Handler) -> None:
    entry_id = promise()
    assert outbox.waiting() == [entry_id]
    assert sweep() == 1
    assert handler.seen == [{"n": 1}]
    assert entry(entry_id).done_at is not None
    assert sweep() == 0
    assert not run_entry(entry_id)
    assert len(handler.seen) == 1


def test_failed_work_is_tried_again_after_growing_pauses(app: Flask, handler: Handler) -> None:
    handler.failures = 2
    entry_id = promise()
    assert not run_entry(entry_id)
    assert entry(entry_id).last_error == "ConnectionError: not now"
    assert sweep() == 0, "it must not be tried again at once"
    pauses = []
    for _ in range(2):
        due = entry(entry_id).due_at
        pauses.append(due - utc_now())
        with freeze(due + timedelta(seconds=1)):
            sweep()
    assert pauses[1] > pauses[0]
    assert len(handler.seen) == 3
    assert entry(entry_id).done_at is not None
    assert entry(entry_id).last_error is None


def test_hopeless_work_is_given_up_and_kept_for_people_to_see(app: Flask, handler: Handler) -> None:
    handler.failures = 1000
    entry_id = promise()
    for _ in range(outbox.MAX_ATTEMPTS + 3):
        with freeze(entry(entry_id).due_at + timedelta(seconds=1)):
            sweep()
    assert len(handler.seen) == outbox.MAX_ATTEMPTS
    assert entry(entry_id).done_at is None
    assert entry(entry_id).last_error


def test_one_failure_does_not_hold_up_the_rest(app: Flask, handler: Handler) -> None:
    handler.failures = 1
    promise()
    second = promise()
    assert sweep() == 1
    assert entry(second).done_at is not None


def test_work_of_an_unknown_kind_waits_for_its_handler(app: Flask) -> None:
    with unit_of_work():
        entry_id = outbox.add(kind="test.unknown", payload={}).id
    assert not run_entry(entry_id)
    assert "No handler" in (entry(entry_id).last_error or "")


def test_a_claimed_entry_is_left_alone_until_its_lease_ends(app: Flask, handler: Handler) -> None:
    entry_id = promise()
    with unit_of_work():
        assert outbox.claim(entry_id) is not None
    assert not run_entry(entry_id)
    assert sweep() == 0
    with freeze(utc_now() + timedelta(minutes=6)):
        assert sweep() == 1
    assert handler.seen == [{"n": 1}]


def test_the_same_promise_is_made_once(app: Flask, handler: Handler) -> None:
    first = promise(unique_key="welcome:1")
    assert promise(unique_key="welcome:1") == first
    assert promise(unique_key="welcome:2") != first
    assert sweep() == 2


def test_work_for_later_waits_until_it_is_due(app: Flask, handler: Handler) -> None:
    promise(due_at=utc_now() + timedelta(hours=1))
    assert sweep() == 0
    with freeze(utc_now() + timedelta(hours=2)):
        assert sweep() == 1


def test_a_rolled_back_action_promises_nothing(app: Flask, handler: Handler) -> None:
    with pytest.raises(ZeroDivisionError), unit_of_work():
        outbox.add(kind="test.work", payload={})
        raise ZeroDivisionError
    assert sweep() == 0
    assert handler.seen == []


def test_the_queue_is_told_after_the_commit_and_may_be_deaf(committed_app: Flask) -> None:
    app = committed_app
    told: list[int] = []

    class Deaf:
        def enqueue(self, entry_id: int) -> None:
            told.append(entry_id)
            raise ConnectionError("no queue")

    app.extensions[outbox.QUEUE_EXTENSION] = Deaf()
    handler = Handler()
    register_handler(app, "test.work", handler)
    with app.app_context():
        with unit_of_work():
            entry_id = outbox.add(kind="test.work", payload={}).id
            assert told == []
        assert told == [entry_id]
        assert sweep() == 1
    assert len(handler.seen) == 1


def test_a_message_in_the_queue_runs_its_entry(committed_app: Flask) -> None:
    handler = Handler()
    register_handler(committed_app, "test.work", handler)
    with committed_app.app_context():
        promise()
    huey = committed_app.extensions[HUEY_EXTENSION]
    task = huey.dequeue()
    huey.execute(task)
    assert len(handler.seen) == 1
    # The same message twice, as after a crash of the queue, does nothing more.
    huey.execute(task)
    assert len(handler.seen) == 1


def test_each_kind_has_one_handler(committed_app: Flask) -> None:
    register_handler(committed_app, "test.work", Handler())
    with pytest.raises(RuntimeError, match="Two handlers"):
        register_handler(committed_app, "test.work", Handler())


@contextlib.contextmanager
def worker(url: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A real `flask worker` process, killed at the end whatever happened."""
    environment = {
        **os.environ,
        "PORTAL_ENV": "development",
        "DATABASE_URL": url,
        "QUEUE_PATH": str(folder / "queue.db"),
        "STORAGE_URL": f"file://{folder / 'files'}",
        "SLOW_FOLDER": str(folder),
    }
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "--app", "tests.support.slow_app", "worker"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def wait_for(condition: Any, folder: Path, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, (folder / "worker.log").read_text()[-2000:]
        time.sleep(0.05)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_killed_workers_job_is_finished_by_the_next(kind: str, tmp_path: Path) -> None:
    from portal import create_app

    url = databases.new_database(kind, tmp_path)
    app = create_app(make_settings(url, tmp_path))
    database: Database = app.extensions["portal_db"]
    with app.app_context():
        with unit_of_work():
            entry_id = outbox.add(kind="test.slow", payload={"n": 7}).id

        with worker(url, tmp_path) as first:
            wait_for((tmp_path / "started-1").exists, tmp_path)
            os.kill(first.pid, signal.SIGKILL)
            first.wait()
        assert entry(entry_id).done_at is None
        assert done_times() == 0
        current_session().rollback()

        # Five minutes pass: the lease of the dead worker ends.
        with unit_of_work() as session:
            session.execute(update(outbox.OutboxEntry).values(due_at=utc_now()))
        (tmp_path / "go").touch()
        with worker(url, tmp_path):
            wait_for(lambda: entry(entry_id).done_at is not None, tmp_path)
        assert (tmp_path / "started-2").exists()
        assert done_times() == 1
        assert entry(entry_id).attempts == 2
    database.dispose()


def done_times() -> int:
    """How often the slow job came to its end."""
    return (
        current_session().scalar(
            select(func.count()).where(audit.AuditEntry.action == "test.slow_done")
        )
        or 0
    )


def test_what_is_due_is_done_at_once_and_no_more(app: Flask, handler: Handler) -> None:
    promise()
    promise()
    done = app.test_cli_runner().invoke(args=["worker", "--once"])
    assert done.exit_code == 0, done.output
    assert "2 done." in done.output
    assert len(handler.seen) == 2
    assert app.test_cli_runner().invoke(args=["worker", "--once"]).output == ""
