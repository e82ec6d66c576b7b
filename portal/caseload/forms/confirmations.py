"""The forms by which an employer is asked to confirm something, and by which it answers."""

from __future__ import annotations

from typing import Any

from wtforms.validators import ValidationError

from portal.kernel.people import NAME_LENGTH
from portal.web.forms import EmailField, Form, HiddenField, RadioField, StringField, TextAreaField

OTHER = "other"
YES, NO = "yes", "no"


class AskForm(Form):
    """Who at the employer is asked."""

    who = RadioField("Who should confirm it?", required="Choose who should confirm it")
    to_name = StringField("Their name", max_length=NAME_LENGTH, autocomplete="off")
    to_email = EmailField("Their email address")

    def validate(self, extra_validators: Any = None) -> bool:
        """Somebody else needs a name and an address; for the others both are known."""
        other = self.who.data == OTHER
        if not other:
            self.to_name.process_errors, self.to_email.process_errors = [], []
            self.to_name.data = self.to_email.data = ""
        fine: bool = super().validate(extra_validators)
        if other and not self.to_name.data:
            self.to_name.errors = ["Enter their name"]
        if other and not self.to_email.data and not self.to_email.errors:
            self.to_email.errors = ["Enter their email address"]
        return fine and not (self.to_name.errors or self.to_email.errors)


class AnswerForm(Form):
    """Yes, or what is wrong. The button that is pressed carries the answer."""

    answer = HiddenField()
    words = TextAreaField("What is wrong?", max_length=2000, rows=4)

    def validate_answer(self, field: Any) -> None:
        """One of the two buttons."""
        if field.data not in {YES, NO}:
            raise ValidationError("Press one of the two buttons")

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for words where something is wrong, and only there."""
        fine: bool = super().validate(extra_validators)
        if fine and self.answer.data == NO and not self.words.data:
            self.words.errors = ["Say what is wrong"]
            return False
        return fine


class EmptyForm(Form):
    """A button that does one thing."""
