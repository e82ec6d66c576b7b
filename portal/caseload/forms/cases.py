"""What is changed on a case: its stage, its end, its contact, its wait, what comes next."""

from __future__ import annotations

from portal.caseload.forms.planning import PlanningForm
from portal.caseload.rules.stages import CLOSE_REASONS
from portal.web.forms import (
    EmailField,
    Form,
    HiddenField,
    RadioField,
    StringField,
    TextAreaField,
)


class RevisedForm(Form):
    """A change that began from one revision of the case."""

    revision = HiddenField()

    @property
    def seen_revision(self) -> int:
        """The revision that was seen; 0, which no case has, for nonsense."""
        text = str(self.revision.data or "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - more digits than revisions have


class NextActionForm(PlanningForm):
    """The next action done, moved, or planned where none stands."""


class StageForm(RevisedForm):
    """Another stage; the choices are offered with what each still misses."""

    stage = RadioField("New stage", required="Choose a stage")
    reason = TextAreaField(
        "Reason",
        hint="Needed when a record is missing, or when the case goes back a stage",
        max_length=2000,
        rows=3,
    )


class CloseForm(RevisedForm):
    """Why a case is closed."""

    reason = RadioField(
        "Why is the case closed?",
        choices=list(CLOSE_REASONS.items()),
        required="Choose why the case is closed",
    )
    note = TextAreaField("More about it", max_length=2000, rows=3)


class ReopenForm(RevisedForm):
    """Why a closed case is taken up again."""

    reason = TextAreaField(
        "Why is the case reopened?",
        required="Say why the case is reopened",
        max_length=2000,
        rows=3,
    )


class WaitingForm(Form):
    """What the employer has promised."""

    what = StringField(
        "What the employer will send or do",
        hint="Leave it empty when you no longer wait",
        max_length=200,
    )


class ContactForm(RevisedForm):
    """The person at the employer whom the adviser talks to."""

    contact_name = StringField(
        "Name", required="Enter the contact's name", max_length=120, autocomplete="off"
    )
    contact_job = StringField("Job", max_length=120, autocomplete="off")
    contact_phone = StringField(
        "Telephone", max_length=40, inputmode="tel", width=20, autocomplete="off"
    )
    contact_email = EmailField("E-mail", autocomplete="off")

    def validate(self, extra_validators: object = None) -> bool:
        """Also: a telephone number has digits."""
        fine = bool(super().validate(extra_validators))
        phone = self.contact_phone.data or ""
        if phone and not any(character.isdigit() for character in phone):
            self.contact_phone.errors = ["Enter a telephone number, like 0113 496 0000"]
            fine = False
        return fine
