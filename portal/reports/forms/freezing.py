"""Freezing a report."""

from __future__ import annotations

from portal.web.forms import Form, TextAreaField


class FreezeForm(Form):
    """Why a report is kept as it is."""

    note = TextAreaField(
        "What it is kept for",
        hint="Optional. For example: for the board of 14 December",
        max_length=500,
        rows=3,
    )
