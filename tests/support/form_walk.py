"""Walks the demonstration as each of its people, and sends every form it meets.

Each sending is rolled back, so that the same form can be sent again to the same records: once as a
browser would, and once with more in it than was asked for.
"""

from __future__ import annotations

import re
import shutil
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bs4 import BeautifulSoup, Tag
from flask import Flask
from sqlalchemy import Boolean, Date, DateTime, Integer, LargeBinary, Numeric, event, select
from sqlalchemy.orm import sessionmaker
from werkzeug.exceptions import HTTPException
from werkzeug.test import TestResponse

from portal.accounts.models import User
from portal.db import Base, UtcDateTime, current_session
from portal.db.session import WRITE_OPTION, PortalSession
from tests.factories.accounts import sign_in
from tests.support import databases
from tests.support.attacks import EVIL, is_change
from tests.support.client import PortalClient
from tests.support.markup import parse

WAYS = ("next", "back", "return", "return_to", "redirect", "redirect_to", "url", "continue", "to")
MORE = {
    **dict.fromkeys(WAYS, f"https://{EVIL}/"),
    **dict.fromkeys(("is_admin", "admin", "is_staff", "superuser", "strong"), "1"),
    "_method": "DELETE",
    "user": "1",
    "author": "1",
    "by": "1",
}
_MARK = "added-by-hand"


@dataclass(frozen=True)
class Met:
    """A form as somebody met it: where, and what a browser would send."""

    person: str
    page: str
    action: str
    endpoint: str
    names: frozenset[str]
    values: tuple[tuple[str, str], ...]


@dataclass
class Sent:
    """What came of sending a form: the answer, and what was to be written."""

    status: int
    location: str | None
    writes: list[tuple[str, Any]] = field(default_factory=list)


def demonstration_database(app: Flask, folder: Path) -> str:
    """A copy of a database with the demonstration, which is made once a run.

    The one that browser tests make serves as well where it is there already.
    """
    made = databases.SHARED / "demonstration" / "demonstration.db"
    if not made.exists():
        made = databases.SHARED / "seeded.db"
        with databases.locked("seeded"):
            if not made.exists():
                _seed(app, made)
    copied = folder / "demonstration.db"
    shutil.copy(made, copied)
    return f"sqlite:///{copied}"


def _seed(app: Flask, path: Path) -> None:
    done = app.test_cli_runner().invoke(args=["seed", "demo"])
    assert done.exit_code == 0, done.output[-500:]
    database = app.extensions["portal_db"]
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql(f"VACUUM INTO '{path}'")
        connection.exec_driver_sql("BEGIN")


@contextmanager
def rolled_back(app: Flask) -> Iterator[Any]:
    """The application inside one transaction; yields its connection."""
    database = app.extensions["portal_db"]
    connection = database.engine.connect().execution_options(**{WRITE_OPTION: True})
    outer, real = connection.begin(), database.sessions
    database.sessions = sessionmaker(
        connection, class_=PortalSession, join_transaction_mode="create_savepoint"
    )
    try:
        with app.app_context():
            yield connection
            current_session().close()
    finally:
        database.sessions = real
        outer.rollback()
        connection.close()


class Walk:
    """One person's way through the pages, and the forms met on it."""

    def __init__(self, app: Flask, connection: Any, email: str) -> None:
        self.app, self.connection, self.email = app, connection, email
        client = app.test_client()
        assert isinstance(client, PortalClient)
        self.client = client
        self.client.check_pages = False
        person = current_session().scalars(select(User).where(User.email == email)).one()
        sign_in(client, person)
        self.adapter = app.url_map.bind("localhost")

    def forms(self, *, pages: int, each: int = 1) -> Iterator[Met]:
        """The forms on up to so many pages, each route looked at so many times."""
        waiting = deque(["/", "/account"])
        seen: dict[str, int] = {}
        queued = set(waiting)
        while waiting and pages > 0:
            path = waiting.popleft()
            endpoint = self.endpoint_of(path, "GET")
            if endpoint is None or seen.get(endpoint, 0) >= each:
                continue
            seen[endpoint] = seen.get(endpoint, 0) + 1
            pages -= 1
            answer = self.client.get(path)
            is_page = answer.mimetype == "text/html" and answer.status_code == 200
            told = answer.get_data(as_text=True) if is_page else ""
            # A table to take away is a file that stays open until then.
            answer.close()
            if not is_page:
                continue
            soup = parse(told)
            yield from self._on(path, soup)
            for link in soup.find_all("a", href=True):
                parts = urlsplit(str(link["href"]))
                target = parts.path + (f"?{parts.query}" if parts.query else "")
                if not parts.netloc and target.startswith("/") and target not in queued:
                    queued.add(target)
                    waiting.append(target)

    def endpoint_of(self, path: str, method: str) -> str | None:
        """The route behind an address."""
        try:
            endpoint: str = self.adapter.match(urlsplit(path).path, method=method)[0]
        except HTTPException:
            return None
        return None if endpoint == "static" else endpoint

    def _on(self, page: str, soup: BeautifulSoup) -> Iterator[Met]:
        for form in soup.find_all("form"):
            if str(form.get("method", "")).lower() != "post":
                continue
            action = str(form.get("action") or page)
            endpoint = self.endpoint_of(action, "POST")
            if endpoint is not None:
                values = filled_in(form)
                names = {str(tag["name"]) for tag in form.find_all(attrs={"name": True})}
                yield Met(self.email, page, action, endpoint, frozenset(names), tuple(values))

    def send(self, met: Met, more: dict[str, str] | None = None) -> Sent:
        """Send a form and undo what it did; ``more`` goes along in the body and the address."""
        for limiter in self.app.extensions.get("limiter") or ():
            limiter.reset()
        cookies = dict(self.client._cookies or {})
        data: dict[str, list[str]] = {}
        for name, value in [*met.values, *(more or {}).items()]:
            data.setdefault(name, []).append(value)
        ways = {name: value for name, value in (more or {}).items() if name in WAYS}
        # A way that the form knows itself stays: one in its place would rightly be left out.
        given = ways | dict(parse_qsl(urlsplit(met.action).query))
        written: list[tuple[str, Any]] = []

        def note(_c: Any, _cur: Any, statement: str, values: Any, *_rest: Any) -> None:
            if is_change(statement):
                written.append((statement, values))

        savepoint = self.connection.begin_nested()
        engine = self.app.extensions["portal_db"].engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            path = urlsplit(met.action).path
            answer: TestResponse = self.client.post(path, data=data, query_string=given)
            answer.close()
        finally:
            event.remove(engine, "before_cursor_execute", note)
            savepoint.rollback()
            self.client._cookies = cookies
        return Sent(answer.status_code, answer.location, written)


