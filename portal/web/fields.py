"""Form fields: what people type becomes clean values, and a mistake becomes a plain sentence.

Every field takes ``hint``, ``required`` (the message when nothing was entered; without it the field
may stay empty), ``subject`` (how messages call the field; by default its label), and any parameter
of its macro (``label_class``, ``heading``, ``width``, ``classes``, ``autocomplete``, ``attrs`` …).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from email_validator import EmailNotValidError, validate_email
from flask_wtf.file import FileField as _FileField
from markupsafe import Markup
from wtforms import Field
from wtforms.validators import StopValidation, ValidationError

from portal.web import widgets
from portal.web.text import clean_line, clean_text, count_characters

LINE_LIMIT: Final = 200
TEXT_LIMIT: Final = 2000
EMAIL_LIMIT: Final = 254
PASSWORD_LIMIT: Final = 128
# A limit in characters as people count them still needs one in what is stored.
_STORED_PER_CHARACTER: Final = 4

_FROM_WTFORMS: Final = ("_form", "_meta", "_prefix", "_translations", "id", "widget")
_GROUPED_NUMBER: Final = re.compile(r"-?(?:\d{1,15}|\d{1,3}(?:[ ,]\d{3}){1,4})")


def _default(kwargs: dict[str, Any], **values: Any) -> None:
    for name, value in values.items():
        kwargs.setdefault(name, value)


class Required:
    """Refuses an empty field with its own message."""

    def __init__(self, message: str) -> None:
        self.message = message

    def __call__(self, _form: Any, field: Any) -> None:
        """Stop here when nothing was entered."""
        if field.is_empty():
            field.errors = []
            raise StopValidation(self.message)


class MayBeEmpty:
    """Lets an empty field pass and skips what would check its content."""

    def __call__(self, _form: Any, field: Any) -> None:
        """Stop here, content, when nothing was entered."""
        if field.is_empty():
            field.errors = []
            raise StopValidation


class PortalField(Field):
    """What all our fields share."""

    widget: Any
    data: Any
    errors: Any

    def __init__(
        self,
        label: str | None = None,
        validators: Iterable[Any] = (),
        *,
        hint: str | Markup = "",
        required: str | None = None,
        subject: str | None = None,
        filters: Sequence[Callable[[Any], Any]] = (),
        default: Any = None,
        name: str | None = None,
        **options: Any,
    ) -> None:
        # what WTForms itself passes to a bound field, apart from our macro parameters
        bound = {key: options.pop(key) for key in _FROM_WTFORMS if key in options}
        first = Required(required) if required else MayBeEmpty()
        super().__init__(
            label,
            [first, *validators],
            filters=filters,
            description=hint,
            default=default,
            name=name,
            **bound,
        )
        self.options = options
        text = self.label.text
        self.subject = subject or (text if text and not text.endswith("?") else "Your answer")

    def is_empty(self) -> bool:
        """Whether nothing was entered."""
        if self.raw_data is None:
            return self.data in (None, "", [], ())
        # As the fields clean it: marks that nobody sees are nothing.
        return all(not clean_line(str(value)) for value in self.raw_data)

    def first_id(self) -> str:
        """The id of the input that an error summary leads to."""
        return str(self.id)


class StringField(PortalField):
    """One line of text: cleaned, composed, at most ``max_length`` characters."""

    widget: Any = widgets.TextWidget()

    def __init__(self, label: str | None = None, *args: Any, **kwargs: Any) -> None:
        self.max_length: int = kwargs.pop("max_length", LINE_LIMIT)
        super().__init__(label, *args, **kwargs)

    def clean(self, value: str) -> str:
        """What is kept of what was typed."""
        return clean_line(value)

    def is_empty(self) -> bool:
        """Whether nothing is left after cleaning."""
        return not self.data

    def too_long(self, value: str) -> bool:
        """Whether the value breaks the limit (as the database counts)."""
        return len(value) > self.max_length

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Clean what was typed."""
        self.data = self.clean(str(valuelist[0])) if valuelist else ""

    def pre_validate(self, form: Any) -> None:
        """Refuse what is too long; nothing is cut off."""
        del form
        if isinstance(self.data, str) and self.too_long(self.data):
            raise StopValidation(f"{self.subject} must be {self.max_length:,} characters or fewer")

    def _value(self) -> str:
        return "" if self.data is None else str(self.data)


