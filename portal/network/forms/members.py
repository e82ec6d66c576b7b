"""The forms about what an employer shows, its competitors, whom it invites, and mail."""

from __future__ import annotations

from typing import Any, Final

from portal.network.rules.invitations import BUSINESS_LENGTH, WORDS_LENGTH, Invited
from portal.network.rules.members import LIMITS, TEXTS, WEBSITE_LENGTH, Profile
from portal.network.rules.words import FIELDS, MAIL_KINDS, NAME_LENGTH
from portal.web.forms import (
    CheckboxesField,
    EmailField,
    Form,
    HiddenField,
    StringField,
    TextAreaField,
)

_HINTS: Final = {
    "name": "Without it, others read “A member of the network”",
    "contact": "Only people of the network and staff see it",
    "award": "As long as an award is valid",
}


class EmptyForm(Form):
    """A button that does one thing."""


def _text(name: str, hint: str, rows: int = 3) -> TextAreaField:
    return TextAreaField(FIELDS[name], hint=hint, max_length=LIMITS[name], rows=rows)


class ProfileForm(Form):
    """What an employer writes of itself, and which fields others see.

    ``seen`` holds the digest of the preview that was looked at, if one was.
    """

    about = _text("about", "In a sentence or two, for somebody who has never heard of you")
    changed = _text("changed", "What you did about part-time work and progression", 5)
    for_whom = _text("for_whom", "For example supervisors, or everybody on the shop floor")
    cost = _text("cost", "In time, money or nerves. Do not name what anybody is paid")
    brought = _text("brought", "What came of it, also what did not work", 5)
    ask_about = _text("ask_about", "What others may ask you about")
    contact = StringField(
        FIELDS["contact"], hint="A name or a post, such as “the manager”", max_length=NAME_LENGTH
    )
    website = StringField(
        FIELDS["website"],
        hint="For example https://www.example.co.uk",
        max_length=WEBSITE_LENGTH,
        spellcheck=False,
        autocomplete="url",
    )
    shown = CheckboxesField(
        "What may others see?",
        hint="Nothing is shown unless you tick it. You can take each back at any time",
        choices=[
            (key, words, _HINTS[key]) if key in _HINTS else (key, words)
            for key, words in FIELDS.items()
        ],
    )
    revision = HiddenField()
    seen = HiddenField()

    def at_revision(self) -> int:
        """The revision that was on the page; one that never was where it is not a number."""
        text = self.revision.data or ""
        return int(text) if text.isdecimal() and len(text) < 10 else -1  # noqa: PLR2004

    def profile(self) -> Profile:
        """What was written and ticked, as the service takes it."""
        return Profile(
            {name: self[name].data or "" for name in TEXTS}, frozenset(self.shown.data or ())
        )

    def carried(self) -> list[tuple[str, Any]]:
        """Every value, to stand hidden on the page that shows what others will see."""
        values = [(name, self[name].data or "") for name in TEXTS]
        values += [("shown", key) for key in FIELDS if key in (self.shown.data or ())]
        return [*values, ("revision", self.revision.data or "0")]


class InviteForm(Form):
    """A mail to a named business."""

    to_business = StringField(
        "Name of the business",
        required="Enter the name of the business",
        max_length=BUSINESS_LENGTH,
        subject="The name of the business",
    )
    to_name = StringField(
        "Who is it to?",
        hint="The name of a person: the mail begins with it",
        required="Enter the name of the person",
        max_length=NAME_LENGTH,
        subject="The name",
        autocomplete="off",
    )
    to_email = EmailField(
        "Their email address", required="Enter their email address", autocomplete="off"
    )
    words = TextAreaField(
        "A few words of your own",
        hint="Optional. Plain words, no links: the mail carries your link",
        max_length=WORDS_LENGTH,
        rows=3,
    )

    def invited(self) -> Invited:
        """Whom it goes to, as the service takes it; for a form that is right."""
        return Invited(
            business=self.to_business.data or "",
            name=self.to_name.data or "",
            email=self.to_email.data or "",
            words=self.words.data or "",
        )


class MailForm(Form):
    """Which kinds of mail somebody wants."""

    kinds = CheckboxesField(
        "Which mail do you want?",
        hint="Untick what you do not want. Mail about your account always comes",
        choices=list(MAIL_KINDS.items()),
    )
