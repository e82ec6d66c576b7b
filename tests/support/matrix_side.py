"""One side of the matrix of access: its records, its people, and the addresses of both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from flask import Flask

from portal.accounts.models import User
from portal.db import current_session
from portal.integrations.storage import storage
from portal.kernel.people import Author
from tests.factories.caseload import author_of
from tests.factories.files import pdf
from tests.support.matrix_rows import Rows


@dataclass(frozen=True)
class State:
    """One more record behind a route, by a name under which it is stated who may have it."""

    name: str
    endpoint: str
    values: dict[str, Any]


@dataclass
class Side:
    """One employer and its provider: who they are, and what addresses are filled with."""

    letter: str
    rows: Rows
    further: Rows
    people: dict[str, int] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    # What an argument means on some routes only, by the route's name.
    special: dict[str, dict[str, Any]] = field(default_factory=dict)
    # What is asked behind the question mark, by the route's name.
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)
    # What a form is sent with, where without it nothing is found, by the route's name.
    said: dict[str, dict[str, Any]] = field(default_factory=dict)
    # Records in states with a statement of their own.
    states: list[State] = field(default_factory=list)
    # Links that only their holder has: the secret, and what it opens.
    secrets: dict[str, str] = field(default_factory=dict)


@dataclass
class World:
    """Both sides, the LEP, and everybody."""

    a: Side
    b: Side
    shared: Rows
    people: dict[str, int] = field(default_factory=dict)


def file(name: str, words: str = "An example") -> dict[str, Any]:
    """A stored file as tables name it; two with the same words are the same file."""
    data = pdf(words)
    storage().put(name, data)
    return {
        "storage_key": name,
        "sha256": sha256(data).hexdigest(),
        "media_type": "application/pdf",
        "file_name": "An example file.pdf",
    }


@contextmanager
def of(rows: Rows) -> Iterator[None]:
    rows.open()
    yield
    rows.close()


def author(key: int) -> Author:
    return author_of(current_session().get_one(User, key))


def address(app: Flask, side: Side, endpoint: str, arguments: set[str], method: str) -> str:
    """The address of one side's record behind a route."""
    made_up = {"release": "7ZZZZZZZZZ", "token": "no-such-token", "version": 1, "user_id": 1}
    values = {**made_up, **DEFAULTS, **side.values, **side.special.get(endpoint, {})}
    if endpoint.startswith("reports") and "key" in arguments:
        values["key"] = "programme"
    if endpoint == "programme.setting":
        values["key"] = "part_time_hours"
    given = {name: values.get(name, "7ZZZZZZZZZ") for name in arguments}
    asked = side.asked.get(endpoint, {}) if method in {"GET", "HEAD"} else {}
    with app.test_request_context():
        return app.url_for(endpoint, **given, **asked, _method=method)


DEFAULTS = {
    "page": "leadership-1",
    "session_id": 1,
    "filename": "x",
    "rest": "nowhere",
    "what": "employers",
    "slug": "no-such-thing",
    "reference": "7ZZZZZZZZZ",
    "lang": "en",
}
