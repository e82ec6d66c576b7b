"""Forms that every tool shares."""

from __future__ import annotations

from portal.toolkit.rules.words import NOTE_LENGTH
from portal.web.forms import Form, TextAreaField


class WithdrawResultForm(Form):
    """Taking a kept result back."""

    reason = TextAreaField(
        "Why are you withdrawing it?",
        hint="For example, a figure was wrong",
        required="Say why you are withdrawing this result",
        max_length=NOTE_LENGTH,
        rows=3,
    )
