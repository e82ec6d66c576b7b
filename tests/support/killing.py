"""A real server and a real worker that are killed at any moment, and people who go on regardless.

Each person presses what comes next for them, every third request twice at the same moment, and
notes what the server said was done. A connection that breaks says nothing: what became of the
request is seen in the database, as a person would after reloading the page.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from bs4 import BeautifulSoup
from flask import Flask

from portal.accounts.models import User
from portal.db import current_session
from tests.factories.accounts import sign_in
from tests.support.databases import ROOT
from tests.support.ports import free_port

HOST = "127.0.0.1"
_PATIENCE = 60.0
_BROKEN = (OSError, http.client.HTTPException)


class _Killable:
    """Processes in a group of their own, so that all of it dies at once."""

    log_name = "process.log"

    def __init__(self, url: str, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.kills = 0
        self.environment = {
            **os.environ,
            "PORTAL_ENV": "test",
            "DATABASE_URL": url,
            "STORAGE_URL": f"file://{folder / 'files'}",
            "QUEUE_PATH": str(folder / "queue.db"),
            "LOG_LEVEL": "ERROR",
            "PYTHONPATH": str(ROOT),
            **variables,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def begin(self, *command: str) -> None:
        """Start the command without waiting for it."""
        with (self.folder / self.log_name).open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=self.environment,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def kill(self) -> None:
        """Every process of it at once, in the middle of whatever it does."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
                self.kills += 1
            self.process.wait()
            self.process = None

    def log(self) -> str:
        """The last it said."""
        path = self.folder / self.log_name
        return path.read_text()[-3000:] if path.exists() else ""


class Server(_Killable):
    """Gunicorn with two workers."""

    log_name = "server.log"

    def __init__(self, url: str, folder: Path, target: str = "wsgi:app", **variables: str) -> None:
        super().__init__(url, folder, **variables)
        self.port = free_port()
        self.target = target

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.begin(
            "gunicorn", self.target, "--worker-class", "sync",
            "--workers", "2", "--bind", f"{HOST}:{self.port}", "--log-level", "error",
            # Built once and forked: most of a round would be three times the same start.
            "--preload", "--no-control-socket",
        )  # fmt: skip
        assert self.process is not None
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log()
            try:
                with socket.create_connection((HOST, self.port), timeout=_PATIENCE) as probe:
                    probe.sendall(b"GET /health HTTP/1.0\r\n\r\n")
                    if probe.recv(12):
                        return
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"The server did not answer in time: {self.log()}")


