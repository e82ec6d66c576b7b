"""Asking an employer to try a resource, and the form by which it answers."""

from __future__ import annotations

from typing import Any

from portal.kernel.clock import today
from portal.kernel.people import NAME_LENGTH
from portal.toolkit.rules.readers import MARKS, MOST_MINUTES, WORDS_LENGTH, WOULD_USE
from portal.web.forms import (
    DateField,
    EmailField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    StringField,
    TextAreaField,
)


class AskForm(Form):
    """Which employer tries it, who there, and until when."""

    find = StringField("Employer", hint="Part of its name, or its company number", max_length=200)
    employer = HiddenField()
    to_name = StringField(
        "Who should try it?",
        required="Enter their name",
        max_length=NAME_LENGTH,
        autocomplete="off",
    )
    to_email = EmailField(
        "Their email address", required="Enter their email address", autocomplete="off"
    )
    due_on = DateField(
        "Last day to answer",
        required="Enter the last day to answer",
        subject="The last day",
        earliest=today,
    )


def _mark(words: str, hint: str) -> RadioField:
    return RadioField(
        words,
        hint=hint,
        required="Choose one of the five",
        choices=[(str(key), f"{key}: {text}") for key, text in MARKS.items()],
        small=True,
    )


class AnswerForm(Form):
    """What an employer thinks of a version: under five minutes."""

    tried = RadioField(
        "Have you tried what it says?",
        required="Choose yes or no",
        choices=[("yes", "Yes, some of it or all"), ("no", "No, I have only read it")],
        small=True,
    )
    clear = _mark("Is it clear?", "Could you explain it to a colleague?")
    useful = _mark("Is it useful?", "Does it help with something you have to deal with?")
    doable = _mark("Is it doable?", "Could a business like yours really do it?")
    would_use = RadioField(
        "Would you use it?",
        required="Choose one of the three",
        choices=list(WOULD_USE.items()),
        small=True,
    )
    minutes = IntegerField(
        "How long did it take you? (optional)",
        subject="How long it took",
        minimum=1,
        maximum=MOST_MINUTES,
        suffix="minutes",
        width=3,
        example=20,
    )
    best = TextAreaField("What was best about it? (optional)", max_length=WORDS_LENGTH, rows=3)
    change = TextAreaField("What should we change? (optional)", max_length=WORDS_LENGTH, rows=3)

    def as_values(self) -> dict[str, Any]:
        """What was said, as the service takes it."""
        return {
            "tried": self.tried.data == "yes",
            "clear": int(self.clear.data),
            "useful": int(self.useful.data),
            "doable": int(self.doable.data),
            "would_use": self.would_use.data,
            "minutes": self.minutes.data,
            "best": self.best.data or "",
            "change": self.change.data or "",
        }


class DeclineForm(Form):
    """Rather not."""

    why = TextAreaField("Why not? (optional)", max_length=WORDS_LENGTH, rows=2)
