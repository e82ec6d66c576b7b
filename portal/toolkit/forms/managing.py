"""The forms by which a resource is taken through its life, and files are put beside it."""

from __future__ import annotations

from portal.toolkit.rules.words import NOTE_LENGTH, TITLE_LENGTH
from portal.web.forms import FileField, Form, HiddenField, StringField, TextAreaField


class MoveForm(Form):
    """A button that does one thing to what was on the page."""

    revision = HiddenField()


class NoteForm(MoveForm):
    """The same with a word on it."""

    note = TextAreaField("What should change? (optional)", max_length=NOTE_LENGTH, rows=3)


class PublishForm(MoveForm):
    """Publishing, with a reason where too few employers have tested it."""

    reason = TextAreaField(
        "Why is it published without?",
        hint="For example, the change is a corrected figure. The reason stays on record",
        max_length=NOTE_LENGTH,
        rows=3,
    )


class RetireForm(MoveForm):
    """Taking a resource away from readers."""

    reason = TextAreaField(
        "Why is it retired?",
        required="Say why it is retired",
        hint="Readers who come to its address are told that it is no longer there",
        max_length=NOTE_LENGTH,
        rows=3,
    )
    replaced_by = StringField(
        "What should people read instead? (optional)",
        hint="The title or the address of another published resource",
        max_length=300,
    )


class AddFileForm(Form):
    """A file for readers, and what it is called."""

    file = FileField("File", required="Choose a file", accept=".docx,.xlsx,.pptx,.pdf")
    words = StringField(
        "What is it called? (optional)",
        hint="As readers see it. Left empty, it is the name of the file",
        max_length=TITLE_LENGTH,
    )


class HideForm(Form):
    """Why a comment is not shown."""

    reason = StringField("Why is it not shown?", max_length=500)
