"""Mail through a real SMTP server: whole, once, tried again, and never forged."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from jinja2 import DictLoader

from portal.db import current_session, outbox, unit_of_work
from portal.integrations.jobs import sweep
from portal.integrations.mail import (
    MAIL_EXTENSION,
    ConsoleMailer,
    Message,
    SmtpMailer,
    recent_messages,
    send_later,
)
from portal.kernel.clock import freeze, utc_now
from tests.support.ports import free_port

SENDER = "Part-Time Talent Portal <noreply@portal.example>"
TEMPLATES = {
    "mail/test_note.txt": "Dear {{ name }},\n\nyour plan is ready: {{ link }}\n",
    "mail/test_note.html": "<p>Dear {{ name }},</p><p><a href='{{ link }}'>Your plan</a></p>",
}


class PostBox:
    """Keeps what arrives; refuses while told to."""

    def __init__(self) -> None:
        self.arrived: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.answer = "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer.startswith("250"):
            message = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(message, EmailMessage)
            self.arrived.append(message)
            self.recipients.append(list(envelope.rcpt_tos))
        return self.answer


@pytest.fixture
def post_box() -> PostBox:
    return PostBox()


@pytest.fixture
def server(post_box: PostBox) -> Iterator[Controller]:
    controller = Controller(post_box, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield controller
    if controller.server is not None:
        controller.stop()


@pytest.fixture
def smtp_app(app: Flask, server: Controller) -> Iterator[Flask]:
    """The application with mail going to that server, and a template for tests."""
    mailer, loader = app.extensions[MAIL_EXTENSION], app.jinja_loader
    app.extensions[MAIL_EXTENSION] = SmtpMailer(f"smtp://127.0.0.1:{server.port}", SENDER)
    app.jinja_env.loader, earlier = DictLoader(TEMPLATES), app.jinja_env.loader
    yield app
    app.extensions[MAIL_EXTENSION] = mailer
    app.jinja_env.loader = earlier
    app.jinja_loader = loader


def write(**changes: Any) -> None:
    values: dict[str, Any] = {
        "to": "ann@example.org",
        "subject": "Your plan for “Bäckerei”",
        "template": "test_note",
        "context": {"name": "Ann <b>", "link": "https://portal.example/p/1"},
        **changes,
    }
    with unit_of_work():
        send_later(**values)


def test_a_message_arrives_once_with_text_and_html(smtp_app: Flask, post_box: PostBox) -> None:
    write()
    assert post_box.arrived == [], "nothing is sent inside the transaction"
    sweep()
    sweep()
    [message] = post_box.arrived
    assert post_box.recipients == [["ann@example.org"]]
    assert message["Subject"] == "Your plan for “Bäckerei”"
    assert message["From"] == SENDER
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@portal.example>")
    assert message["Date"]
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "your plan is ready: https://portal.example/p/1" in text.get_content()
    assert "Ann &lt;b&gt;" in html.get_content()


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "Hello\nBcc: all@example.org"},
        {"subject": "Hello\rBcc: all@example.org"},
        {"to": "ann@example.org\nBcc: all@example.org"},
        {"to": "ann@example.org\r\nSubject: other"},
        {"subject": "Hello\0"},
    ],
)
def test_headers_cannot_be_smuggled_in(
    smtp_app: Flask, post_box: PostBox, change: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="line breaks"):
        write(**change)
    sweep()
    assert post_box.arrived == []


def test_the_mailer_itself_refuses_smuggled_headers(smtp_app: Flask, post_box: PostBox) -> None:
    mailer = smtp_app.extensions[MAIL_EXTENSION]
    with pytest.raises(ValueError, match=r"newline|linefeed|CR or LF|line"):
        mailer.send(Message("a@example.org", "x\nBcc: b@example.org", "t", "h", "<1@x.example>"))
    assert post_box.arrived == []


def test_while_the_server_is_down_mail_waits(
    smtp_app: Flask, server: Controller, post_box: PostBox
) -> None:
    port = server.port
    server.stop()
    write()
    assert sweep() == 0
    assert len(post_box.arrived) == 0
    [entry_id] = current_session().scalars(outbox.select(outbox.OutboxEntry.id))
    entry = current_session().get_one(outbox.OutboxEntry, entry_id)
    assert "refused" in (entry.last_error or "").lower()
    again = Controller(post_box, hostname="127.0.0.1", port=port)
    again.start()
    try:
        with freeze(utc_now() + timedelta(minutes=10)):
            assert sweep() == 1
    finally:
        again.stop()
    assert len(post_box.arrived) == 1


def test_a_server_that_says_later_is_asked_later(smtp_app: Flask, post_box: PostBox) -> None:
    post_box.answer = "451 try again later"
    write()
    assert sweep() == 0
    post_box.answer = "250 OK"
    with freeze(utc_now() + timedelta(minutes=10)):
        assert sweep() == 1
    first = post_box.arrived[0]["Message-ID"]
    assert first, "every try carries the same identifier"


def test_the_same_message_is_promised_once(smtp_app: Flask, post_box: PostBox) -> None:
    write(unique_key="plan-ready:1")
    write(unique_key="plan-ready:1")
    sweep()
    assert len(post_box.arrived) == 1


@pytest.mark.parametrize("url", ["smtp://", "http://mail.example", "mail.example:25"])
def test_an_address_that_is_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="MAIL_URL"):
        SmtpMailer(url, SENDER)


def test_a_password_is_never_sent_in_the_clear(server: Controller, post_box: PostBox) -> None:
    # This server offers no STARTTLS: with a password in the address the mailer must give up.
    import smtplib

    mailer = SmtpMailer(f"smtp://ann:secret@127.0.0.1:{server.port}", SENDER)
    with pytest.raises(smtplib.SMTPException):
        mailer.send(Message("a@example.org", "Hello", "t", "<p>h</p>", "<1@x.example>"))
    assert post_box.arrived == []


def test_in_development_mail_goes_to_the_mailbox_once(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    mailer = ConsoleMailer()
    message = Message("ann@example.org", "Hello", "Text", "<p>Text</p>", "<7@x.example>")
    mailer.send(message)
    mailer.send(message)
    assert "mail to ann@example.org: Hello" in capsys.readouterr().out
    [kept] = recent_messages(recipient="ann@example.org")
    assert (kept.subject, kept.body) == ("Hello", "Text")
    assert recent_messages(recipient="bob@example.org") == []
