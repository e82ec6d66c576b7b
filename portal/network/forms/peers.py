"""The forms of peer support."""

from __future__ import annotations

from portal.network.rules.matching import SAYS
from portal.network.rules.peers import (
    ABOUT_LENGTH,
    MOST_CAPACITY,
    QUESTION_LENGTH,
    WORDS_LENGTH,
    Asked,
    Offered,
)
from portal.network.rules.words import NAME_LENGTH, PEER_OUTCOMES
from portal.toolkit.rules.words import DIMENSIONS
from portal.web.forms import (
    BooleanField,
    CheckboxesField,
    EmailField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)


class PlainForm(Form):
    """A button that does one thing."""


class _WithContact(Form):
    contact_name = StringField(
        "Who is to be contacted?",
        required="Enter the name of the person to contact",
        max_length=NAME_LENGTH,
        subject="The name",
    )
    contact_email = EmailField(
        "Their email address",
        hint="Shown to the other business only when both have agreed",
        required="Enter their email address",
    )
    says = CheckboxesField(
        "What may we say of you when we propose you?",
        hint="The other business reads it before both agree. Your scores are never shown",
        choices=list(SAYS.items()),
        subject="What may be said",
    )
    revision = HiddenField()

    def seen(self) -> int:
        """The revision that was on the page; one that never was where it is not a number."""
        text = self.revision.data or ""
        return int(text) if text.isdecimal() and len(text) < 10 else -1  # noqa: PLR2004


class RequestForm(_WithContact):
    """What an employer asks."""

    topic = SelectField(
        "What is it about?",
        required="Choose what it is about",
        blank="Choose",
        choices=list(DIMENSIONS.items()),
        subject="Subject",
    )
    question = TextAreaField(
        "What would you like to ask somebody who has done it?",
        hint="The business that we propose reads it. Leave out names and pay",
        required="Write what you would like to ask",
        max_length=QUESTION_LENGTH,
        rows=5,
        subject="The question",
    )

    def asked(self, topic: str = "") -> Asked:
        """The request as the service takes it; ``topic`` where it cannot be changed."""
        return Asked(
            topic=topic or self.topic.data or "",
            question=self.question.data or "",
            contact_name=self.contact_name.data or "",
            contact_email=self.contact_email.data or "",
            says=tuple(self.says.data or ()),
        )


class OfferForm(_WithContact):
    """What an employer offers."""

    topics = CheckboxesField(
        "What can others ask you about?",
        required="Choose at least one subject",
        choices=list(DIMENSIONS.items()),
        subject="The subjects",
    )
    about = TextAreaField(
        "What have you done?",
        hint="Optional. The business that we propose you to reads it",
        max_length=ABOUT_LENGTH,
        rows=4,
        subject="What you have done",
    )
    capacity = IntegerField(
        "With how many businesses at a time?",
        required="Enter with how many businesses at a time",
        minimum=1,
        maximum=MOST_CAPACITY,
        example=2,
    )
    is_paused = BooleanField(
        "Pause: propose me to nobody new for now. Introductions that were made stay"
    )

    def offered(self) -> Offered:
        """The offer as the service takes it."""
        return Offered(
            topics=tuple(self.topics.data or ()),
            about=self.about.data or "",
            capacity=self.capacity.data or 0,
            contact_name=self.contact_name.data or "",
            contact_email=self.contact_email.data or "",
            says=tuple(self.says.data or ()),
            is_paused=bool(self.is_paused.data),
        )


class OutcomeForm(Form):
    """What came of an introduction."""

    outcome = RadioField(
        "What came of it?",
        required="Choose what came of it",
        choices=list(PEER_OUTCOMES.items()),
        subject="What came of it",
    )
    words = TextAreaField(
        "Anything to add?",
        hint="Optional. Only staff read it",
        max_length=WORDS_LENGTH,
        rows=3,
        subject="What you add",
    )


class CloseForm(Form):
    """Why a request is closed."""

    reason = TextAreaField(
        "Why do you close the request?",
        hint="The business reads it in a mail",
        required="Say why, as the business is told",
        max_length=WORDS_LENGTH,
        rows=3,
        subject="The reason",
    )
