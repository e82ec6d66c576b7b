"""Merging two records of one employer, and undoing it."""

from __future__ import annotations

from portal.web.forms import CheckboxesField, Form, HiddenField, TextAreaField


class MergeForm(Form):
    """What to take over, how it is known, and what was seen when the button was pressed."""

    fill = CheckboxesField("Fill gaps in the record that is kept")
    reason = TextAreaField(
        "How you know it is the same employer",
        required="Say how you know it is the same employer",
        max_length=1000,
        rows=3,
    )
    fingerprint = HiddenField()


class UndoForm(Form):
    """A button and its token: nothing to fill in."""
