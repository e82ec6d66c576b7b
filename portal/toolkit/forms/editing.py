"""The form in which a resource is written. Sources are rows that need no script."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from wtforms import FieldList, FormField
from wtforms import Form as PartForm

from portal.kernel.clock import today
from portal.toolkit.rules.content import Content, Source
from portal.toolkit.rules.practices import practices
from portal.toolkit.rules.words import (
    AUDIENCES,
    DIMENSIONS,
    DOWNLOADS,
    FORMATS,
    NAME_LENGTH,
    NOTE_LENGTH,
    SECTORS,
    SIZES,
    SUMMARY_LENGTH,
    TITLE_LENGTH,
)
from portal.web.forms import (
    BooleanField,
    CheckboxesField,
    DateField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    StringField,
    TextAreaField,
)

MOST_SOURCES: Final = 40
LONGEST_MINUTES: Final = 240
_EDITABLE: Final = {key: words for key, words in DOWNLOADS.items() if key != "pdf"}


class MarkdownField(TextAreaField):
    """The text as it was typed: what must not be in it is said, not dropped in silence."""

    def clean(self, value: str) -> str:
        """Line ends alone are made the same."""
        return value.replace("\r\n", "\n").replace("\r", "\n").strip("\n")

    def too_long(self, value: str) -> bool:
        """The limit is said by the rules of what may be kept, with the number of characters."""
        del value
        return False


class SourceRow(PartForm):
    """One source: the name by which the text cites it, and where it is found."""

    key = StringField("Name in the text", max_length=60, hint="For example timewise-2019")
    title = StringField("Title", max_length=300)
    publisher = StringField("Publisher", max_length=200)
    year = StringField("Year", max_length=10, width=4, inputmode="numeric")
    url = StringField("Address (optional)", max_length=600, inputmode="url", spellcheck=False)

    def is_blank(self) -> bool:
        """Whether nothing was typed into it."""
        return not any(field.data for field in self)

    def to_source(self) -> Source:
        """The source; a year that is no number is 0, which the rules refuse."""
        year = str(self.year.data or "")
        return Source(
            key=str(self.key.data or ""),
            title=str(self.title.data or ""),
            publisher=str(self.publisher.data or ""),
            year=int(year) if year.isdecimal() and len(year) <= 4 else 0,  # noqa: PLR2004
            url=str(self.url.data or ""),
        )


class ResourceForm(Form):
    """Everything that a version says."""

    revision = HiddenField()
    format = RadioField("What is it?", choices=list(FORMATS.items()))
    title = StringField("Title", max_length=TITLE_LENGTH)
    about = TextAreaField(
        "Summary",
        hint="One or two sentences: what somebody can do when they have read it",
        max_length=SUMMARY_LENGTH,
        rows=2,
    )
    body = MarkdownField(
        "Text",
        hint="Plain text with a few marks, explained below. Each fact cites its source",
        rows=24,
        countdown=False,
        spellcheck=True,
    )
    audiences = CheckboxesField("Who is it for?", choices=list(AUDIENCES.items()), small=True)
    dimensions = CheckboxesField("What is it about?", choices=list(DIMENSIONS.items()), small=True)
    practices = CheckboxesField(
        "Which good practice does it help with?",
        choices=[(key, one.title) for key, one in practices().items()],
        small=True,
    )
    sectors = CheckboxesField(
        "Sector",
        hint="None ticked means every sector",
        choices=list(SECTORS.items()),
        small=True,
    )
    sizes = CheckboxesField(
        "Size of employer",
        hint="None ticked means every size",
        choices=list(SIZES.items()),
        small=True,
    )
    downloads = CheckboxesField(
        "Editable files for readers",
        hint="A PDF is made of everything. These are for what a person fills in",
        choices=list(_EDITABLE.items()),
        small=True,
    )
    illustrative = BooleanField(
        "People, businesses or figures in it are invented",
        hint="Readers are told so at the top",
    )
    author = StringField("Written by", max_length=NAME_LENGTH)
    minutes = IntegerField(
        "Minutes to read",
        hint="Left empty, they are worked out from the number of words",
        minimum=1,
        maximum=LONGEST_MINUTES,
        width=3,
        example=5,
    )
    review_by = DateField(
        "Look at it again by",
        required="Enter the day by which somebody looks at it again",
        subject="The day",
        earliest=today,
    )
    sources = FieldList(FormField(SourceRow), max_entries=MOST_SOURCES)
    change_note = StringField("What did you change?", max_length=NOTE_LENGTH)

    def add_source(self) -> None:
        """One more empty row."""
        if len(self.sources.entries) < MOST_SOURCES:
            self.sources.append_entry()

    def to_content(self, *, minutes: int, workbook: Any) -> Content:
        """What was typed as a version; ``minutes`` are used where none are given."""
        downloads = tuple(self.downloads.data or ())
        return Content(
            title=self.title.data or "",
            summary=" ".join((self.about.data or "").split()),
            body=f"{(self.body.data or '').strip()}\n" if (self.body.data or "").strip() else "",
            author=self.author.data or "",
            minutes=self.minutes.data or minutes,
            review_by=self.review_by.data or date.max,
            audiences=tuple(self.audiences.data or ()),
            dimensions=tuple(self.dimensions.data or ()),
            practices=tuple(self.practices.data or ()),
            sectors=tuple(self.sectors.data or ()),
            sizes=tuple(self.sizes.data or ()),
            sources=tuple(
                row.form.to_source() for row in self.sources.entries if not row.form.is_blank()
            ),
            downloads=downloads,
            workbook=workbook if "xlsx" in downloads else None,
            illustrative=bool(self.illustrative.data),
        )


def as_data(content: Content) -> dict[str, Any]:
    """A version as the form shows it."""
    values = {
        name: getattr(content, name)
        for name in ("title", "author", "minutes", "review_by", "illustrative")
    }
    values |= {
        name: list(getattr(content, name))
        for name in ("audiences", "dimensions", "practices", "sectors", "sizes")
    }
    values["about"] = content.summary
    values["body"] = content.body.rstrip("\n")
    values["downloads"] = [key for key in content.downloads if key != "pdf"]
    values["sources"] = [
        {
            "key": one.key,
            "title": one.title,
            "publisher": one.publisher,
            "year": str(one.year),
            "url": one.url,
        }
        for one in content.sources
    ]
    return values
