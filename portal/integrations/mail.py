"""Mail: composed from templates inside the unit of work, sent after it from the outbox."""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import formatdate, make_msgid, parseaddr
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from flask import Flask, current_app, has_app_context, render_template
from sqlalchemy import String, Text, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, current_session, outbox, unit_of_work
from portal.db.programmes import settings_here
from portal.integrations.jobs import register_handler
from portal.kernel.clock import utc_now

_log = logging.getLogger(__name__)
MAIL_EXTENSION = "portal_mailer"
KIND = "mail.send"
_PATIENCE_SECONDS = 20
_REST = timedelta(seconds=30)


class MailboxMessage(Base):
    """A message kept for the development mailbox page; never used in production."""

    __tablename__ = "mailbox_messages"

    at: Mapped[datetime] = mapped_column(UtcDateTime(), default=utc_now)
    recipient: Mapped[str] = mapped_column(String(254), index=True)
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text())
    message_id: Mapped[str] = mapped_column(String(200), unique=True)


@dataclass(frozen=True, slots=True)
class MailFile:
    """A file that goes with a message. ``content_type`` is like "application/pdf"."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A composed message: plain text always, HTML beside it.

    ``unsubscribe`` is an address that takes a POST of its own kind (RFC 8058), if there is one.
    ``files`` go with it; only what is sent at once has any.
    """

    to: str
    subject: str
    text: str
    html: str
    message_id: str
    unsubscribe: str = ""
    files: tuple[MailFile, ...] = ()


class Mailer(Protocol):
    """Carries a message; raises when it could not, so that it is tried again."""

    def send(self, message: Message) -> None:
        """Hand the message over."""


def _as_email(message: Message, sender: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = message.to
    mail["Subject"] = message.subject
    mail["Date"] = formatdate(localtime=False)
    # The same identifier on every try lets a receiver drop a message sent twice.
    mail["Message-ID"] = message.message_id
    mail["Auto-Submitted"] = "auto-generated"
    if message.unsubscribe:
        mail["List-Unsubscribe"] = f"<{message.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(message.text)
    mail.add_alternative(message.html, subtype="html")
    for file in message.files:
        main, _, kind = file.content_type.partition("/")
        mail.add_attachment(file.data, maintype=main, subtype=kind, filename=file.name)
    return mail


class ConsoleMailer:
    """Prints each message and keeps it for the mailbox page."""

    def send(self, message: Message) -> None:
        """Write the text to standard output and to the mailbox table."""
        files = "".join(f"\n[{file.name}, {len(file.data):,} bytes]" for file in message.files)
        text = message.text + files
        print(  # noqa: T201 - the console is this mailer's post office
            f"\n--- mail to {message.to}: {message.subject}\n{text}\n---", flush=True
        )
        with unit_of_work() as session:
            known = session.scalar(
                select(MailboxMessage.id).where(MailboxMessage.message_id == message.message_id)
            )
            if known is None:
                session.add(
                    MailboxMessage(
                        recipient=message.to,
                        subject=message.subject,
                        body=text,
                        message_id=message.message_id,
                    )
                )


class SmtpMailer:
    """Sends through an SMTP server: ``smtp://`` with STARTTLS where offered, ``smtps://`` for TLS.

    STARTTLS is demanded whenever a password is sent.
    """

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("MAIL_URL must be console: or smtp://host:port or smtps://host:port")
        self._host = parts.hostname
        self._tls = parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 587)
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._sender = sender
        self._rests_until: datetime | None = None

    def _reach(self, context: ssl.SSLContext) -> smtplib.SMTP:
        """A connection; a server that did not answer is left alone for a while.

        Otherwise a hundred messages that wait for a silent server hold up all other work, twenty
        seconds each.
        """
        if self._rests_until is not None and utc_now() < self._rests_until:
            raise ConnectionError("The mail server did not answer a moment ago")
        try:
            if self._tls:
                return smtplib.SMTP_SSL(
                    self._host, self._port, timeout=_PATIENCE_SECONDS, context=context
                )
            return smtplib.SMTP(self._host, self._port, timeout=_PATIENCE_SECONDS)
        except OSError:
            self._rests_until = utc_now() + _REST
            raise

    def send(self, message: Message) -> None:
        """Hand the message to the server, or raise ``OSError`` or ``SMTPException``."""
        mail = _as_email(message, settings_here().mail_from if has_app_context() else self._sender)
        context = ssl.create_default_context()
        with self._reach(context) as client:
            client.ehlo()
            if not self._tls and (self._user or client.has_extn("starttls")):
                client.starttls(context=context)
                client.ehlo()
            if self._user:
                client.login(self._user, self._password)
            client.send_message(mail)


