"""The forms about support that was delivered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from wtforms import FieldList, FormField
from wtforms import Form as PartForm
from wtforms.validators import ValidationError

from portal.caseload.rules.evidence import ACCEPT_ATTRIBUTE, ACCEPTED
from portal.caseload.rules.support import (
    MOST_ATTENDING,
    MOST_EMPLOYERS,
    MOST_MINUTES,
    Attending,
    Delivered,
)
from portal.caseload.rules.words import (
    AUDIENCES,
    FUNDING,
    SUPPORT_DESIGNS,
    SUPPORT_KINDS,
    SUPPORT_MODES,
)
from portal.kernel.clock import today
from portal.kernel.people import NAME_LENGTH
from portal.web.forms import (
    CheckboxesField,
    DateField,
    FileField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    StringField,
    TextAreaField,
)

EARLIEST: Final = date(2015, 1, 1)
_HOUR: Final = 60


class RowForm(PartForm):
    """One employer that attended; ``case`` is the reference of its case."""

    case = HiddenField()
    attended = IntegerField(
        "How many attended",
        required="Enter how many attended",
        subject="How many attended",
        minimum=1,
        maximum=MOST_ATTENDING,
        width=5,
    )
    part_time = IntegerField(
        "Of them part-time",
        hint="Leave it empty if you do not know",
        subject="Part-time people",
        maximum=MOST_ATTENDING,
        width=5,
    )

    def validate_part_time(self, field: Any) -> None:
        """Part-time people are among those who attended."""
        if None not in (field.data, self.attended.data) and field.data > self.attended.data:
            raise ValidationError("Part-time people cannot be more than attended")


class DeliveryForm(Form):
    """What was delivered, to whom, and which employers attended. Rows need no script."""

    once = HiddenField()
    revision = HiddenField()
    kind = RadioField(
        "What was it?",
        required="Choose what kind of support it was",
        choices=tuple(SUPPORT_KINDS.items()),
    )
    design = RadioField(
        "Made for the occasion?",
        required="Choose off the peg or bespoke",
        choices=tuple(SUPPORT_DESIGNS.items()),
    )
    title = StringField("Title", required="Enter a title", hint="What it was about, in a line")
    audience = CheckboxesField(
        "Who was it for?",
        required="Choose who it was for",
        choices=tuple(AUDIENCES.items()),
    )
    delivered_on = DateField(
        "When", required="Enter the day", subject="The day", earliest=EARLIEST, latest=today
    )
    hours = IntegerField("Hours", subject="Hours", maximum=24, width=3, example=1)
    minutes = IntegerField("Minutes", subject="Minutes", maximum=59, width=3, example=30)
    mode = RadioField(
        "Where",
        required="Choose at a place or online",
        choices=tuple(SUPPORT_MODES.items()),
    )
    place = StringField("Place", hint="Name or address", subject="The place")
    trainer = StringField(
        "Led by", required="Enter who led it", max_length=NAME_LENGTH, autocomplete="off"
    )
    funding = RadioField("Who pays?", required="Choose who pays", choices=tuple(FUNDING.items()))
    notes = TextAreaField("Notes", max_length=2000, rows=3)
    find = StringField("Add an employer", max_length=200)
    searched = HiddenField()
    rows = FieldList(FormField(RowForm), max_entries=MOST_EMPLOYERS)
    sheet = FileField(
        "Attendance sheet",
        hint=f"A photo or a file: {ACCEPTED}. Choose it last, just before you save",
        accept=ACCEPT_ATTRIBUTE,
    )

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Check the parts, then what they come to together."""
        held = super().validate(*args, **kwargs)
        if not self.hours.errors and not self.minutes.errors:
            length = self.length()
            if not 1 <= length <= MOST_MINUTES:
                words = "Enter how long it took" if not length else "At most 24 hours"
                self.hours.errors = [words]
        if self.mode.data == "place" and not self.place.data:
            self.place.errors = [*self.place.errors, "Enter where it was"]
        if not self.rows.entries:
            self.rows.errors = ["Add at least one employer that attended"]
        return held and not (self.hours.errors or self.place.errors or self.rows.errors)

    def length(self) -> int:
        """How long it took, in minutes."""
        return (self.hours.data or 0) * _HOUR + (self.minutes.data or 0)

    def step(self, sent: Any, *, may_add: Callable[[str], bool]) -> bool:
        """Add, take out or look for an employer; True when the page is to be shown again.

        ``sent`` is what the browser sent. Return in the search box looks, as the button does.
        """
        before = self.searched.data or ""
        self.searched.data = self.find.data
        if "add" in sent:
            self._add(sent["add"], may_add)
            return True
        if "remove" in sent:
            keep = [entry for entry in self.rows.entries if entry.form.case.data != sent["remove"]]
            self.rows.entries = keep
            return True
        return "look" in sent or bool(self.find.data and self.find.data != before)

    def _add(self, reference: str, may_add: Callable[[str], bool]) -> None:
        self.find.data = self.searched.data = ""
        self.find.raw_data = None
        if len(self.rows.entries) >= MOST_EMPLOYERS or reference in self.cases():
            return
        if may_add(reference):
            self.rows.append_entry({"case": reference})

    def cases(self) -> list[str]:
        """References of the cases in the rows."""
        return [str(entry.form.case.data or "") for entry in self.rows.entries]

    def to_delivered(self) -> Delivered:
        """What was said of the delivery."""
        return Delivered(
            kind=self.kind.data,
            design=self.design.data,
            audience=tuple(self.audience.data),
            title=self.title.data,
            delivered_on=self.delivered_on.data,
            minutes=self.length(),
            mode=self.mode.data,
            place=self.place.data,
            trainer=self.trainer.data,
            funding=self.funding.data,
            notes=self.notes.data,
        )

    def to_attending(self) -> list[Attending]:
        """What was said of each employer."""
        return [
            Attending(
                str(entry.form.case.data or ""), entry.form.attended.data, entry.form.part_time.data
            )
            for entry in self.rows.entries
        ]


class WithdrawForm(Form):
    """Why a record no longer counts."""

    reason = TextAreaField(
        "Why is it withdrawn?", required="Say why it is withdrawn", max_length=500, rows=3
    )


class AskForm(Form):
    """Only the button that asks every employer."""
