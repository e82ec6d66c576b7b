"""Mail that stops with one press (RFC 8058), by a real SMTP server; and what people choose."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from flask import Flask

from portal.db import unit_of_work
from portal.integrations.jobs import sweep
from portal.integrations.mail import MAIL_EXTENSION, SmtpMailer
from portal.network.queries import mails as found
from portal.network.rules.words import MAIL_KINDS
from portal.network.service import mails
from tests.factories.accounts import make_user, sign_in
from tests.support.client import PortalClient
from tests.support.ports import free_port


class PostBox:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.arrived: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.arrived.append(message)
        return "250 OK"


@pytest.fixture
def post_box(app: Flask) -> Iterator[PostBox]:
    """What arrives at a server that the application sends its mail to."""
    box = PostBox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    mailer = app.extensions[MAIL_EXTENSION]
    app.extensions[MAIL_EXTENSION] = SmtpMailer(
        f"smtp://127.0.0.1:{controller.port}", "Portal <noreply@portal.example>"
    )
    yield box
    app.extensions[MAIL_EXTENSION] = mailer
    controller.stop()


def send(to: str = "ann@shop.example", kind: str = "invitations") -> bool:
    with unit_of_work():
        went = mails.tell(
            kind=kind,
            to=to,
            subject="An example",
            template="network_invitation",
            context={
                "to_name": "Ann",
                "by_name": "Olive Example",
                "employer_name": "Example Ltd",
                "words": "Come along.",
                "link": "https://portal.example/join/x",
            },
        )
    sweep()
    return went


def test_one_press_in_a_mail_program_stops_that_kind(
    client: PortalClient, post_box: PostBox
) -> None:
    assert send()
    [message] = post_box.arrived
    header = message["List-Unsubscribe"]
    assert header.startswith("<http")
    assert header.endswith(">")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = header.strip("<>")
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        assert urlsplit(link).path in body.get_content().replace("=\n", "")
    path = urlsplit(link).path
    # The program has neither cookie nor form token.
    answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert found.refused_kinds("ANN@shop.example") == {"invitations"}
    assert not send()
    assert not send("Ann@Shop.Example")
    assert send(kind="events"), "other kinds still come"
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert len(post_box.arrived) == 2


def test_opening_the_link_changes_nothing_and_it_can_be_taken_back(
    client: PortalClient, app: Flask
) -> None:
    path = f"/mail/stop/{mails.token_for('ann@shop.example', 'digest')}"
    assert "Stop this mail?" in client.get(path).text
    assert client.head(path).status_code == 200
    assert found.refused_kinds("ann@shop.example") == frozenset()
    done = client.submit(path)
    assert "Forum: the weekly digest" in done.text
    assert found.refused_kinds("ann@shop.example") == {"digest"}
    assert "You do not get this mail" in client.get(path).text
    # Only stopping goes without a form token.
    bare = client.post(path.replace("stop", "start"))
    assert bare.status_code == 419
    assert found.refused_kinds("ann@shop.example") == {"digest"}
    again = client.submit(path)
    assert "You get this mail again" in again.text
    assert found.refused_kinds("ann@shop.example") == frozenset()


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_was_changed_stops_nothing(
    client: PortalClient, app: Flask, method: str
) -> None:
    token = mails.token_for("ann@shop.example", "events")
    forged = [token[:-2], f"x{token}", "x", mails._signer().dumps(["ann@shop.example", "all"])]
    for one in forged:
        answer = getattr(client, method)(f"/mail/stop/{one}")
        assert answer.status_code == 404
        assert "This link does not work" in answer.text
    assert found.refused_kinds("ann@shop.example") == frozenset()


def test_people_choose_by_kind(client: PortalClient, app: Flask) -> None:
    assert client.get("/account/mail").status_code == 302
    with unit_of_work():
        user = make_user("Choosing@example.org")
    sign_in(client, user)
    boxes = client.soup("/account/mail").select("input[name=kinds][checked]")
    assert {box["value"] for box in boxes} == set(MAIL_KINDS)
    client.submit("/account/mail", {"kinds": ["events", "forum"]})
    assert found.refused_kinds(user.email) == set(MAIL_KINDS) - {"events", "forum"}
    client.submit("/account/mail", {"kinds": ["digest"]})
    assert found.refused_kinds(user.email) == set(MAIL_KINDS) - {"digest"}
    wrong = client.submit("/account/mail", {"kinds": ["password"]})
    assert "Choose one of the options" in wrong.text
