"""The mail server is down for a day: nothing is lost, nothing sent twice, no other work waits."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import select

from portal.db import current_session, outbox, unit_of_work
from portal.integrations import mail
from portal.integrations.jobs import HANDLERS_EXTENSION, sweep
from portal.integrations.mail import MAIL_EXTENSION, SmtpMailer, send_later
from portal.kernel.clock import freeze, utc_now
from tests.support.client import PortalClient
from tests.support.line import line_to
from tests.support.ports import free_port

SENDER = "noreply@portal.example"


class PostBox:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.arrived: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.arrived += envelope.rcpt_tos
        return "250 OK"


@pytest.fixture
def port(app: Flask) -> Iterator[int]:
    """Where the mail server should be; nobody is there."""
    before, chosen = app.extensions[MAIL_EXTENSION], free_port()
    app.extensions[MAIL_EXTENSION] = SmtpMailer(f"smtp://127.0.0.1:{chosen}", SENDER)
    yield chosen
    app.extensions[MAIL_EXTENSION] = before


def write(count: int) -> list[str]:
    """Promise messages to so many people."""
    people = [f"person{number}@example.org" for number in range(count)]
    for person in people:
        with unit_of_work():
            send_later(
                to=person,
                subject="News",
                template="payments_claims",
                context={"name": "Ann", "paragraphs": ["News"], "href": "/"},
            )
    return people


def a_day(start: datetime, each: Callable[[], object]) -> None:
    """Sweep every half hour of a day."""
    for minutes in range(0, 24 * 60, 30):
        with freeze(start + timedelta(minutes=minutes)):
            sweep()
            if minutes % 360 == 0:
                each()


def back(port: int, when: datetime) -> list[str]:
    """The server is there again; whom its messages reached in the two hours after."""
    box = PostBox()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        for minutes in range(0, 130, 10):
            with freeze(when + timedelta(minutes=minutes)):
                sweep()
    finally:
        server.stop()
    return box.arrived


def test_down_for_a_day_every_message_arrives_once_afterwards(
    client: PortalClient, port: int
) -> None:
    people, start = write(2), utc_now()
    a_day(start, lambda: client.get("/help"))
    assert outbox.backlog().given_up == 0
    errors = current_session().scalars(select(outbox.OutboxEntry.last_error)).all()
    assert all(errors)
    assert sorted(back(port, start + timedelta(hours=24))) == people


def test_eight_tries_would_lose_all_of_it(
    app: Flask, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control."""
    monkeypatch.setattr(outbox, "MAX_ATTEMPTS", 8)
    write(2)
    start = utc_now()
    a_day(start, lambda: None)
    assert outbox.backlog().given_up == 2
    assert back(port, start + timedelta(hours=24)) == []


def test_tried_at_least_once_an_hour_and_for_three_days() -> None:
    pauses = [outbox.pause_after(tries) for tries in range(1, outbox.MAX_ATTEMPTS)]
    assert pauses == sorted(pauses)
    assert pauses[0] == timedelta(minutes=1)
    assert pauses[-1] == timedelta(hours=1)
    assert sum(pauses, timedelta(0)) > timedelta(days=3)


MESSAGES = 12


@pytest.mark.parametrize("rests", [True, False])
def test_a_silent_server_holds_up_no_other_work(
    app: Flask, monkeypatch: pytest.MonkeyPatch, rests: bool
) -> None:
    """With the control: a mailer that asks anew for each message makes everything wait."""
    patience = 0.25
    monkeypatch.setattr(mail, "_PATIENCE_SECONDS", patience)
    if not rests:
        monkeypatch.setattr(mail, "_REST", timedelta(0))
    done: list[Any] = []
    monkeypatch.setitem(app.extensions[HANDLERS_EXTENSION], "test.other", done.append)
    with line_to(lambda: socket.create_connection(("127.0.0.1", 9))) as line:
        line.silence()
        mailer = SmtpMailer(f"smtp://127.0.0.1:{line.port}", SENDER)
        monkeypatch.setitem(app.extensions, MAIL_EXTENSION, mailer)
        write(MESSAGES)
        with unit_of_work():
            outbox.add(kind="test.other", payload={"n": 1})
        started = time.monotonic()
        sweep()
        took = time.monotonic() - started
    assert done == [{"n": 1}]
    assert (took < MESSAGES * patience) is rests
