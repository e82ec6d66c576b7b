"""The form in which a setting is given a new value from a day on."""

from __future__ import annotations

from portal.kernel.clock import today
from portal.web.forms import DateField, Form, StringField


class SettingForm(Form):
    """A value as it is typed, and the first day on which it holds."""

    value = StringField("New value", required="Enter the new value", max_length=60)
    effective_from = DateField(
        "Holds from",
        hint="Today or later. What was counted before that day stays as it was",
        required="Enter the day from which it holds",
        earliest=today,
    )
