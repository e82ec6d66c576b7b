"""The forms of the award scheme."""

from __future__ import annotations

from functools import cache
from typing import Any

from portal.network.rules.award_criteria import LEVELS, Criteria
from portal.network.rules.awards import (
    FEEDBACK_LENGTH,
    NOTE_LENGTH,
    REASON_LENGTH,
    SECTION_LENGTH,
    STATEMENT_LENGTH,
)
from portal.network.rules.words import NAME_LENGTH, TEXT_LENGTH, TIERS, TITLE_LENGTH
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

_TIER_CHOICES = list(TIERS.items())
DECLINE = "decline"


class PressForm(Form):
    """A button and nothing else."""


class Revised(Form):
    """A form about something others may change meanwhile."""

    revision = HiddenField()

    def seen(self) -> int:
        """The revision that was on the page; one that never was where it is not a number."""
        text = self.revision.data or ""
        return int(text) if text.isdecimal() and len(text) < 10 else -1  # noqa: PLR2004 - a key


class RoundForm(Revised):
    """A round of awards."""

    title = StringField("Title", required="Enter a title", max_length=TITLE_LENGTH)
    about = TextAreaField(
        "What is this round about?",
        hint="Everybody reads it on the page of the scheme",
        max_length=TEXT_LENGTH,
        rows=4,
        countdown=False,
    )
    sectors = CheckboxesField(
        "Which sectors may apply?", hint="Leave empty for every target sector", choices=[]
    )
    opens_on = DateField("First day to apply", required="Enter the first day")
    closes_on = DateField("Last day to apply", required="Enter the last day")
    decide_by = DateField("Decisions by", required="Enter the day by which you decide")
    valid_months = IntegerField(
        "For how many months is an award valid?",
        required="Enter a number of months",
        minimum=6,
        maximum=60,
        example=24,
        suffix="months",
    )


class ReasonForm(Form):
    """Why something is done."""

    reason = TextAreaField(
        "Why?", required="Say why", max_length=REASON_LENGTH, rows=4, subject="The reason"
    )


class AssessorForm(Form):
    """Somebody who may assess."""

    email = EmailField("Their email address", required="Enter the address they sign in with")


class UserForm(Form):
    """Which assessor."""

    user = SelectField("Assessor", required="Choose an assessor", choices=[])


class ConflictForm(UserForm):
    """That an assessor cannot judge an employer."""

    reason = StringField("Why?", required="Say why", max_length=200)


class ApplyForm(Form):
    """Which tier to apply for."""

    tier = RadioField("Which tier?", required="Choose a tier", choices=_TIER_CHOICES)


class ChoicesForm(ApplyForm):
    """The tier, and what the assessors may see."""

    consent = BooleanField("Show the assessors actions we completed and evidence we choose")


class SectionForm(Revised):
    """One criterion: what they did, and what shows it."""

    text = TextAreaField(
        "What do you do, since when, and what came of it?",
        hint="Do not name people: the assessors judge without knowing who",
        max_length=SECTION_LENGTH,
        rows=10,
    )
    actions = CheckboxesField("Completed actions that show it", choices=[])
    evidence = CheckboxesField("Evidence that shows it", choices=[])


class AskForm(Form):
    """Who is asked to speak for an application."""

    to_name = StringField(
        "Their name", required="Enter their name", max_length=NAME_LENGTH, autocomplete="off"
    )
    to_email = EmailField(
        "Their email address", required="Enter their email address", autocomplete="off"
    )


class StatementForm(Form):
    """What somebody says of working there."""

    job = StringField("Your job", hint="For example: shift leader", max_length=NAME_LENGTH)
    part_time = RadioField(
        "Do you work part-time?",
        required="Choose yes or no",
        choices=[("yes", "Yes"), ("no", "No")],
        inline=True,
    )
    words = TextAreaField(
        "In your own words, how are people who work part-time treated here?",
        hint="Leave out names, yours included",
        required="Write a few words of your own",
        subject="What you say",
        max_length=STATEMENT_LENGTH,
        rows=8,
    )


class DecideForm(Form):
    """The decision about an application."""

    tier = RadioField(
        "Decision",
        required="Choose a tier, or to decline",
        choices=[*_TIER_CHOICES, (DECLINE, "No award this time")],
    )
    feedback = TextAreaField(
        "Feedback for the employer",
        hint="What was good, and what would make it better",
        required="Write what was good and what would make it better",
        max_length=FEEDBACK_LENGTH,
        rows=8,
    )
    reason = TextAreaField(
        "Why more than the scores allow?",
        hint="Only if you award a higher tier than the scores do. It is kept with the decision",
        max_length=REASON_LENGTH,
        rows=3,
    )


class AssessForm(Revised):
    """An assessor's scores; a class for each version of the criteria adds its fields."""

    words = TextAreaField(
        "Over all",
        hint="What decided your scores. The employer can read it once it is decided, without your "
        "name",
        max_length=FEEDBACK_LENGTH,
        rows=6,
    )

    def scores(self, criteria: Criteria) -> dict[str, tuple[int | None, str]]:
        """The score and the note of each criterion."""
        found: dict[str, tuple[int | None, str]] = {}
        for key in criteria.keys:
            score = self[f"score_{key}"].data
            found[key] = (int(score) if score else None, self[f"note_{key}"].data or "")
        return found

    def parts(self, criteria: Criteria) -> dict[str, tuple[Any, Any]]:
        """The two fields of each criterion."""
        return {key: (self[f"score_{key}"], self[f"note_{key}"]) for key in criteria.keys}


@cache
def assess_form(criteria: Criteria) -> type[AssessForm]:
    """The form for a version of the criteria: a score and a note for each."""
    fields: dict[str, Any] = {}
    for one in criteria.criteria:
        fields[f"score_{one.key}"] = RadioField(
            "Score",
            subject=f"The score of {one.title}",
            choices=[(str(level), f"{level}: {one.levels[level]}") for level in LEVELS],
            small=True,
        )
        fields[f"note_{one.key}"] = TextAreaField(
            "Why this score?", max_length=NOTE_LENGTH, rows=2, countdown=False
        )
    made: type[AssessForm] = type("AssessForm", (AssessForm,), fields)
    return made
