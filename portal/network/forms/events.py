"""Forms about events: of staff who make them, and of people who register for them."""

from __future__ import annotations

from typing import Any, Final

from portal.kernel.clock import london, today
from portal.network.rules.event_questions import (
    ANSWER_LENGTH,
    KINDS,
    MOST_QUESTIONS,
    QUESTION_LENGTH,
    YES_NO,
    Question,
)
from portal.network.rules.events import (
    BODY_LENGTH,
    MOST_DAYS,
    MOST_OFFER_HOURS,
    MOST_PLACES,
    PLACE_LENGTH,
    SUMMARY_LENGTH,
    EventDetails,
)
from portal.network.rules.words import (
    EVENT_MODES,
    NAME_LENGTH,
    NOBODY,
    TEXT_LENGTH,
    TITLE_LENGTH,
)
from portal.toolkit.rules.words import DIMENSIONS, SECTORS
from portal.web.forms import (
    BooleanField,
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

_BUSINESS_LENGTH: Final = 160
_MARKS: Final = (
    ("5", "5, very"),
    ("4", "4"),
    ("3", "3"),
    ("2", "2"),
    ("1", "1, not at all"),
)


class EventForm(Form):
    """An event; the page offers the series, and five questions are added below."""

    title = StringField("Title", required="Enter a title", max_length=TITLE_LENGTH)
    about = StringField(
        "In one sentence",
        required="Say in one sentence what it is about",
        max_length=SUMMARY_LENGTH,
        hint="Stands in the list of events and in calendars",
    )
    series = SelectField("Which series is it part of?", blank="No series", subject="Series")
    dimension = SelectField("Theme", blank="No theme", choices=list(DIMENSIONS.items()))
    sectors = CheckboxesField(
        "For which sectors?", hint="Leave empty for every sector", choices=list(SECTORS.items())
    )
    districts = CheckboxesField(
        "For employers of which districts?", hint="Leave empty for every district"
    )
    mode = RadioField(
        "How do people take part?",
        required="Choose how people take part",
        choices=list(EVENT_MODES.items()),
    )
    place = TextAreaField(
        "Place",
        hint="Name, street and postcode",
        max_length=PLACE_LENGTH,
        rows=3,
        countdown=False,
    )
    access_notes = TextAreaField(
        "Getting there and taking part",
        hint="Step-free access, parking, hearing loop, captions, breaks",
        max_length=TEXT_LENGTH,
        rows=3,
        countdown=False,
    )
    online_address = StringField(
        "Online address",
        hint="Only people with a place see it. It can be added later",
        max_length=500,
        spellcheck=False,
        autocomplete="off",
    )
    day = DateField("Day", required="Enter the day", earliest=today)
    starts = StringField(
        "Starts at", required="Enter when it starts", hint="UK time, like 9:30", width=5
    )
    ends = StringField("Ends at", required="Enter when it ends", hint="Like 11:30 or 2pm", width=5)
    ends_on = DateField(
        "Last day",
        hint=f"Leave empty if it ends on the day it starts. At most {MOST_DAYS} days",
    )
    closes_on = DateField(
        "Last day to register", hint="Leave empty to keep registration open until it starts"
    )
    capacity = IntegerField(
        "How many places?",
        hint="Leave empty for no limit. When it is full, people join a waiting list",
        minimum=1,
        maximum=MOST_PLACES,
        example=30,
        width=5,
    )
    offer_hours = IntegerField(
        "For how many hours is a free place kept for the next in the queue?",
        required="Enter a number of hours",
        subject="Hours",
        minimum=1,
        maximum=MOST_OFFER_HOURS,
        example=24,
        width=3,
    )
    body = TextAreaField(
        "What happens at the event",
        hint="For whom it is, what people take away, who speaks. Headings, lists and links may "
        "be written in Markdown",
        max_length=BODY_LENGTH,
        rows=10,
    )
    revision = HiddenField()

    def seen(self) -> int:
        """The revision that was on the page; one that never was where it is not a number."""
        text = self.revision.data or ""
        return int(text) if text.isdecimal() and len(text) < 10 else -1  # noqa: PLR2004 - a key

    def question_fields(self) -> list[tuple[int, dict[str, Any]]]:
        """The fields of each question, for the page."""
        parts = ("text", "kind", "choices", "required")
        return [
            (number, {part: self[f"q{number}_{part}"] for part in parts})
            for number in range(1, MOST_QUESTIONS + 1)
        ]

    def questions(self) -> tuple[Question, ...]:
        """The questions that have words, in their order."""
        found = []
        for _number, fields in self.question_fields():
            text = fields["text"].data or ""
            kind = fields["kind"].data or "text"
            lines = (fields["choices"].data or "").split("\n")
            choices = tuple(line.strip() for line in lines if line.strip())
            if text:
                found.append(
                    Question(
                        text,
                        kind,
                        choices if kind == "choice" else (),
                        bool(fields["required"].data),
                    )
                )
        return tuple(found)

    def details(self) -> EventDetails:
        """The event as the service takes it; for a form that is right."""
        day = self.day.data
        assert day is not None  # noqa: S101 - required above
        return EventDetails(
            title=self.title.data or "",
            summary=self.about.data or "",
            mode=self.mode.data or "",
            day=day,
            starts=self.starts.data or "",
            ends=self.ends.data or "",
            body=self.body.data or "",
            series=self.series.data or "",
            dimension=self.dimension.data or "",
            sectors=tuple(self.sectors.data or ()),
            districts=tuple(self.districts.data or ()),
            ends_on=self.ends_on.data,
            place=self.place.data or "",
            access_notes=self.access_notes.data or "",
            online_address=self.online_address.data or "",
            closes_on=self.closes_on.data,
            capacity=self.capacity.data,
            offer_hours=self.offer_hours.data or 0,
            questions=self.questions(),
        )


for _number in range(1, MOST_QUESTIONS + 1):
    for _part, _field in (
        ("text", StringField(f"Question {_number}", max_length=QUESTION_LENGTH)),
        (
            "kind",
            SelectField(
                f"How is question {_number} answered?", blank=None, choices=list(KINDS.items())
            ),
        ),
        (
            "choices",
            TextAreaField(
                f"Choices of question {_number}",
                hint="One a line, for “one of several choices”",
                rows=3,
                countdown=False,
            ),
        ),
        ("required", BooleanField(f"Question {_number} must be answered")),
    ):
        setattr(EventForm, f"q{_number}_{_part}", _field)


def begun(event: Any) -> dict[str, Any]:
    """What stands in the form for an event that is there; times are London's."""
    values: dict[str, Any] = {
        name: getattr(event, name)
        for name in (
            *("title", "body", "mode", "place", "access_notes", "online_address"),
            *("capacity", "offer_hours", "revision", "dimension", "series"),
        )
    }
    starts, ends, closes = (london(at) for at in (event.starts_at, event.ends_at, event.closes_at))
    values |= {
        "about": event.summary,
        "sectors": list(event.sectors),
        "districts": list(event.districts),
        "ends_on": ends.date() if ends.date() > starts.date() else None,
        "day": starts.date(),
        "starts": f"{starts:%H:%M}",
        "ends": f"{ends:%H:%M}",
    }
    if event.closes_at < event.starts_at:
        # Closed at midnight after that day.
        values["closes_on"] = london(event.closes_at).date()
        if closes.hour == closes.minute == 0:
            values["closes_on"] = type(starts.date()).fromordinal(closes.date().toordinal() - 1)
    for number, question in enumerate(event.questions, start=1):
        values[f"q{number}_text"] = question.text
        values[f"q{number}_kind"] = question.kind
        values[f"q{number}_choices"] = "\n".join(question.choices)
        values[f"q{number}_required"] = question.required
    return values


class PublishForm(Form):
    """Who is invited as an event is published; the page offers the choices with their numbers."""

    invite = RadioField(
        "Who is invited by mail?",
        required="Choose whether members are invited",
        hint="Each person gets one mail about this event. Who refuses such mail is not counted",
        choices=[],
        default=NOBODY,
    )


class SeriesForm(Form):
    """A series of events."""

    title = StringField("Title of the series", required="Enter a title", max_length=TITLE_LENGTH)
    about = TextAreaField("What it is about", max_length=TEXT_LENGTH, rows=4, countdown=False)
    dimension = SelectField("Theme", blank="No theme", choices=list(DIMENSIONS.items()))


class CancelEventForm(Form):
    """Why an event does not take place."""

    reason = TextAreaField(
        "Why is it cancelled?",
        required="Say why: everybody registered is told",
        hint="Everybody who has a place or waits for one reads this in a mail",
        max_length=500,
        rows=3,
    )


class CheckInForm(Form):
    """At the door: the address that somebody registered with."""

    email = EmailField("The email address you registered with", required="Enter your email address")


class LinkForm(Form):
    """From which employer a person came."""

    employer = StringField(
        "Reference of the employer",
        hint="It stands on the page of the employer. Leave empty if it is not in the portal",
        max_length=20,
        width=10,
        autocomplete="off",
        spellcheck=False,
    )


class FeedbackForm(Form):
    """What somebody who came thought."""

    useful = RadioField(
        "How useful was the event for your business?",
        required="Choose how useful it was",
        choices=_MARKS,
        inline=True,
    )
    again = RadioField(
        "Would you come to another one?",
        required="Choose whether you would come again",
        choices=_MARKS,
        inline=True,
    )
    will_do = TextAreaField(
        "What will you do because of it?", hint="If there is anything", max_length=TEXT_LENGTH // 2
    )
    better = TextAreaField("What could be better?", max_length=TEXT_LENGTH // 2)


class RegisterForm(Form):
    """Registering for an event. Its questions are added by ``register_form``."""

    name = StringField(
        "Your name", required="Enter your name", max_length=NAME_LENGTH, autocomplete="name"
    )
    email = EmailField(
        "Email address",
        required="Enter your email address",
        hint="Your place, and changes to the event, are confirmed here",
    )
    employer = SelectField("For which of your businesses?", blank="None of them")
    business = StringField(
        "Business or organisation", max_length=_BUSINESS_LENGTH, autocomplete="organization"
    )
    needs = TextAreaField(
        "Is there anything you need to take part?",
        hint="Such as step-free access, captions or a diet. Only those who run the event read it",
        max_length=1000,
        rows=3,
        countdown=False,
    )
    queue = HiddenField()

    def given(self) -> dict[str, str]:
        """What was answered to each question, by its key."""
        return {
            name.removeprefix("answer_"): str(field.data or "")
            for name, field in self._fields.items()
            if name.startswith("answer_")
        }

    def answer_fields(self) -> list[Any]:
        """The questions, for the page."""
        return [field for name, field in self._fields.items() if name.startswith("answer_")]


def register_form(questions: tuple[Question, ...]) -> type[RegisterForm]:
    """The form with the questions of one event."""
    fields = {f"answer_{one.key}": _answer_field(one) for one in questions}
    return type("RegisterFormWithQuestions", (RegisterForm,), fields)


def _answer_field(question: Question) -> Any:
    must = f"Answer “{question.text}”" if question.required else None
    label = question.text if question.required else f"{question.text} (optional)"
    if question.kind == "yes_no":
        return RadioField(label, required=must, choices=list(YES_NO.items()), inline=True)
    if question.kind == "choice":
        return RadioField(label, required=must, choices=[(one, one) for one in question.choices])
    return TextAreaField(label, required=must, max_length=ANSWER_LENGTH, rows=2, countdown=False)
