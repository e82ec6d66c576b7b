"""The forms about a report by mail: one button each."""

from __future__ import annotations

from wtforms.validators import AnyOf

from portal.web.forms import Form, HiddenField

ACTIONS = ("subscribe", "pause", "resume", "stop")


class MailForm(Form):
    """What to do about the mail of one report."""

    report = HiddenField()
    action = HiddenField(validators=[AnyOf(ACTIONS)])


class EmptyForm(Form):
    """A button alone."""
