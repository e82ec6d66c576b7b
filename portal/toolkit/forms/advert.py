"""The job-advert checker's form."""

from __future__ import annotations

from typing import Any

from portal.kernel.result import Problem
from portal.toolkit.rules.advert_text import LONGEST
from portal.web.forms import Form, StringField, TextAreaField


class AdvertForm(Form):
    """An advert to look at."""

    title = StringField(
        "Job title, as advertised",
        hint="Left empty: the first line of the advert, if it is a short one",
        max_length=120,
    )
    text = TextAreaField(
        "Text of the advert",
        hint="Paste all of it, also from a web page or a Word document",
        required="Paste the text of the advert",
        max_length=LONGEST,
        rows=16,
    )

    def inputs(self) -> dict[str, Any]:
        """What was pasted."""
        return {"title": self.title.data, "text": self.text.data}


TOO_SHORT = Problem(
    "too_short", "Paste the whole advert: there are too few words to look at", "text"
)
