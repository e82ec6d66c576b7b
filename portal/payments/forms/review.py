"""The forms of a claim's review."""

from __future__ import annotations

from portal.payments.rules.review import DECISIONS
from portal.web.forms import Form, HiddenField, TextAreaField


class DecideForm(Form):
    """What is to be decided about which lines, as they stood when they were looked at.

    ``ids`` are keys with commas between them. ``clean`` says that the lines were chosen because
    every check passed; ``sure`` that the decision was read over and is meant.
    """

    do = HiddenField()
    ids = HiddenField()
    revision = HiddenField()
    clean = HiddenField()
    sure = HiddenField()
    words = TextAreaField("Reason", max_length=2000)

    @property
    def wanted(self) -> str:
        """approve, query or reject; empty for anything else."""
        return str(self.do.data) if self.do.data in DECISIONS else ""

    @property
    def seen_revision(self) -> int:
        """The claim's revision on the page; 0, which no claim has, for anything else."""
        text = self.revision.data or ""
        return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else 0  # noqa: PLR2004
