"""Every route stands in the access table, keeps visitors out of what is private, and reads only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from flask import Blueprint, Flask, Response
from sqlalchemy import event
from werkzeug.routing import Rule

from portal.web.access import PARTS_EXTENSION, TABLE_EXTENSION, Actor, public, visitor_only
from tests.support.client import PortalClient

SAMPLES = {
    "IntegerConverter": 1,
    "KeyConverter": 1,
    "PathConverter": "a/b",
    "UUIDConverter": "0" * 32,
}
WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE", "CREATE", "DROP", "ALTER", "TRUNCATE")
STAFF = ("adviser", "provider_manager", "lep_officer", "lep_manager", "evaluator", "administrator")


def routes(app: Flask) -> dict[str, list[Rule]]:
    """Every endpoint with its rules."""
    found: dict[str, list[Rule]] = {}
    for rule in app.url_map.iter_rules():
        found.setdefault(rule.endpoint, []).append(rule)
    return found


def table_faults(app: Flask) -> list[str]:
    """Routes that stand in no table, and entries that are no route."""
    table = app.extensions[TABLE_EXTENSION]
    endpoints = routes(app).keys()
    return [f"{name}: not in the access table" for name in sorted(endpoints - table.keys())] + [
        f"{name}: in the table but no route" for name in sorted(table.keys() - endpoints)
    ]


def address(app: Flask, rule: Rule) -> str:
    """An address that matches the rule, with made-up values."""
    values: dict[str, Any] = {}
    for name in rule.arguments:
        converter = type(rule._converters[name]).__name__
        values[name] = SAMPLES.get(converter, "7ZZZZZZZZZ")
        if converter == "AnyConverter":
            values[name] = next(iter(rule._converters[name].items))
    with app.test_request_context():
        return app.url_for(rule.endpoint, **values, _method=min(rule.methods or {"GET"}))


@contextmanager
def refuse_writes(app: Flask) -> Iterator[list[str]]:
    """Fail every statement that changes anything, and note it."""
    written: list[str] = []

    def guard(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
        if statement.lstrip().upper().startswith(WRITES):
            written.append(statement[:120])
            raise AssertionError(f"A GET tried to write: {statement[:120]}")

    engine = app.extensions["portal_db"].engine
    event.listen(engine, "before_cursor_execute", guard)
    try:
        yield written
    finally:
        event.remove(engine, "before_cursor_execute", guard)


def get_rules(app: Flask) -> list[Rule]:
    return [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and "GET" in (rule.methods or ())
    ]


@pytest.fixture
def faults_are_pages(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    # As outside of tests: a fault is answered with a page, so that all faults are listed at once.
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)


def test_every_route_stands_in_the_table_and_every_entry_is_a_route(app: Flask) -> None:
    faults = table_faults(app)
    assert not faults, "\n".join(faults)


@pytest.mark.usefixtures("faults_are_pages")
def test_visitors_reach_public_pages_only_and_break_nothing(
    app: Flask, client: PortalClient
) -> None:
    table = app.extensions[TABLE_EXTENSION]
    faults = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static" or rule.endpoint not in table:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            answer = client.open(address(app, rule), method=method)
            name = f"{method} {rule.rule} ({rule.endpoint})"
            if answer.status_code >= 500 and answer.status_code != 503:
                faults.append(f"{name}: {answer.status_code}")
            is_private = table[rule.endpoint] not in {public, visitor_only} and not table[
                rule.endpoint
            ](Actor(), {})
            if is_private and answer.status_code < 300:
                faults.append(f"{name}: a visitor got {answer.status_code}")
    assert not faults, "\n".join(faults)


@pytest.mark.usefixtures("faults_are_pages")
def test_no_get_writes_for_a_visitor(app: Flask, client: PortalClient) -> None:
    faults = []
    for rule in get_rules(app):
        with refuse_writes(app) as written:
            answer = client.get(address(app, rule))
        if written or answer.status_code >= 500:
            faults.append(f"{rule.rule}: {answer.status_code} {written}")
    assert not faults, "\n".join(faults)


@contextmanager
def every_role(app: Flask) -> Iterator[None]:
    """Whoever asks holds every role and belongs to an employer nobody has heard of."""

    def all_powers(actor: Actor) -> Actor:
        return replace(
            actor,
            user_id=999_999,
            email="all@example.org",
            name="All Roles",
            roles=frozenset(STAFF),
            employers={"7ZZZZZZZZZ": "owner"},
            strong=True,
        )

    parts = app.extensions.setdefault(PARTS_EXTENSION, [])
    parts.append(all_powers)
    try:
        yield
    finally:
        parts.remove(all_powers)


@pytest.fixture
def everyone(app: Flask) -> Iterator[None]:
    with every_role(app):
        yield


@pytest.mark.usefixtures("faults_are_pages")
def test_no_get_writes_or_breaks_for_somebody_with_every_role(
    app: Flask, client: PortalClient, everyone: None
) -> None:
    faults = []
    for rule in get_rules(app):
        with refuse_writes(app) as written:
            answer = client.get(address(app, rule))
        if written or answer.status_code >= 500:
            faults.append(f"{rule.rule}: {answer.status_code} {written}")
    assert not faults, "\n".join(faults)


def test_the_checks_catch_what_they_are_for(committed_app: Flask) -> None:
    """The control: a forgotten route, an entry for none, and a GET that writes are all found."""
    from portal.db import audit, unit_of_work

    app = committed_app
    blueprint = Blueprint("bad", __name__)

    @blueprint.get("/bad-write")
    def write() -> Response:
        with unit_of_work():
            audit.record(action="bad", subject="x:1")
        return Response(status=204)

    @blueprint.get("/forgotten")
    def forgotten() -> str:
        return "seen"

    app._got_first_request = False
    app.register_blueprint(blueprint)
    app.extensions[TABLE_EXTENSION].update({"bad.write": public, "bad.nowhere": public})
    assert table_faults(app) == [
        "bad.forgotten: not in the access table",
        "bad.nowhere: in the table but no route",
    ]
    client = app.test_client()
    # A route in no table answers nobody.
    assert client.get("/forgotten").status_code == 403
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with refuse_writes(app) as written:
        assert client.get("/bad-write").status_code == 500
    assert len(written) == 1
    assert client.get("/bad-write").status_code == 204
