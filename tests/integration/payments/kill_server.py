"""A real server that is killed at any moment, and people who go on pressing through it.

Each person presses what the claim's state asks for next, every third request twice at the same
moment, and notes what the server said was done. A connection that breaks says nothing: what became
of the request is seen in the claim, as a person would after reloading the page.
"""

from __future__ import annotations

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
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from urllib.parse import urlencode

from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.kernel.people import Author
from portal.payments.models import Claim, Contract, Output
from portal.payments.rules.periods import months_between
from tests.factories.accounts import sign_in
from tests.factories.payments import make_card
from tests.support import claims_world as world
from tests.support.claims_world import Desk
from tests.support.databases import ROOT
from tests.support.ports import free_port

HOST = "127.0.0.1"
FIRST = date(2010, 1, 1)
_PATIENCE = 60.0
_BROKEN = (OSError, http.client.HTTPException)


class Server:
    """Gunicorn with two workers in a group of their own, so that all of it dies at once."""

    def __init__(self, url: str, folder: Path, target: str = "wsgi:app", **variables: str) -> None:
        self.port = free_port()
        self.folder = folder
        self.target = target
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

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [
            sys.executable, "-m", "gunicorn", self.target, "--worker-class", "sync",
            "--workers", "2", "--bind", f"{HOST}:{self.port}", "--log-level", "error",
            # Built once and forked: most of a round would be three times the same start.
            "--preload", "--no-control-socket",
        ]  # fmt: skip
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
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

    def kill(self) -> None:
        """Every process of it at once, in the middle of whatever it does."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def log(self) -> str:
        """The last it said."""
        return (self.folder / "server.log").read_text()[-3000:]


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody signed in: the cookie and the token that their forms carry."""

    cookie: str
    token: str


def signed_in(app: Flask, person: Author) -> Visitor:
    """Sign a person in as the test client does, for use from elsewhere."""
    client = app.test_client()
    with app.app_context():
        user = current_session().get_one(User, person.user_id)
        sign_in(client, user)
    page = client.get("/claims")
    assert page.status_code == 200, page.status_code
    field_ = BeautifulSoup(page.get_data(as_text=True), "html5lib").find(
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


def add_month(desk: Desk, month: date) -> None:
    """Two pieces of work in a month. In a write."""
    world.add_work(desk, month, month.replace(day=2))


def make_desks(app: Flask, *, people: int, months: int) -> list[Desk]:
    """Desks with work of so many months that waits to be claimed."""

    def make() -> list[Desk]:
        make_card(FIRST)
        desks = [world.make_desk(starts_on=FIRST) for _ in range(people)]
        for desk in desks:
            for month in islice(months_between(FIRST, date.max), months):
                add_month(desk, month)
        return desks

    return world.set_up(app, make)


@dataclass
class Press:
    """One thing to be pressed: whose, where, with what, and what the claim is afterwards."""

    visitor: Visitor
    path: str
    values: Mapping[str, str]
    reference: str = ""
    becomes: str = ""


class Person(threading.Thread):
    """A provider's manager and an officer at one desk, pressing in turn until told to stop."""

    def __init__(
        self,
        app: Flask,
        desk: Desk,
        port: int,
        log: Log,
        up: threading.Event,
        stop: threading.Event,
    ) -> None:
        super().__init__(daemon=True)
        self.app, self.desk, self.port, self.log = app, desk, port, log
        self.up, self.stopped = up, stop
        self.manager = signed_in(app, desk.manager)
        self.officer = signed_in(app, desk.officers[0])
        with app.app_context():
            self.contract = current_session().get_one(Contract, desk.contract).reference

    def run(self) -> None:
        """Go on until told to stop; what goes wrong here is the test's to show."""
        try:
            while not self.stopped.is_set():
                if self.up.wait(0.1):
                    self.press(self.next())
        except Exception as error:  # noqa: BLE001 - shown by the test
            self.log.errors.append(f"{type(error).__name__}: {error}")

    def next(self) -> Press:
        """What the claims of this desk ask for."""
        with self.app.app_context():
            claim = current_session().scalar(
                select(Claim)
                .where(
                    Claim.contract_id == self.desk.contract,
                    Claim.state.in_(("draft", "submitted")),
                )
                .limit(1)
            )
            if claim is None:
                path = f"/contracts/{self.contract}/claims/{self.free_month():%Y-%m}"
                return Press(self.manager, path, {})
            reference, revision = claim.reference, str(claim.revision)
            if claim.state == "draft":
                path = f"/claims/{reference}/submit"
                return Press(self.manager, path, {"revision": revision}, reference, "submitted")
            ids = ",".join(str(line) for line in world.lines_of(reference))
            values = {"do": "approve", "ids": ids, "revision": revision, "sure": "1"}
            return Press(self.officer, f"/review/{reference}/lines", values, reference, "approved")

    def free_month(self) -> date:
        """The first month that has no claim yet; its work was done before, or is done now."""
        session = current_session()
        of_desk = Claim.contract_id == self.desk.contract
        claimed = set(session.scalars(select(Claim.period).where(of_desk)))
        month = next(one for one in months_between(FIRST, date.max) if one not in claimed)
        worked = select(Output.id).where(
            Output.contract_id == self.desk.contract, Output.occurred_on >= month
        )
        if session.scalar(worked.limit(1)) is None:
            with unit_of_work():
                add_month(self.desk, month)
        return month

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
                if status == http.client.FOUND and press.becomes:
                    self.log.acknowledged.append((press.reference, press.becomes))

    @staticmethod
    def _send(connection: http.client.HTTPConnection, press: Press) -> bool:
        body = urlencode({**press.values, "csrf_token": press.visitor.token})
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


def storm(app: Flask, desks: list[Desk], server: Server, *, rounds: int, seed: int) -> Log:
    """Start the server, let everybody press, kill it; as often as asked.

    It lives for a few answers, however long they take on this machine, and a moment more.
    """
    chance = random.Random(seed)  # noqa: S311 - the same every time
    log, up, stop = Log(), threading.Event(), threading.Event()
    people = [Person(app, desk, server.port, log, up, stop) for desk in desks]
    for person in people:
        person.start()
    try:
        for _ in range(rounds):
            server.start()
            up.set()
            wanted, end = log.answered + chance.randint(1, 8), time.monotonic() + _PATIENCE
            while log.answered < wanted and time.monotonic() < end and not log.errors:
                time.sleep(0.005)
            time.sleep(chance.uniform(0, 0.1))
            up.clear()
            server.kill()
    finally:
        stop.set()
        up.set()
        server.kill()
        for person in people:
            person.join(timeout=60)
    return log
