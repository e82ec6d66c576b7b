"""The forms about how long data stays, holds and erasure."""

from __future__ import annotations

from portal.governance.rules.erasure import KIND_WORDS
from portal.governance.rules.holds import SCOPE_WORDS
from portal.kernel.clock import today
from portal.web.forms import (
    BooleanField,
    DateField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    StringField,
    TextAreaField,
)

_LONG = 2000


class PeriodForm(Form):
    """How many months a class keeps its data."""

    months = IntegerField("Months", required="Enter a number of months", minimum=1, maximum=240)


class HoldForm(Form):
    """A new hold."""

    scope = RadioField(
        "What must stay?",
        choices=list(SCOPE_WORDS.items()),
        required="Choose what must stay",
    )
    subject = StringField(
        "Which one",
        hint="The employer's reference, the person's email address, or the key of the class; "
        "leave empty for everything",
        max_length=254,
    )
    reason = TextAreaField("Why", max_length=_LONG, required="Say why")
    review_on = DateField(
        "Look at it again on", required="Enter the day on which to look at it again"
    )


class LiftForm(Form):
    """The end of a hold."""

    reason = TextAreaField("Why it is lifted", max_length=_LONG, required="Say why it is lifted")


class ErasureForm(Form):
    """A request as it came in; ``request`` is what the person asked, where it is known."""

    request = HiddenField(default="")
    kind = RadioField("Who asks?", choices=list(KIND_WORDS.items()), required="Choose who asks")
    who = StringField(
        "Email address, or the employer's reference",
        max_length=254,
        required="Enter an email address or a reference",
    )
    asked_on = DateField("Asked on", latest=today, required="Enter the day on which they asked")


class ProposeForm(Form):
    """Asking a second person to carry a request out."""

    sure = BooleanField(
        "I have read what goes and what stays",
        required="Confirm that you have read it",
    )


class EraseForm(Form):
    """Carrying a request out."""

    note = TextAreaField("Note for the record", hint="Name nobody here", max_length=_LONG)
    sure = BooleanField(
        "I have read what goes and what stays; what goes cannot be brought back",
        required="Confirm that you have read it",
    )


class RefuseForm(Form):
    """Saying no."""

    words = TextAreaField(
        "Why it is refused", hint="Name nobody here", max_length=_LONG, required="Say why"
    )
