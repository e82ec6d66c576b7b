"""What stands in an address: whatever is asked, no more than the databases can hold."""

from __future__ import annotations

from typing import Final, overload

from flask import Flask, request
from werkzeug import routing

# The greatest key of a record on PostgreSQL; what is greater is nowhere, and would be refused there
# as a fault.
GREATEST: Final = 2**31 - 1
_LONGEST: Final = len(str(GREATEST)) + 1
_UNREADABLE: Final = b"%EF%BF%BD"


class IntegerConverter(routing.IntegerConverter):
    """``<int:…>`` in an address: a number too great for a key is an address that is not there."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("max", GREATEST)
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]

    def to_python(self, value: str) -> int:
        """The number; a text of many digits is not even read."""
        return int(super().to_python(value[: _LONGEST + 1]))


@overload
def asked_number(name: str, default: int) -> int: ...
@overload
def asked_number(name: str, default: None = None) -> int | None: ...
def asked_number(name: str, default: int | None = None) -> int | None:
    """The whole number that the query asks for; the default where it is none, or no key's."""
    number = number_in(request.args.get(name, ""))
    return default if number is None else number


def number_in(sent: str) -> int | None:
    """The whole number that a text holds; None where it is none, or no key's."""
    text = sent.strip()
    if not text.isascii() or len(text) > _LONGEST:
        return None
    try:
        number = int(text)
    except ValueError:
        return None
    return number if abs(number) <= GREATEST else None


def _replace_nul() -> None:
    """The character 0 ends a text early on SQLite and is a fault on PostgreSQL; nobody types it.

    The sign for what cannot be read takes its place, so that it is found nowhere.
    """
    if b"%00" in request.query_string or b"\0" in request.query_string:
        marked = request.query_string.replace(b"%00", _UNREADABLE).replace(b"\0", _UNREADABLE)
        request.query_string = marked


def init_asked(app: Flask) -> None:
    """Read numbers in addresses as keys, and questions without a character that no text holds."""
    app.before_request(_replace_nul)
    app.url_map.converters["int"] = IntegerConverter
