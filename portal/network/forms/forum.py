"""Forms of the forum."""

from __future__ import annotations

from portal.network.rules.forum_words import HOWS, LONGEST_SUSPENSION, REASON_LENGTH
from portal.network.rules.words import POST_LENGTH, REPORT_REASONS, TITLE_LENGTH
from portal.web.forms import (
    BooleanField,
    FileField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)

_ACCEPT = ".pdf,.png,.jpg,.jpeg,.heic,.docx,.xlsx,.pptx,.odt"


class PostForm(Form):
    """A reply; the page says for whom one may write."""

    as_whom = SelectField("For whom do you write?", choices=[], subject="For whom you write")
    body = TextAreaField(
        "Your post",
        required="Write something",
        max_length=POST_LENGTH,
        rows=8,
        countdown=False,
        hint="Plain words. Lists with a dash, links and **bold** work too. Mention somebody who "
        "writes here with @ and their name",
    )
    unnamed = BooleanField("Post without my name and without the name of my business")
    file = FileField("Picture or document", accept=_ACCEPT, subject="File")
    follow = BooleanField("Tell me by mail when somebody answers", default=True)
    key = HiddenField()
    answers = HiddenField()


class ThreadForm(PostForm):
    """A thread with its first post."""

    category = SelectField("Part of the forum", required="Choose a part", blank="Choose")
    title = StringField(
        "Title",
        required="Enter a title",
        max_length=TITLE_LENGTH,
        hint="A question that others can answer, for example: How do two people share one lead "
        "post?",
    )


class EditForm(Form):
    """A change of one's own post; the title with the first post of a thread."""

    title = StringField("Title", required="Enter a title", max_length=TITLE_LENGTH)
    body = TextAreaField(
        "Your post", required="Write something", max_length=POST_LENGTH, rows=8, countdown=False
    )
    file = FileField("Picture or document to add", accept=_ACCEPT, subject="File")
    revision = HiddenField()

    def seen(self) -> int:
        """The revision that was on the page; one that never was where it is not a number."""
        text = self.revision.data or ""
        return int(text) if text.isdecimal() and len(text) < 9 else -1  # noqa: PLR2004


class PromiseForm(Form):
    """Accepting the code of conduct."""

    accept = BooleanField(
        "I have read this and will keep to it", required="Tick the box to accept it"
    )


class ReportForm(Form):
    """Asking a moderator to look."""

    reason = RadioField(
        "What is wrong with this post?",
        required="Choose what is wrong",
        choices=list(REPORT_REASONS.items()),
    )
    words = TextAreaField("What should the moderator know?", max_length=REASON_LENGTH, rows=3)


class FollowForm(Form):
    """How to hear of a thread or of a part."""

    how = SelectField(
        "Tell me what is new",
        choices=[("", "Not by mail"), *HOWS.items()],
        subject="How to hear of it",
    )


class ActForm(Form):
    """An act of a moderator: its reason, and what it needs beside."""

    act = HiddenField()
    reason = TextAreaField(
        "Why?", required="Say why: it stands in the log", max_length=REASON_LENGTH, rows=3
    )
    category = SelectField("Move it to", blank="Choose")
    days = IntegerField(
        "For how many days?", minimum=1, maximum=LONGEST_SUSPENSION, example=7, suffix="days"
    )
