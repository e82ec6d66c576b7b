"""The fields that say what comes next: a quick choice of day, or another day."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.caseload.rules.contacts import KEEP, NOTHING, OTHER, QUICK_DAYS, quick_day
from portal.caseload.rules.words import ACTION_KINDS
from portal.kernel.clock import today
from portal.web.forms import DateField, Form, HiddenField, RadioField, SelectField, StringField

_NEEDED = "Choose what happens next"


class PlanningForm(Form):
    """What is shared by every form that plans a next action.

    ``action`` names the action that its reader saw; empty when there was none.
    """

    action = HiddenField()
    when = RadioField("When", required=_NEEDED, classes="app-chips")
    next_due_on = DateField(
        "The day", earliest=today, subject="The day", legend_class="govuk-fieldset__legend--s"
    )
    next_kind = SelectField("What kind", choices=list(ACTION_KINDS.items()), blank=None)
    next_what = StringField("What for", max_length=200, hint="For example, agree a day to visit")

    def offer_days(self, *, keep: str = "", nothing: str = "") -> None:
        """Put the choices of day on the page, each with its date; ``keep``, ``nothing`` named."""
        day = today()
        quick = [(key, f"{text}, {short(quick_day(key, day))}") for key, text in QUICK_DAYS.items()]
        choices = [
            *([(KEEP, keep)] if keep else []),
            *quick,
            *([(NOTHING, nothing)] if nothing else []),
            (OTHER, "Another day"),
        ]
        self.offer("when", choices)

    @property
    def action_id(self) -> int | None:
        """The action that was seen, if there was one; 0, which no action has, for nonsense."""
        text = str(self.action.data or "").strip()
        if not text:
            return None
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - more digits than keys have

    @property
    def step(self) -> tuple[str, str, date] | None:
        """The next action as kind, words and day; None when none is planned here."""
        choice = self.when.data
        if choice in {KEEP, NOTHING, None}:
            return None
        day = self.next_due_on.data if choice == OTHER else quick_day(choice, today())
        return (self.next_kind.data or "call", self.next_what.data or "", day)

    def validate(self, extra_validators: Any = None) -> bool:
        """Also: another day must be given."""
        if self.when.data != OTHER:
            # Boxes of a choice that was not taken are no mistake.
            self.next_due_on.process_errors = []
            self.next_due_on.data = None
        fine = bool(super().validate(extra_validators))
        if self.when.data == OTHER and self.next_due_on.data is None:
            if not self.next_due_on.errors:
                self.next_due_on.errors = ["Enter the day of the next action"]
            fine = False
        return fine


def short(day: date) -> str:
    """A day as a quick choice shows it, such as "Tue 3 Mar"."""
    return f"{day:%a} {day.day} {day:%b}"
