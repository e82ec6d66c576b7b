"""The description of the API for other programs, made of the code that answers them.

The shape of a report is read from ``rules/document.py`` itself, so that the description cannot say
something else than what is sent. OpenAPI 3.1, whose schemas are JSON Schema 2020-12.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from portal.reports.rules.document import FORMAT, Report, Withheld

VERSION: Final = "1.0.0"
Schema = dict[str, Any]
MEDIA: Final = "application/json"
PROBLEM: Final = "application/problem+json"

# What may be asked of a report, with what each means; the page of a report has the same names.
PARAMETERS: Final[Mapping[str, tuple[str, Schema]]] = {
    "from": (
        "The first month, as 2026-04. By default the April with which this financial year began.",
        {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"},
    ),
    "to": (
        "The last month, as 2026-06. By default this month, up to today.",
        {"type": "string", "pattern": "^[0-9]{4}-(0[1-9]|1[0-2])$"},
    ),
    "sector": ("Only employers of a sector, by its key. Not with statistics.", {"type": "string"}),
    "size": ("Only employers of a size, by its key. Not with statistics.", {"type": "string"}),
    "district": (
        "Only employers of a district, by its key. Not with statistics.",
        {"type": "string"},
    ),
    "provider": (
        "Only the work of a provider, by its number. Not with statistics.",
        {"type": "string", "pattern": "^[0-9]{1,9}$"},
    ),
}
_VALUE: Final[Schema] = {
    "description": "A number in the unit that is named, a text, null where there is nothing, or "
    "why a number is not shown.",
    "anyOf": [
        {"type": "integer"},
        {"type": "string", "enum": [f"withheld:{one.value}" for one in Withheld]},
        {"type": "string"},
        {"type": "null"},
    ],
}
_ERRORS: Final[Mapping[str, str]] = {
    "401": "No token, or one that is unknown, expired or revoked.",
    "429": "Too many requests in a minute.",
}


def description(server: str) -> Schema:
    """The whole document. ``server`` is the portal's own address."""
    schemas: dict[str, Schema] = {}
    _schema(Report, schemas)
    schemas["Report"]["properties"]["format"] = {"const": FORMAT}
    schemas["Report"]["required"] = sorted([*schemas["Report"]["required"], "format"])
    schemas |= {"Listed": _listed(), "Listing": _listing(), "Problem": _problem()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Part-Time Talent Portal: reports",
            "version": VERSION,
            "description": "Reports for reading by other programs, such as a BI tool. Amounts are "
            "whole pence, shares tenths of a percent, scores tenths of a point, days and months "
            "London's. Nothing can be changed here.",
        },
        "servers": [{"url": server}],
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token that an LEP manager made. Its scope is full, or "
                    "statistics: figures with small numbers protected.",
                }
            },
        },
    }


def _paths() -> Schema:
    key = {
        "name": "key",
        "in": "path",
        "required": True,
        "description": "A report's key, from the list.",
        "schema": {"type": "string"},
    }
    asked = [
        {"name": name, "in": "query", "required": False, "description": text, "schema": schema}
        for name, (text, schema) in PARAMETERS.items()
    ]
    return {
        "/api/v1/reports": {"get": _get("listReports", "The reports there are", "Listing")},
        "/api/v1/reports/{key}": {
            "parameters": [key],
            "get": {
                **_get("readReport", "One report", "Report", found="304"),
                "parameters": asked,
            },
        },
        "/api/v1/openapi.json": {
            "get": {
                "operationId": "describe",
                "summary": "This description",
                "security": [],
                "responses": {
                    "200": {
                        "description": "The description",
                        "content": {MEDIA: {"schema": {"type": "object"}}},
                    }
                },
            }
        },
    }


def _get(operation: str, summary: str, schema: str, *, found: str = "") -> Schema:
    errors = dict(_ERRORS)
    if found:
        errors["400"] = "Something is asked that cannot be asked."
        errors["404"] = "No such report for this token, or no statistics for this time yet."
    responses: Schema = {
        "200": {
            "description": summary,
            "content": {MEDIA: {"schema": {"$ref": f"#/components/schemas/{schema}"}}},
        },
        **{
            code: {
                "description": text,
                "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
            for code, text in sorted(errors.items())
        },
    }
    if found:
        responses["200"]["headers"] = {
            "ETag": {"description": "Send it back as If-None-Match.", "schema": {"type": "string"}}
        }
        responses[found] = {"description": "Nothing has changed since that ETag."}
    return {"operationId": operation, "summary": summary, "responses": responses}


def _listed() -> Schema:
    texts = {name: {"type": "string"} for name in ("key", "title", "about", "href")}
    return _object(texts, "A report there is.")


def _listing() -> Schema:
    scope = {"type": "string", "enum": ["full", "statistics"]}
    reports = {"type": "array", "items": {"$ref": "#/components/schemas/Listed"}}
    return _object({"scope": scope, "reports": reports}, "Every report that the token opens.")


def _problem() -> Schema:
    texts: dict[str, Schema] = {name: {"type": "string"} for name in ("type", "title", "detail")}
    return _object({**texts, "status": {"type": "integer"}}, "What is wrong (RFC 9457).")


def _object(properties: Mapping[str, Schema], text: str) -> Schema:
    return {
        "type": "object",
        "description": text,
        "properties": dict(properties),
        "required": sorted(properties),
        "additionalProperties": False,
    }


def _schema(kind: Any, into: dict[str, Schema]) -> Schema:
    """The schema of a type of the document; classes go into ``into`` and are pointed at."""
    arguments = get_args(kind)
    if Withheld in arguments:
        return _VALUE
    if get_origin(kind) in {Union, UnionType}:
        return {"anyOf": [_schema(one, into) for one in arguments]}
    if get_origin(kind) is tuple:
        return _array(arguments, into)
    if get_origin(kind) is not None:
        return {"type": "object"}
    return _named(kind, into)


def _named(kind: type, into: dict[str, Schema]) -> Schema:
    if is_dataclass(kind):
        return _class(kind, into)
    if issubclass(kind, StrEnum):
        return {"type": "string", "enum": [one.value for one in kind]}
    return dict(_PLAIN[kind])


_PLAIN: Final[Mapping[Any, Schema]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    NoneType: {"type": "null"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
}


def _array(arguments: Sequence[Any], into: dict[str, Schema]) -> Schema:
    if arguments[-1] is Ellipsis:
        return {"type": "array", "items": _schema(arguments[0], into)}
    items = [_schema(one, into) for one in arguments]
    return {"type": "array", "prefixItems": items, "minItems": len(items), "maxItems": len(items)}


def _class(kind: type, into: dict[str, Schema]) -> Schema:
    name = kind.__name__
    if name not in into:
        # Its name first, so that a class that holds itself would end.
        into[name] = {}
        hints = get_type_hints(kind)
        properties = {one.name: _schema(hints[one.name], into) for one in fields(kind)}
        text = (kind.__doc__ or "").strip().split("\n\n")[0].replace("\n    ", " ")
        into[name] = _object(properties, text.replace("``", ""))
    return {"$ref": f"#/components/schemas/{name}"}
