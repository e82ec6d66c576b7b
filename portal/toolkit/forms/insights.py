"""Forms about what businesses say, and about its themes."""

from __future__ import annotations

from portal.kernel.clock import today
from portal.toolkit.rules.insights import BUSINESS_LENGTH, PARTS, TEXT_LENGTH, InsightDetails
from portal.toolkit.rules.words import CONVERSATIONS, DIMENSIONS, SECTORS, SIZES, TITLE_LENGTH
from portal.web.forms import (
    BooleanField,
    CheckboxesField,
    DateField,
    Form,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)

_SECTORS = [*SECTORS.items(), ("other", "Another sector")]


def _text(part: str, hint: str) -> TextAreaField:
    return TextAreaField(
        PARTS[part], hint=hint, max_length=TEXT_LENGTH, rows=4, countdown=False, subject="This"
    )


class InsightForm(Form):
    """A discussion with a business; the page offers the themes."""

    business = StringField("Name of the business", max_length=BUSINESS_LENGTH)
    sector = SelectField("Sector", blank="Choose", choices=_SECTORS)
    size_tier = SelectField("Number of employees", blank="Not known", choices=list(SIZES.items()))
    held_on = DateField("When did you talk?", required="Enter the day you talked", latest=today)
    how = RadioField(
        "How did you talk?", required="Choose how you talked", choices=list(CONVERSATIONS.items())
    )
    practice = _text("practice", "How they use and develop part-time staff today")
    challenge = _text("challenge", "What stands in the way, in their words where you can")
    support_need = _text("support_need", "Advice, training, a template, a peer to talk to")
    may_quote = BooleanField("They agree to be quoted without their name")
    themes = CheckboxesField("Themes", hint="Choose every theme that came up")
    revision = HiddenField()

    def seen(self) -> int:
        """The revision that was on the page; one that never was where it is not a number."""
        text = self.revision.data or ""
        return int(text) if text.isdecimal() and len(text) < 10 else -1  # noqa: PLR2004 - a key

    def details(self) -> InsightDetails:
        """The discussion as the service takes it; for a form that is right."""
        held_on = self.held_on.data
        assert held_on is not None  # noqa: S101 - required above

        def said(name: str) -> str:
            return (self[name].data or "") if name in self else ""

        return InsightDetails(
            held_on=held_on,
            how=self.how.data or "",
            business=said("business"),
            sector=said("sector"),
            size_tier=said("size_tier"),
            practice=said("practice"),
            challenge=said("challenge"),
            support_need=said("support_need"),
            may_quote=bool(self.may_quote.data),
            themes=tuple(self.themes.data or ()),
        )


class WithdrawInsightForm(Form):
    """Why a discussion is taken out."""

    reason = TextAreaField(
        "Why is it withdrawn?",
        required="Say why it is withdrawn",
        subject="The reason",
        max_length=500,
        rows=3,
        countdown=False,
    )


class ThemeForm(Form):
    """A theme."""

    title = StringField("Title", required="Enter a title", max_length=TITLE_LENGTH)
    about = TextAreaField("What it is about", max_length=TEXT_LENGTH, rows=3, countdown=False)
    dimension = SelectField("Dimension", blank="No dimension", choices=list(DIMENSIONS.items()))
    retired = BooleanField("This theme is no longer given to discussions")


class AnswerForm(Form):
    """Which resource answers a theme; the page offers the resources."""

    resource = SelectField("Resource", required="Choose a resource", blank="Choose")
