"""Forms: every feature's form starts here.

    class EmployerForm(Form):
        name = StringField("Employer name", required="Enter the employer's name")
        founded = DateField("Date founded", hint="For example, 27 3 2019")

In the page: ``{{ error_summary(form) }}``, then inside ``<form method="post" novalidate>``
``{{ form.hidden_tag() }}`` and each ``{{ form.name() }}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from flask_wtf import FlaskForm
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField
from wtforms.widgets import HiddenInput

from portal.kernel.result import Problem
from portal.web.choices import CheckboxesField, RadioField, SelectField
from portal.web.dates import DateField
from portal.web.fields import (
    BooleanField,
    EmailField,
    FileField,
    IntegerField,
    MayBeEmpty,
    PasswordField,
    PoundsField,
    Required,
    StringField,
    TextAreaField,
)

__all__ = [
    "BooleanField",
    "CheckboxesField",
    "DateField",
    "EmailField",
    "FileField",
    "Form",
    "HiddenField",
    "IntegerField",
    "MayBeEmpty",
    "PasswordField",
    "PoundsField",
    "RadioField",
    "Required",
    "SelectField",
    "StringField",
    "TextAreaField",
]


class Form(FlaskForm):  # type: ignore[misc]
    """A form with CSRF protection, an error summary and room for what a service refuses."""

    def refuse(self, problem: Problem) -> None:
        """Show what a service refused, beside its field or above the form."""
        field = self._fields.get(problem.field) if problem.field else None
        if field is None:
            self.form_errors.append(problem.message)
        else:
            field.errors = [*field.errors, problem.message]

    def offer(self, name: str, choices: Iterable[tuple[Any, ...]]) -> None:
        """Give a field choices known only now, and judge again what was sent against them."""
        field = self[name]
        field.choices = list(choices)
        if field.raw_data is not None:
            sent = MultiDict((field.name, value) for value in field.raw_data)
            field.process(sent, field.object_data)

    def summary(self) -> list[dict[str, str]]:
        """Every field's first message with the address of its first input, in page order."""
        found = [{"text": str(message)} for message in self.form_errors]
        for field in self:
            found.extend(_messages(field))
        return found

    def hidden_tag(self, *fields: Any) -> Markup:
        """The hidden inputs (the CSRF token first of all), without ids that could clash."""
        hidden = fields or [f for f in self if isinstance(f.widget, HiddenInput)]
        row = Markup('<input type="hidden" name="{}" value="{}">')
        return Markup("").join(row.format(f.name, f._value()) for f in hidden)  # noqa: SLF001


def _messages(field: Any) -> Iterator[dict[str, str]]:
    inner = getattr(field, "entries", None) or getattr(field, "form", None)
    if inner is not None:
        for part in inner:
            yield from _messages(part)
    elif field.errors:
        first_id = field.first_id() if hasattr(field, "first_id") else field.id
        yield {"text": str(field.errors[0]), "href": f"#{first_id}"}
