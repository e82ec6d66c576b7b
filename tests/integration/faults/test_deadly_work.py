"""Work that kills its worker is tried a few times, then parked; nothing else waits behind it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from portal.db import current_session, outbox, unit_of_work
from portal.integrations.jobs import HANDLERS_EXTENSION, run_entry, sweep
from portal.kernel.clock import freeze, utc_now
from tests.support.client import PortalClient
from tests.support.databases import ROOT
from tests.support.drill import flask, refused

HARMLESS = 3
# A way of ending and one of being ended; the others in the whole proof.
WAYS = [("exit", 70), ("segfault", -11)]
WAYS += [("abort", -6), ("memory", -9)] if os.environ.get("BIG") == "1" else []


def workers(app: Flask, folder: Path, how: str) -> list[dict[str, int]]:
    """What became of each worker, one more of them than the work may kill."""
    with app.app_context(), unit_of_work():
        outbox.add(kind="test.deadly", payload={})
        for _ in range(HARMLESS):
            outbox.add(kind="test.harmless", payload={})
    app.extensions["portal_db"].dispose()
    environment = {
        **os.environ,
        "PORTAL_ENV": "development",
        "DATABASE_URL": app.extensions["portal_db"].url,
        "QUEUE_PATH": str(folder / "queue.db"),
        "STORAGE_URL": f"file://{folder / 'files'}",
    }
    words = ["tests.support.deadly_work", how, str(outbox.MAX_UNENDED + 2)]
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def the_entry() -> outbox.OutboxEntry:
    current_session().rollback()
    found = current_session().query(outbox.OutboxEntry).filter_by(kind="test.deadly").one()
    current_session().refresh(found)
    return found


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize(("how", "code"), WAYS)
def test_what_kills_its_worker_is_parked_and_can_be_tried_anew(
    committed_app: Flask, tmp_path: Path, how: str, code: int
) -> None:
    lived = workers(committed_app, tmp_path, how)
    most = outbox.MAX_UNENDED
    assert [one["ended"] for one in lived] == [code] * most + [0, 0], "tried too often, or not"
    # The first worker died before it came to them; no other work waits longer than that.
    assert [one["harmless"] for one in lived] == [0] + [HARMLESS] * (most + 1)

    with committed_app.app_context():
        entry = the_entry()
        assert (entry.attempts, entry.unended, entry.done_at) == (most, most, None)
        assert "never ended" in (entry.last_error or "")
        assert "parked" in (entry.last_error or "")
        number = entry.id
    client = committed_app.test_client()
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["given_up"]) == (200, 1)
    assert "portal_jobs_failed 1.0" in client.get("/metrics").get_data(as_text=True)
    said = refused(committed_app, "jobs")
    assert f"{number}  test.deadly" in said
    assert "never ended" in said
    assert "1 given up" in said

    # Mended: the next worker does it.
    assert "will be tried anew" in flask(committed_app, "jobs", "retry", number)
    handlers = committed_app.extensions[HANDLERS_EXTENSION]
    handlers["test.deadly"] = lambda _payload: None
    try:
        with committed_app.app_context():
            assert sweep() == 1
            assert the_entry().done_at is not None
    finally:
        del handlers["test.deadly"]
    assert "0 due" in flask(committed_app, "jobs")
    assert client.get("/readyz").json["given_up"] == 0
    assert "Not among those given up" in refused(committed_app, "jobs", "retry", number)


@pytest.mark.slow
def test_work_that_ends_no_worker_ends_well(committed_app: Flask, tmp_path: Path) -> None:
    """The control: the same workers, with work that lets them live."""
    lived = workers(committed_app, tmp_path, "control")
    assert [one["ended"] for one in lived] == [0] * len(lived)
    assert lived[0]["harmless"] == HARMLESS
    with committed_app.app_context():
        assert the_entry().done_at is not None


def test_an_ordinary_failure_is_no_death(app: Flask, client: PortalClient) -> None:
    """Killed now and then between failures, as by deploys, it goes on being tried."""
    failed: list[int] = []

    def fail(_payload: object) -> None:
        failed.append(1)
        raise ConnectionError("not now")

    app.extensions[HANDLERS_EXTENSION]["test.work"] = fail
    try:
        with unit_of_work():
            entry = outbox.add(kind="test.work", payload={})
            number = entry.id
        for _ in range(outbox.MAX_UNENDED * 3):
            for dies in (True, False):
                with freeze(current_session().get_one(outbox.OutboxEntry, number).due_at):
                    if dies:
                        with unit_of_work():
                            assert outbox.claim(number) is not None
                    else:
                        run_entry(number)
        assert len(failed) == outbox.MAX_UNENDED * 3
        assert outbox.backlog().given_up == 0
        assert client.get("/readyz").json["given_up"] == 0
    finally:
        del app.extensions[HANDLERS_EXTENSION]["test.work"]


def test_the_last_try_may_be_under_way(app: Flask) -> None:
    with unit_of_work():
        entry = outbox.add(kind="test.work", payload={})
        entry.unended = outbox.MAX_UNENDED - 1
        number = entry.id
    with unit_of_work():
        assert outbox.claim(number) is not None
    assert outbox.backlog().given_up == 0
    assert outbox.given_up() == []
    with freeze(utc_now() + timedelta(minutes=6)):
        assert outbox.backlog().given_up == 1
        assert [one.id for one in outbox.given_up()] == [number]
        assert outbox.waiting() == []
    with unit_of_work():
        outbox.finish(number)
    with freeze(utc_now() + timedelta(minutes=6)):
        assert outbox.backlog().given_up == 0


def test_all_that_was_given_up_is_tried_anew_and_nothing_else(app: Flask) -> None:
    with unit_of_work():
        tired = outbox.add(kind="test.work", payload={})
        tired.attempts = outbox.MAX_ATTEMPTS
        later = outbox.add(kind="test.work", payload={}, due_at=utc_now() + timedelta(hours=1))
        later.attempts = 3
        numbers = (tired.id, later.id)
    with unit_of_work():
        assert outbox.retry() == [numbers[0]]
    current_session().expire_all()
    assert [one.attempts for one in (tired, later)] == [0, 3]
    assert later.due_at > utc_now()
