"""Redis is killed or frozen under a real server and worker: pages answer, no job is lost."""

from __future__ import annotations

import http.client
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.db import current_session, outbox
from portal.integrations.mail import KIND
from tests.integration.faults.kill_people import Logging, finish_jobs, job_faults
from tests.integration.payments.kill_server import Person, make_desks
from tests.support.killing import HOST, Log, Server, Worker
from tests.support.races import database_of
from tests.support.redis_server import RedisServer

BIG = os.environ.get("BIG") == "1"
LIMITED = "/diagnostic/resume/nobody-knows-this-one"
# Each of the two processes counts for itself while Redis is gone.
MOST = 2 * 60


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


def statuses(port: int, times: int, path: str = LIMITED) -> Counter[int]:
    """What a page answers, asked so often."""
    found: Counter[int] = Counter()
    for _ in range(times):
        connection = http.client.HTTPConnection(HOST, port, timeout=30)
        connection.request("GET", path)
        found[connection.getresponse().status] += 1
        connection.close()
    return found


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.1)


# What becomes of Redis has little to do with the database: both in `make prove`.
@pytest.mark.parametrize(
    "committed_app", ["sqlite", "postgresql"] if BIG else ["sqlite"], indirect=True
)
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_gone_frozen_and_back_it_is_missed_by_nobody(
    committed_app: Flask, tmp_path: Path, redis: RedisServer
) -> None:
    app, url = committed_app, database_of(committed_app).url
    settings = {"PORTAL_ENV": "development", "REDIS_URL": redis.url}
    server, worker = Server(url, tmp_path, **settings), Worker(url, tmp_path, **settings)
    shared = (server.port, Log(), threading.Event(), threading.Event())
    adviser = Logging(app, *shared)
    provider = Person(app, make_desks(app, people=1, months=3)[0], *shared)

    def mails() -> tuple[int, int]:
        """How many are promised and how many of them went out."""
        with app.app_context():
            entries = list(
                current_session().scalars(
                    outbox.select(outbox.OutboxEntry).where(outbox.OutboxEntry.kind == KIND)
                )
            )
            return len(entries), sum(one.done_at is not None for one in entries)

    def work(presses: int) -> None:
        """Claims and notes; each must be said to be done, and soon."""
        for _ in range(presses):
            for person in (adviser, provider):
                started = time.monotonic()
                person.once()
                assert time.monotonic() - started < 15, "a page waited too long for Redis"

    try:
        server.start()
        worker.start()
        work(3)
        wait_until(lambda: mails()[0] > 0 and len(set(mails())) == 1, worker.log())
        redis.kill()
        work(3)
        assert set(statuses(server.port, MOST + 5)) == {404, 429}, "the limit must hold"
        redis.start()
        redis.freeze()
        work(1)
        redis.kill()
        redis.start()
        before = mails()[1]
        # The server asks Redis again after a while.
        wait_until(lambda: (work(2), mails()[1] > before)[1], worker.log())
    finally:
        server.kill()
        worker.kill()
    assert set(shared[1].statuses) <= {200, 302}, (shared[1].statuses, server.log())
    assert shared[1].broken == 0
    with app.app_context():
        assert adviser.lost() == []
        finish_jobs()
        assert job_faults() == []


@pytest.mark.parametrize("committed_app", ["sqlite"], indirect=True)
@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_portal_that_leans_on_redis_is_caught(
    committed_app: Flask, tmp_path: Path, redis: RedisServer
) -> None:
    """The control."""
    server = Server(
        database_of(committed_app).url,
        tmp_path,
        target="tests.support.leans_on_redis:app",
        PORTAL_ENV="development",
        REDIS_URL=redis.url,
    )
    try:
        server.start()
        assert set(statuses(server.port, 2)) == {404}
        redis.kill()
        assert set(statuses(server.port, 2)) == {500}
        assert set(statuses(server.port, 2, "/help")) == {200}
    finally:
        server.kill()
