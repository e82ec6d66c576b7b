"""The forms of a light-touch follow-up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from portal.caseload.rules import follow_up as rules
from portal.caseload.rules.words import ACTION_KINDS
from portal.kernel.clock import today
from portal.web.forms import (
    BooleanField,
    DateField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)

MOST_MINUTES = 24 * 60
NOTE_LENGTH = 300


class EmptyForm(Form):
    """A button alone."""


class SkipForm(Form):
    """Why a follow-up is left out."""

    reason = TextAreaField(
        "Why is it skipped?",
        required="Say why this follow-up is skipped",
        hint="For example, the employer asked not to be rung this time",
        max_length=500,
        rows=3,
    )


class NoteForm(Form):
    """What came to light after a follow-up was recorded."""

    text = TextAreaField("Add a note", required="Enter the note", rows=3)


class PlanForm(Form):
    """From which day follow-ups are counted."""

    agreed_on = DateField(
        "When was the plan agreed?",
        required="Enter the day on which the plan was agreed",
        latest=today,
    )


class PreferencesForm(Form):
    """What an adviser is sent."""

    daily_mail = RadioField(
        "Do you want an e-mail in the morning with what is due?",
        choices=[
            ("yes", "Yes, on days when there is something to do"),
            ("no", "No"),
        ],
        required="Choose yes or no",
    )


class _FollowUpForm(Form):
    """What every follow-up asks, round its list of practices."""

    practices: tuple[str, ...] = ()

    def validate(self, extra_validators: Any = None) -> bool:
        """A next action is given whole or not at all."""
        good: bool = super().validate(extra_validators)
        if self["next_kind"].errors or self["next_due_on"].errors:
            return good
        given = {name: bool(self[name].data) for name in ("next_kind", "next_what", "next_due_on")}
        if not any(given.values()):
            return good
        for name, message in (
            ("next_kind", "Choose what kind of action comes next"),
            ("next_due_on", "Enter the day of the next action"),
        ):
            if not given[name]:
                self[name].errors = [*self[name].errors, message]
                good = False
        return good

    def answers(self) -> dict[str, tuple[str, str]]:
        """Each practice's answer and note; one that nothing was chosen for was not asked."""
        return {
            key: (self[f"answer_{key}"].data or rules.NOT_ASKED, self[f"note_{key}"].data or "")
            for key in self.practices
        }

    def next_action(self) -> tuple[str, str, Any] | None:
        """The next action, if one was given."""
        if not self["next_kind"].data:
            return None
        return self["next_kind"].data, self["next_what"].data or "", self["next_due_on"].data


def follow_up_form(practices: Sequence[tuple[str, str, str]]) -> type[_FollowUpForm]:
    """The form for a plan's practices: key, title and how it stands in the plan.

    Fields are made in the order of the page, which is the order of its error summary.
    """
    fields: dict[str, Any] = {"practices": tuple(key for key, _title, _state in practices)}
    fields |= _how()
    for key, title, state in practices:
        fields[f"answer_{key}"] = RadioField(
            title,
            choices=list(rules.ANSWER_WORDS.items()),
            default=rules.NOT_ASKED,
            hint=f"In the plan: {state}",
            inline=True,
            small=True,
        )
        fields[f"note_{key}"] = StringField(
            "Note", subject=f"The note on “{title}”", max_length=NOTE_LENGTH
        )
    fields |= _afterwards()
    return type("FollowUpForm", (_FollowUpForm,), fields)


def _how() -> dict[str, Any]:
    return {
        "shown": HiddenField(),
        "done_on": DateField(
            "When was it?",
            required="Enter the day of the follow-up",
            latest=today,
            subject="The day",
        ),
        "channel": RadioField(
            "How?",
            choices=list(rules.CHANNELS.items()),
            required="Choose how you followed up",
            inline=True,
            small=True,
        ),
        "with_name": StringField(
            "Who did you speak to?", required="Enter who you spoke to", max_length=120
        ),
        "minutes": IntegerField(
            "Your time",
            required="Enter how many minutes it took you",
            maximum=MOST_MINUTES,
            suffix="minutes",
            width=4,
            example=10,
        ),
    }


def _afterwards() -> dict[str, Any]:
    return {
        "heard": TextAreaField(
            "What did you hear?",
            required="Enter what you heard, in a line or two",
            hint="What helped, what got in the way, what would help next",
            rows=4,
        ),
        "next_done": BooleanField("This is done"),
        "next_kind": SelectField("What comes next?", choices=list(ACTION_KINDS.items())),
        "next_what": StringField("In a few words", max_length=200),
        "next_due_on": DateField("By when?", subject="The day of the next action", earliest=today),
    }