class TextAreaField(StringField):
    """Several lines of text; counts down from ``max_length`` (``countdown=False`` hides that)."""

    widget = widgets.TextAreaWidget()

    def __init__(self, label: str | None = None, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", TEXT_LIMIT)
        super().__init__(label, *args, **kwargs)

    def clean(self, value: str) -> str:
        """Line ends stay."""
        return clean_text(value)

    def too_long(self, value: str) -> bool:
        """Characters as people and the countdown count them."""
        if len(value) <= self.max_length:
            return False
        too_much = len(value) > self.max_length * _STORED_PER_CHARACTER
        return too_much or count_characters(value) > self.max_length


class EmailField(StringField):
    """An e-mail address, kept as typed but for the case of its domain."""

    widget = widgets.TextWidget("email")

    def __init__(self, label: str | None = None, *args: Any, **kwargs: Any) -> None:
        _default(kwargs, max_length=EMAIL_LIMIT, autocomplete="email", spellcheck=False)
        super().__init__(label, *args, **kwargs)

    def post_validate(self, form: Any, validation_stopped: bool) -> None:  # noqa: FBT001 - WTForms'
        """Check the form of the address, not whether it can be reached."""
        del form
        if validation_stopped or self.errors or not self.data:
            return
        try:
            found = validate_email(self.data, check_deliverability=False)
        except EmailNotValidError:
            raise ValidationError(
                "Enter an email address in the correct format, like name@example.com"
            ) from None
        self.data = found.normalized


class PasswordField(StringField):
    """A password: never changed, never shown again."""

    widget = widgets.PasswordWidget()

    def __init__(self, label: str | None = None, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", PASSWORD_LIMIT)
        super().__init__(label, *args, **kwargs)

    def clean(self, value: str) -> str:
        """A password stays exactly as typed."""
        return value


class IntegerField(PortalField):
    """A whole number; "1,200" and "1 200" are read, what cannot be read is shown again."""

    widget = widgets.TextWidget()

    def __init__(
        self,
        label: str | None = None,
        *args: Any,
        minimum: int | None = 0,
        maximum: int | None = 1_000_000_000,
        example: int = 12,
        **kwargs: Any,
    ) -> None:
        _default(kwargs, inputmode="numeric", width=10, spellcheck=False)
        super().__init__(label, *args, **kwargs)
        self.minimum, self.maximum, self.example = minimum, maximum, example

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the number."""
        self.data = None
        text = clean_line(str(valuelist[0])).replace("\u00a0", " ") if valuelist else ""
        if not text:
            return
        if not _GROUPED_NUMBER.fullmatch(text):
            raise ValueError(f"{self.subject} must be a whole number, like {self.example}")
        self.data = int(text.replace(",", "").replace(" ", ""))

    def pre_validate(self, form: Any) -> None:
        """Keep to the limits."""
        del form
        if self.data is None:
            return
        if self.minimum is not None and self.data < self.minimum:
            raise StopValidation(f"{self.subject} must be {self.minimum:,} or more")
        if self.maximum is not None and self.data > self.maximum:
            raise StopValidation(f"{self.subject} must be {self.maximum:,} or fewer")

    def _value(self) -> str:
        if self.raw_data:
            return clean_line(str(self.raw_data[0]))
        return "" if self.data is None else str(self.data)


class PoundsField(PortalField):
    """An amount of money typed in pounds, held as whole pence."""

    widget = widgets.TextWidget()

    def __init__(
        self,
        label: str | None = None,
        *args: Any,
        minimum: int | None = 0,
        maximum: int | None = 100_000_000_00,
        **kwargs: Any,
    ) -> None:
        _default(kwargs, prefix="£", inputmode="decimal", width=10, spellcheck=False)
        super().__init__(label, *args, **kwargs)
        self.minimum, self.maximum = minimum, maximum

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read pounds and pence."""
        self.data = None
        text = clean_line(str(valuelist[0])).replace("\u00a0", " ") if valuelist else ""
        text = text.replace("£", "", 1).strip()
        if not text:
            return
        pounds, point, pence = text.partition(".")
        readable = _GROUPED_NUMBER.fullmatch(pounds or "0") and re.fullmatch(r"\d*", pence)
        if not readable or (point and not pence):
            raise ValueError(f"{self.subject} must be an amount in pounds, like 12.50")
        if len(pence) > 2:  # noqa: PLR2004 - a pound has two places
            raise ValueError(f"{self.subject} must have no more than 2 decimal places, like 12.50")
        whole = int((pounds or "0").replace(",", "").replace(" ", ""))
        sign = -1 if pounds.startswith("-") else 1
        self.data = whole * 100 + sign * int(pence.ljust(2, "0"))

    def pre_validate(self, form: Any) -> None:
        """Keep to the limits (pence)."""
        del form
        if self.data is None:
            return
        if self.minimum is not None and self.data < self.minimum:
            raise StopValidation(f"{self.subject} must be £{self.minimum / 100:,.2f} or more")
        if self.maximum is not None and self.data > self.maximum:
            raise StopValidation(f"{self.subject} must be £{self.maximum / 100:,.2f} or less")

    def _value(self) -> str:
        if self.raw_data:
            return clean_line(str(self.raw_data[0]))
        if self.data is None:
            return ""
        sign, (pounds, pence) = "-" if self.data < 0 else "", divmod(abs(self.data), 100)
        return f"{sign}{pounds}.{pence:02d}" if pence else f"{sign}{pounds}"


class BooleanField(PortalField):
    """One box to tick; ``required`` is the message when it must be ticked and is not."""

    widget = widgets.TickWidget()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Ticked when the browser sent it."""
        self.data = bool(valuelist) and valuelist[0] not in ("", "false", "0")

    def is_empty(self) -> bool:
        """A box not ticked is an empty one."""
        return not self.data


class FileField(PortalField, _FileField):  # type: ignore[misc]
    """A file to send; ``accept`` is a hint to the browser only, the bytes decide."""

    widget = widgets.FileWidget()

    def is_empty(self) -> bool:
        """Whether no file was chosen."""
        return not self.data


Choice = Sequence[Any]
Choices = Iterable[Choice]
Conditional = Mapping[str, str] | None
