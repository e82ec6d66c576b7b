"""Web processes on several machines: who is signed in stays so when one dies; limits are shared."""

from __future__ import annotations

import http.client
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.db import unit_of_work
from tests.factories.accounts import make_user
from tests.support.killing import HOST, Server, signed_in
from tests.support.races import database_of
from tests.support.redis_server import RedisServer

LIMITED = "/diagnostic/resume/nobody-knows-this-one"
LIMIT = 60


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


def ask(server: Server, path: str, cookie: str = "") -> int:
    connection = http.client.HTTPConnection(HOST, server.port, timeout=30)
    connection.request("GET", path, headers={"Cookie": f"session={cookie}"} if cookie else {})
    status = connection.getresponse().status
    connection.close()
    return status


def in_turn(servers: list[Server], times: int) -> Counter[int]:
    return Counter(ask(servers[n % len(servers)], LIMITED) for n in range(times))


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("committed_app", ["sqlite"], indirect=True)
def test_a_process_that_dies_takes_nobody_with_it_and_limits_are_of_all(
    committed_app: Flask, tmp_path: Path, redis: RedisServer
) -> None:
    with committed_app.app_context(), unit_of_work():
        officer = make_user(roles=("lep_officer",)).id
    cookie = signed_in(committed_app, officer, "/account").cookie
    url = database_of(committed_app).url
    servers = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        servers.append(Server(url, folder, PORTAL_ENV="development", REDIS_URL=redis.url))
    try:
        for server in servers:
            server.start()
            assert ask(server, "/employers/", cookie) == 200
            assert ask(server, "/employers/") == 302, "the control: nobody is signed in"
        assert in_turn(servers, LIMIT + 10) == {404: LIMIT, 429: 10}
        redis.kill()
        # The control: without it each process counts for itself, and all of them from nothing.
        assert in_turn(servers, 10) == {404: 10}
        servers[0].kill()
        assert ask(servers[1], "/employers/", cookie) == 200
    finally:
        for server in servers:
            server.kill()
