"""A choice that must be made is not made by marks that nobody sees."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import Form

from portal.web.choices import CheckboxesField, RadioField, SelectField

CHOICES = (("a", "One"), ("b", "Other"))


@pytest.mark.parametrize("kind", [RadioField, SelectField, CheckboxesField])
@pytest.mark.parametrize(
    "sent", ["", " ", "\x00", "\u202e", "\u200b", "\u00a0\ufeff", "\x1f \u2066"]
)
def test_what_is_required_is_chosen(kind: Any, sent: str) -> None:
    class Asked(Form):
        wanted = kind("Which?", required="Choose one", choices=CHOICES)

    form = Asked(MultiDict({"wanted": sent}))
    assert not form.validate()
    assert form.wanted.errors
    assert Asked(MultiDict({"wanted": "a"})).validate()
