"""Giving cases away, inviting a colleague, and closing the account of one who leaves."""

from __future__ import annotations

from portal.web.forms import EmailField, Form, SelectField, StringField


class ReassignForm(Form):
    """To whom the chosen cases go, and why."""

    to = SelectField("Who takes them on", blank="Choose a colleague", required="Choose a colleague")
    reason = StringField(
        "Why",
        hint="For example: leaves at the end of the month. Both advisers see it",
        required="Say why the cases change hands",
        max_length=500,
    )


class InviteForm(Form):
    """Somebody who comes to a provider."""

    organisation = SelectField("Provider", blank="Choose a provider", required="Choose a provider")
    name = StringField("Name", required="Enter the person's name", max_length=120)
    email = EmailField("Email address", required="Enter the person's work email address")


class CloseForm(Form):
    """A button and its token: nothing to fill in."""