def public_link(endpoint: str, **values: Any) -> str:
    """An address for a message, on the portal's public address whatever host was asked."""
    path = current_app.url_map.bind("localhost").build(endpoint, values)
    return f"{settings_here().public_url.rstrip('/')}{path}"


def send_later(
    *,
    to: str,
    subject: str,
    template: str,
    context: Mapping[str, Any],
    unique_key: str | None = None,
    unsubscribe: str = "",
) -> None:
    """Compose a message now and send it after the commit.

    ``template`` names ``templates/mail/<template>.txt`` and ``.html``; the context is plain data,
    so nothing is queried while it is rendered.
    """
    _refuse_breaks(subject + to)
    outbox.add(
        kind=KIND,
        payload={
            "to": to,
            "subject": subject,
            "text": render_template(f"mail/{template}.txt", **context),
            "html": render_template(f"mail/{template}.html", subject=subject, **context),
            "message_id": make_msgid(domain=_domain() or None),
            "unsubscribe": unsubscribe,
        },
        unique_key=unique_key,
    )


def send_now(
    *,
    to: str,
    subject: str,
    template: str,
    context: Mapping[str, Any],
    message_key: str,
    unsubscribe: str = "",
    files: Sequence[MailFile] = (),
) -> None:
    """Compose a message and hand it over at once; for a worker, outside any unit of work.

    ``message_key`` is part of its identifier, so that a receiver drops what a second try sends
    again: letters, digits, dots and hyphens.

    Raises:
        OSError: or whatever else the mailer raises, when it could not be handed over.
    """
    _refuse_breaks(subject + to + message_key)
    mailer: Mailer = current_app.extensions[MAIL_EXTENSION]
    mailer.send(
        Message(
            to=to,
            subject=subject,
            text=render_template(f"mail/{template}.txt", **context),
            html=render_template(f"mail/{template}.html", subject=subject, **context),
            message_id=f"<{message_key}@{_domain() or 'portal.invalid'}>",
            unsubscribe=unsubscribe,
            files=tuple(files),
        )
    )


def _refuse_breaks(text: str) -> None:
    if any(ord(character) < 32 for character in text):  # noqa: PLR2004 - control characters
        raise ValueError("A mail subject or address cannot hold line breaks")


def _domain() -> str:
    return parseaddr(settings_here().mail_from)[1].partition("@")[2]


def _deliver(payload: Mapping[str, Any]) -> None:
    mailer: Mailer = current_app.extensions[MAIL_EXTENSION]
    mailer.send(Message(**payload))


def recent_messages(*, recipient: str | None = None, limit: int = 50) -> list[MailboxMessage]:
    """The newest kept messages, for the development mailbox page."""
    query = select(MailboxMessage).order_by(MailboxMessage.id.desc()).limit(limit)
    if recipient:
        query = query.where(MailboxMessage.recipient == recipient)
    return list(current_session().scalars(query))


def init_mail(app: Flask) -> None:
    """Choose the mailer from MAIL_URL."""
    settings = app.config["SETTINGS"]
    app.extensions[MAIL_EXTENSION] = (
        ConsoleMailer()
        if settings.mail_url.startswith("console")
        else SmtpMailer(settings.mail_url, settings.mail_from)
    )
    register_handler(app, KIND, _deliver)
    app.jinja_env.globals["public_link"] = public_link
