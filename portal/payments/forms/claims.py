"""What is typed about claims: answers, reasons, and requests to let a check through."""

from __future__ import annotations

from datetime import date, timedelta

from portal.kernel.clock import today
from portal.web.forms import DateField, Form, HiddenField, TextAreaField

MOST_DAYS = 90


def _latest() -> date:
    return today() + timedelta(days=MOST_DAYS)


class PressForm(Form):
    """A button that changes something, and nothing else."""


class SubmitForm(Form):
    """Submitting a claim as it was seen: its revision comes with the form."""

    revision = HiddenField("Revision")

    @property
    def seen(self) -> int:
        """The revision that was looked at; 0 when it was tampered with."""
        said = str(self.revision.data or "")
        return int(said) if said.isascii() and said.isdecimal() and len(said) < 10 else 0  # noqa: PLR2004


class AnswerForm(Form):
    """An answer to the LEP's question about a line."""

    words = TextAreaField(
        "Your answer",
        hint="Add files on the case first, if the answer needs them",
        required="Write your answer",
        max_length=2000,
        rows=4,
    )


class RemoveForm(Form):
    """Taking a line out that the LEP asked about."""

    reason = TextAreaField(
        "Why is it taken out?", required="Say why the line is taken out", max_length=1000, rows=3
    )


class OverrideForm(Form):
    """Asking that a failed check be let through."""

    reason = TextAreaField(
        "Why can this be paid all the same?",
        hint="Whoever decides, and an auditor later, has only these words",
        required="Say why this can be paid all the same",
        max_length=2000,
        rows=5,
    )
    until_on = DateField(
        "Until which day?",
        hint=f"{MOST_DAYS} days ahead at most. After it the check counts again",
        required="Enter the last day",
        earliest=today,
        latest=_latest,
    )


class DeclineForm(Form):
    """Not letting a check through."""

    words = TextAreaField("Why not?", required="Say why not", max_length=1000, rows=3)