def filled_in(form: Tag) -> list[tuple[str, str]]:
    """What a browser sends once somebody has filled in all that is empty."""
    values: list[tuple[str, str]] = []
    chosen: set[str] = set()
    for tag in form.find_all(["input", "textarea", "select"]):
        name, kind = str(tag.get("name") or ""), str(tag.get("type") or "text")
        if not name or kind in {"submit", "button", "file", "reset"}:
            continue
        if kind == "hidden":
            # Nobody fills these in.
            values.append((name, str(tag.get("value") or "")))
        elif kind in {"radio", "checkbox"}:
            wanted = tag.has_attr("checked") or name not in {
                str(one.get("name")) for one in form.find_all("input", checked=True)
            }
            if wanted and (kind == "checkbox" or name not in chosen):
                chosen.add(name)
                values.append((name, str(tag.get("value") or "on")))
        elif tag.name == "select":
            options = [str(one.get("value") or "") for one in tag.find_all("option")]
            picked = tag.find("option", selected=True)
            value = str(picked.get("value") or "") if picked else ""
            values.append((name, value or next((one for one in options if one), "")))
        else:
            given = tag.get_text() if tag.name == "textarea" else str(tag.get("value") or "")
            if kind == "text" and " " in given.strip():
                # Something is to change.
                given = f"{given.strip()} again"
            values.append((name, given.lstrip("\n") or _typed(name, kind)))
    return values


_TYPED = (
    (r"email|to$", "somebody@example.org"),
    (r"day$", "2"),
    (r"month$", "3"),
    (r"year$", "2027"),
    (r"postcode", "LS1 4AP"),
    (r"phone", "0113 496 0000"),
    (r"time|starts|ends|from_hour", "10:30"),
    (r"hours|number|count|staff|places|capacity|amount|pounds|rate|cap|minutes|total", "3"),
    (r"url|link|website", "https://www.example.org/"),
)


def _typed(name: str, kind: str) -> str:
    if kind == "number":
        return "3"
    found = (value for pattern, value in _TYPED if re.search(pattern, name))
    return next(found, "Words of an example")


def additions() -> dict[str, str]:
    """Every column there is as a field nobody asked for, with a value it could hold."""
    found = dict(MORE)
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            found.setdefault(column.name, _value(column.type))
    return found


def _value(kind: Any) -> str:
    if isinstance(kind, Boolean):
        return "1"
    if isinstance(kind, Integer | Numeric):
        return "7"
    if isinstance(kind, UtcDateTime | DateTime):
        return "2001-02-03T04:05:06+00:00"
    if isinstance(kind, Date):
        return "2001-02-03"
    return "" if isinstance(kind, LargeBinary) else _MARK


def differences(plain: Sent, again: Sent, more: Sent) -> list[str]:
    """In what a sending with more in it differs from two without, where those two agree."""
    faults = []
    if more.status != plain.status:
        faults.append(f"answered {more.status}, not {plain.status}")
    if more.location != plain.location and plain.location == again.location:
        faults.append(f"leads to {more.location}, not {plain.location}")
    before, after = ([one for one, _ in sent.writes] for sent in (plain, more))
    if before != after and before == [one for one, _ in again.writes]:
        faults.append(f"{len(after)} writes, not {len(before)}, or others")
    if _MARK in repr(more.writes) or EVIL in repr(more.writes):
        faults.append("what was added is kept")
    for one, two, three in zip(plain.writes, again.writes, more.writes, strict=False):
        if repr(one) == repr(two) and repr(one) != repr(three):
            faults.append(f"{three[0][:60]}: {_apart(one[1], three[1])}")
    return faults


def _apart(one: Any, two: Any) -> str:
    if isinstance(one, tuple) and isinstance(two, tuple):
        return str([(x, y) for x, y in zip(one, two, strict=False) if x != y])[:200]
    return f"{one!r} {two!r}"[:200]
