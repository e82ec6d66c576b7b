"""The forms about surveys of workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from portal.reports.rules.pulse_results import ANSWER_WORDS
from portal.reports.rules.pulse_survey import Statement
from portal.web.forms import DateField, Form, IntegerField, RadioField, StringField


class AnswerForm(Form):
    """A worker's answers, which the page itself lays out: only its token is checked here."""


class CodeForm(Form):
    """The code on a poster, typed."""

    code = StringField(
        "Code on the poster",
        hint="10 letters and numbers",
        required="Enter the code on the poster",
        max_length=30,
        width=10,
        spellcheck=False,
        autocomplete="off",
    )


class OpenForm(Form):
    """How many people are asked, and until when."""

    invited = IntegerField(
        "How many people will get the link or see the poster?",
        hint="Everybody who works for you but owners and managers. No more answers than this are "
        "taken",
        required="Enter how many people will be asked",
        minimum=1,
        maximum=100_000,
        suffix="people",
        subject="The number of people",
    )
    closes_on = DateField(
        "Last day to answer",
        hint="Between 7 and 42 days from today. Two weeks suit most",
        required="Enter the last day to answer",
    )


class ConfirmForm(Form):
    """A button that does one thing."""


class ViewForm(Form):
    """How an owner or a manager sees the practice; the statements are added by ``view_form``."""

    role = RadioField(
        "Which describes you?",
        choices=[("owner", "I own or run the business"), ("manager", "I manage people here")],
        required="Say whether you own the business or manage people",
    )

    def given(self) -> dict[str, str]:
        """The statements that were answered."""
        return {
            field.name: field.data
            for field in self
            if field.name not in {"role", "csrf_token"} and field.data in ANSWER_WORDS
        }


def view_form(statements: Sequence[Statement], wording: Mapping[str, str]) -> type[ViewForm]:
    """The form with a field for each of the statements, in the words that staff read too."""
    fields = {
        one.key: RadioField(
            wording[one.key],
            choices=[*ANSWER_WORDS.items(), ("unsure", "Not sure")],
            inline=True,
            small=True,
        )
        for one in statements
    }
    return type("ViewFormOfStatements", (ViewForm,), fields)
