"""The forms about people's rights, what was agreed to, and breaches."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final

from portal.governance.rules import breaches, rights
from portal.kernel.clock import LONDON, london, today
from portal.web.forms import (
    CheckboxesField,
    DateField,
    EmailField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)

_CLOCK: Final = "%H:%M"


class EmptyForm(Form):
    """A button that does one thing."""


class AskForm(Form):
    """What somebody asks about their own data."""

    kind = RadioField(
        "What do you want us to do?",
        choices=[(key, words) for key, words in rights.KINDS.items() if key != "access"],
        required="Choose what we should do",
    )
    words = TextAreaField(
        "Tell us more",
        hint="Which data it is about and, if you want it corrected, what is right",
        max_length=4000,
        required="Tell us which data it is about",
    )


class RequestForm(Form):
    """A request that came by another way than the account."""

    kind = SelectField(
        "What they ask", choices=list(rights.KINDS.items()), required="Choose what they ask"
    )
    channel = SelectField(
        "How it came",
        choices=[(key, words) for key, words in rights.CHANNELS.items() if key != "account"],
        required="Choose how it came",
    )
    name = StringField("Name", max_length=120, required="Enter the name")
    email = EmailField(
        "Email address",
        hint="Their data is found by it",
        required="Enter the email address",
    )
    received_on = DateField("Day it came", latest=today, required="Enter the day on which it came")
    words = TextAreaField("What they wrote or said", max_length=4000)


class StepForm(Form):
    """What was done to a request."""

    words = TextAreaField("In words", max_length=4000)


class NoteForm(Form):
    """A line for a log."""

    words = TextAreaField("Note", max_length=4000, required="Enter a note")


class BreachForm(Form):
    """What is known and decided about a breach."""

    revision = HiddenField(default="0")
    title = StringField("In a few words", max_length=160, required="Say what it is in a few words")
    found_on = DateField(
        "Day we learnt of it", latest=today, required="Enter the day we learnt of it"
    )
    found_time = StringField(
        "Time we learnt of it", hint="For example 14:30", max_length=5, required="Enter the time"
    )
    what = TextAreaField(
        "What happened",
        hint="Do not name the people it is about",
        max_length=8000,
        required="Say what happened",
    )
    kinds = CheckboxesField(
        "What kinds of data?",
        choices=list(breaches.KINDS.items()),
        required="Choose at least one kind of data",
    )
    people = IntegerField("How many people, about", minimum=0, maximum=10_000_000)
    risk = RadioField("Risk to people", choices=list(breaches.RISKS.items()), default="unknown")
    why = TextAreaField("Why you judge it so", max_length=4000)
    done = TextAreaField("What was done about it", max_length=8000)
    ico_told_on = DateField("Day the ICO was told", latest=today)
    ico_told_time = StringField("Time the ICO was told", hint="For example 09:15", max_length=5)
    ico_reference = StringField("The ICO's reference", max_length=40)
    ico_reason = TextAreaField("Why the ICO was told late, or is not told", max_length=4000)
    people_told_on = DateField("Day the people were told", latest=today)
    people_told_time = StringField(
        "Time the people were told", hint="For example 17:00", max_length=5
    )
    people_reason = TextAreaField("Why the people are not told", max_length=4000)
    lessons = TextAreaField("What was learnt", max_length=4000)

    def instant(self, name: str) -> datetime | None:
        """The instant of a day and time, typed as a London clock shows it; None without a day."""
        day: date | None = self[f"{name}_on"].data
        if day is None:
            return None
        return datetime.combine(day, self._time(name), LONDON)

    def put_instant(self, name: str, instant: datetime | None) -> None:
        """Show an instant in its two boxes."""
        if instant is not None:
            self[f"{name}_on"].data = london(instant).date()
            self[f"{name}_time"].data = london(instant).strftime(_CLOCK)

    def validate(self, extra_validators: object = None) -> bool:
        """Also: the times are times."""
        good = bool(super().validate(extra_validators))
        for name in ("found", "ico_told", "people_told"):
            box = self[f"{name}_time"]
            if self[f"{name}_on"].data is None or box.errors:
                continue
            try:
                self._time(name)
            except ValueError:
                box.errors = [*box.errors, "Enter a time such as 14:30"]
                good = False
        return good

    def at_revision(self) -> int:
        """The revision that was shown; one that never was when somebody made it up."""
        text = str(self.revision.data or "")
        return int(text) if text.isdecimal() and len(text) < 9 else -1  # noqa: PLR2004 - an int

    def _time(self, name: str) -> time:
        return datetime.strptime(self[f"{name}_time"].data or "", _CLOCK).time()  # noqa: DTZ007
