"""Logging a contact in under 30 seconds: a call needs one sentence and a day."""

from __future__ import annotations

from typing import Any

from portal.caseload.forms.planning import PlanningForm
from portal.caseload.rules.contacts import OTHER, QUICK_MINUTES
from portal.caseload.rules.words import CONTACT_KINDS
from portal.kernel.clock import today
from portal.web.forms import (
    DateField,
    HiddenField,
    IntegerField,
    RadioField,
    StringField,
    TextAreaField,
)

_DAY_MINUTES = 24 * 60
_USUAL_MINUTES = "10"


class LogForm(PlanningForm):
    """A contact or a note, and what comes next. ``once`` makes the form count once."""

    once = HiddenField()
    kind = RadioField(
        "What was it?",
        choices=list(CONTACT_KINDS.items()),
        default="call",
        required="Choose what it was",
        classes="app-chips",
    )
    reached = RadioField(
        "Did you reach them?",
        choices=[("yes", "Yes"), ("no", "No")],
        default="yes",
        required="Say whether you reached them",
        classes="app-chips",
    )
    with_name = StringField("Who", max_length=120)
    minutes = RadioField(
        "Minutes",
        choices=[*((str(n), str(n)) for n in QUICK_MINUTES), (OTHER, "Other")],
        default=_USUAL_MINUTES,
        required="Choose how many minutes it took",
        classes="app-chips",
    )
    minutes_other = IntegerField(
        "How many minutes", minimum=0, maximum=_DAY_MINUTES, width=4, subject="Minutes"
    )
    happened = TextAreaField(
        "What happened", hint="One sentence will do", max_length=5000, rows=3, countdown=False
    )
    waiting_for = StringField(
        "What the employer will send or do",
        hint="Only if you now wait for them. For example, their training records",
        max_length=200,
    )
    on = DateField("The day of the contact", latest=today, subject="The day of the contact")

    @property
    def was_reached(self) -> bool:
        """Whether somebody was reached; a note reaches nobody, whatever stands beside it."""
        return bool(self.reached.data == "yes" and self.kind.data != "note")

    @property
    def spent(self) -> int:
        """Minutes that it took."""
        if self.minutes.data == OTHER:
            return int(self.minutes_other.data or 0)
        return int(self.minutes.data or 0)

    def validate(self, extra_validators: Any = None) -> bool:
        """Also: other minutes are given, and somebody reached leaves something to say."""
        if self.minutes.data != OTHER:
            self.minutes_other.process_errors = []
            self.minutes_other.data = None
        fine = super().validate(extra_validators)
        if self.minutes.data == OTHER and self.minutes_other.data is None:
            if not self.minutes_other.errors:
                self.minutes_other.errors = ["Enter how many minutes it took"]
            fine = False
        if not self.happened.data and (self.was_reached or self.kind.data == "note"):
            what = "Write the note" if self.kind.data == "note" else "Say what happened"
            self.happened.errors = [what]
            fine = False
        return fine
