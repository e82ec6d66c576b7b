"""Whether a value is what a JSON Schema says, for the words that the portal's own schemas use.

A schema with a word that is not known here is an error, so that nothing passes unchecked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
_KNOWN = {
    *("type", "properties", "required", "additionalProperties", "items", "prefixItems"),
    *("minItems", "maxItems", "anyOf", "enum", "const", "pattern", "format", "description"),
    "$ref",
}
_FORMATS: Mapping[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "date-time": datetime.fromisoformat,
}


def faults(value: Any, schema: Mapping[str, Any], root: Any, at: str = "$") -> Iterator[str]:
    """Everything about a value that its schema does not allow; ``root`` is the whole document."""
    unknown = schema.keys() - _KNOWN
    if unknown:
        raise ValueError(f"Not known here: {sorted(unknown)}")
    if "$ref" in schema:
        yield from faults(value, pointed_at(root, schema["$ref"]), root, at)
        return
    if "anyOf" in schema:
        if all(list(faults(value, one, root, at)) for one in schema["anyOf"]):
            yield f"{at}: none of what it may be: {value!r}"
    elif "type" in schema and not _TYPES[schema["type"]](value):
        yield f"{at}: {value!r} is no {schema['type']}"
    else:
        yield from _held(value, schema, root, at)


def _held(value: Any, schema: Mapping[str, Any], root: Any, at: str) -> Iterator[str]:
    """What is wrong with a value of the right type."""
    if "const" in schema and value != schema["const"]:
        yield f"{at}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is none of {schema['enum']}"
    if isinstance(value, str):
        yield from _text(value, schema, at)
    if isinstance(value, dict):
        yield from _object(value, schema, root, at)
    if isinstance(value, list):
        yield from _array(value, schema, root, at)


def pointed_at(root: Any, reference: str) -> Any:
    """What a reference within the document points at.

    Raises:
        KeyError: when there is nothing.
    """
    found = root
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def _text(value: str, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    if "pattern" in schema and not re.search(schema["pattern"], value):
        yield f"{at}: {value!r} does not match {schema['pattern']}"
    if "format" in schema:
        try:
            _FORMATS[schema["format"]](value)
        except ValueError:
            yield f"{at}: {value!r} is no {schema['format']}"


def _object(value: dict[str, Any], schema: Mapping[str, Any], root: Any, at: str) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in set(schema.get("required", ())) - value.keys():
        yield f"{at}: {name} is missing"
    for name, item in value.items():
        if name in properties:
            yield from faults(item, properties[name], root, f"{at}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{at}: {name} is not expected"


def _array(value: list[Any], schema: Mapping[str, Any], root: Any, at: str) -> Iterator[str]:
    if not schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value)):
        yield f"{at}: {len(value)} items"
    first = schema.get("prefixItems", [])
    for place, item in enumerate(value):
        one = first[place] if place < len(first) else schema.get("items", {})
        yield from faults(item, one, root, f"{at}[{place}]")
