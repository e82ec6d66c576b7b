"""The form by which a reader rates a resource."""

from __future__ import annotations

from portal.toolkit.rules.readers import COMMENT_LENGTH, STARS
from portal.toolkit.rules.words import SECTORS
from portal.web.forms import Form, RadioField, SelectField, TextAreaField


class RatingForm(Form):
    """Stars, and words if they like."""

    stars = RadioField(
        "How useful is it to you?",
        required="Choose from 1 to 5",
        choices=[(str(key), f"{key}: {text}") for key, text in sorted(STARS.items(), reverse=True)],
        small=True,
    )
    comment = TextAreaField(
        "Would you like to say more? (optional)",
        hint="Somebody reads it before others see it. No names and no links, please",
        max_length=COMMENT_LENGTH,
        rows=4,
    )
    sector = SelectField(
        "Where do you work? (optional)", choices=list(SECTORS.items()), blank="Rather not say"
    )
