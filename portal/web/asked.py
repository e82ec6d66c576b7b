"""Numbers that stand in an address: whatever is asked, no more than the database can hold."""

from __future__ import annotations

from typing import Final, overload

from flask import Flask, request
from werkzeug import routing

# The greatest key of a record on PostgreSQL; what is greater is nowhere, and would be refused there
# as a fault.
GREATEST: Final = 2**31 - 1
_LONGEST: Final = len(str(GREATEST)) + 1


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


def init_asked(app: Flask) -> None:
    """Read numbers in addresses as keys."""
    app.url_map.converters["int"] = IntegerConverter
