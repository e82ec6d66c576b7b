"""Forms about evidence files."""

from __future__ import annotations

from portal.caseload.rules.evidence import (
    ACCEPT_ATTRIBUTE,
    NOTE_LENGTH,
    REASON_LENGTH,
)
from portal.caseload.rules.words import EVIDENCE_KINDS
from portal.web.forms import FileField, Form, SelectField, TextAreaField


class EvidenceForm(Form):
    """A file, what it proves, and which record it belongs to."""

    file = FileField(
        "File",
        required="Choose a file",
        accept=ACCEPT_ATTRIBUTE,
    )
    kind = SelectField(
        "What it proves",
        required="Choose what the file proves",
        choices=list(EVIDENCE_KINDS.items()),
        blank="Choose",
    )
    subject = SelectField(
        "Which record it belongs to (optional)", choices=[], blank="The case as a whole"
    )
    note = TextAreaField(
        "Note (optional)", max_length=NOTE_LENGTH, rows=3, hint="What to look at in the file"
    )


class WithdrawForm(Form):
    """Why a file no longer counts."""

    reason = TextAreaField(
        "Why the file is withdrawn",
        required="Say why the file is withdrawn",
        max_length=REASON_LENGTH,
        rows=3,
        hint="For example, it belongs to another employer",
    )
