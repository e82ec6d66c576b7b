"""Making a token for another program."""

from __future__ import annotations

from portal.kernel.clock import today
from portal.reports.rules.tokens import LONGEST, PROPOSED
from portal.web.forms import DateField, Form, RadioField, StringField


class TokenForm(Form):
    """What a token is for, what it opens, and until when."""

    name = StringField(
        "What uses it",
        hint="For example: the dashboard of the board",
        required="Enter what uses the token",
        max_length=80,
    )
    scope = RadioField(
        "What it opens",
        choices=[
            ("statistics", "Statistics", "Figures in which small numbers are protected"),
            ("full", "Everything", "Every number of every report, as LEP staff see it"),
        ],
        required="Choose what the token opens",
    )
    expires_on = DateField(
        "Last day on which it works",
        hint="In a year at the latest",
        required="Enter the last day on which the token works",
        earliest=today,
        latest=lambda: today() + LONGEST,
    )

    @classmethod
    def fresh(cls) -> TokenForm:
        """An empty form that proposes half a year."""
        return cls(expires_on=today() + PROPOSED)


class RevokeForm(Form):
    """A button alone."""