class Worker(_Killable):
    """``flask worker``: it takes up what is due as soon as it has started."""

    log_name = "worker.log"

    def __init__(self, url: str, folder: Path, target: str = "wsgi:app", **variables: str) -> None:
        super().__init__(url, folder, **variables)
        self.target = target

    def start(self) -> None:
        """Start it; it may be killed before it is ready."""
        self.begin("flask", "--app", self.target, "worker")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody signed in: the cookie and the token that their forms carry."""

    cookie: str
    token: str


def signed_in(app: Flask, user_id: int | None, page: str = "/claims") -> Visitor:
    """Sign a person in as the test client does, for use from elsewhere; ``page`` has a form."""
    client = app.test_client()
    with app.app_context():
        user = current_session().get_one(User, user_id)
        sign_in(client, user)
    answer = client.get(page)
    assert answer.status_code == 200, (page, answer.status_code)
    field_ = BeautifulSoup(answer.get_data(as_text=True), "html5lib").find(
        "input", {"name": "csrf_token"}
    )
    cookie = client.get_cookie("session")
    assert field_ is not None
    assert cookie is not None
    return Visitor(cookie.value, str(field_["value"]))


@dataclass
class Log:
    """What everybody met: answers by status, requests that broke off, what was acknowledged."""

    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    sent: int = 0
    twice: int = 0
    acknowledged: list[tuple[str, str]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def answered(self) -> int:
        """How many answers came, whatever they said."""
        return sum(self.statuses.copy().values())


@dataclass
class Press:
    """One thing to be pressed: whose, where, with what; what is so once ``said`` is answered."""

    visitor: Visitor
    path: str
    values: Mapping[str, str | Sequence[str]]
    reference: str = ""
    becomes: str = ""
    said: int = http.client.FOUND


class Presser(threading.Thread):
    """Somebody who presses one thing after the other until told to stop."""

    def __init__(
        self, app: Flask, port: int, log: Log, up: threading.Event, stop: threading.Event
    ) -> None:
        super().__init__(daemon=True)
        self.app, self.port, self.log = app, port, log
        self.up, self.stopped = up, stop

    def next(self) -> Press:
        """What comes next, in a context of the application."""
        raise NotImplementedError

    def run(self) -> None:
        """Go on until told to stop; what goes wrong here is the test's to show."""
        try:
            while not self.stopped.is_set():
                if self.up.wait(0.1):
                    self.once()
        except Exception as error:  # noqa: BLE001 - shown by the test
            self.log.errors.append(f"{type(error).__name__}: {error}")

    def once(self) -> None:
        """Look what comes next, and press it."""
        with self.app.app_context():
            press = self.next()
        self.press(press)

    def press(self, press: Press) -> None:
        """Send it; every third time twice, the second before the first is answered."""
        with self.log.lock:
            self.log.sent += 1
            copies = 2 if self.log.sent % 3 == 0 else 1
            self.log.twice += copies - 1
        connections = [
            http.client.HTTPConnection(HOST, self.port, timeout=30) for _ in range(copies)
        ]
        answers = [self._send(connection, press) for connection in connections]
        for connection, sent in zip(connections, answers, strict=True):
            status = self._answer(connection) if sent else None
            connection.close()
            with self.log.lock:
                if status is None:
                    self.log.broken += 1
                    continue
                self.log.statuses[status] += 1
                if status == press.said and press.becomes:
                    self.log.acknowledged.append((press.reference, press.becomes))

    @staticmethod
    def _send(connection: http.client.HTTPConnection, press: Press) -> bool:
        body = urlencode({**press.values, "csrf_token": press.visitor.token}, doseq=True)
        headers = {
            "Cookie": f"session={press.visitor.cookie}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        try:
            connection.request("POST", press.path, body, headers)
        except _BROKEN:
            return False
        return True

    @staticmethod
    def _answer(connection: http.client.HTTPConnection) -> int | None:
        try:
            response = connection.getresponse()
            response.read()
        except _BROKEN:
            return None
        return response.status


def storm(
    people: Sequence[Presser],
    server: Server,
    *,
    rounds: int,
    seed: int,
    worker: Worker | None = None,
    answers: int = 8,
) -> Log:
    """Start the server (and the worker), let everybody press, kill it; as often as asked.

    It lives for a few ``answers`` at most, however long they take on this machine, and a moment
    more; the worker dies a moment before or after it. The people share one log and its events.
    """
    chance = random.Random(seed)  # noqa: S311 - the same every time
    first = people[0]
    log, up, stop = first.log, first.up, first.stopped
    for person in people:
        person.start()
    try:
        for _ in range(rounds):
            if worker is not None:
                worker.start()
            server.start()
            up.set()
            wanted, end = log.answered + chance.randint(1, answers), time.monotonic() + _PATIENCE
            while log.answered < wanted and time.monotonic() < end and not log.errors:
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.1))
            victims: list[_Killable] = [server, *([worker] if worker is not None else [])]
            chance.shuffle(victims)
            for victim in victims:
                if victim is server:
                    up.clear()
                victim.kill()
                if len(victims) > 1:
                    time.sleep(chance.uniform(0, 0.1))
    finally:
        stop.set()
        up.set()
        server.kill()
        if worker is not None:
            worker.kill()
        for person in people:
            person.join(timeout=60)
    return log
