"""The portal with a mailer as slow as a real one: workers die in the middle of a message."""

from __future__ import annotations

import time

from portal import create_app
from portal.integrations.mail import MAIL_EXTENSION, ConsoleMailer, Message

_SECONDS = 0.05


class SlowMailer(ConsoleMailer):
    """Takes its time before the message is handed over and after it."""

    def send(self, message: Message) -> None:
        """Hand the message over, in between."""
        time.sleep(_SECONDS)
        super().send(message)
        time.sleep(_SECONDS)


app = create_app()
app.extensions[MAIL_EXTENSION] = SlowMailer()
