"""Requests made up by the thousand, from descriptions: the API's own, and one of all pages.

The description of the pages is made of the URL map and of the query parameters that each route is
seen to read, so a new page is in it by itself.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from flask import Flask, request
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from portal.accounts import service as accounts
from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.reports.service import tokens
from tests.integration.security.test_injection_sql import Record, parameters
from tests.integration.test_routes_access import address, get_rules
from tests.support.full_world import World, demonstration_world
from tests.support.script_payloads import markup_faults

BIG = os.environ.get("BIG") == "1"
SEED = 20261122
# Of each operation of the API, with what fits its description and with what does not.
API_EXAMPLES = 600 if BIG else 3
# Of each page.
PAGE_EXAMPLES = 30 if BIG else 1
# Requests of which no two are the same; in the whole proof more than 5,000 together.
FEWEST_TO_API = 700 if BIG else 5
FEWEST_TO_PAGES = 5000 if BIG else 60
FEWEST_PAGES = 250
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"] if BIG else ["sqlite"])
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    made = demonstration_world(tmp_path_factory.mktemp("addresses"), request.param)
    yield made
    made.app.extensions["portal_db"].dispose()


@pytest.fixture(scope="module")
def token(world: World) -> str:
    with world.app.app_context():
        manager = current_session().get_one(User, world.users["lep_manager"])
        by = Author(manager.id, manager.name, manager.email)
        with unit_of_work():
            accounts.set_up_totp(user=current_session().merge(manager))
            made = tokens.make(
                name="Fuzzing", scope="full", expires_on=today() + timedelta(days=30), by=by
            )
        assert isinstance(made, Ok)
        return made.value[1]


def tried(strategy: Any, look: Any, examples: int) -> None:
    """Let a strategy make up examples, the same every time."""

    @seed(SEED)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def run(case: Any) -> None:
        look(case)

    run()


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600 if BIG else 300)
def test_the_api_answers_as_it_says(world: World, token: str, record_property: Record) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", world.app)
    answers: Counter[int] = Counter()
    faults: list[str] = []
    sent: set[str] = set()

    def look(case: Any) -> None:
        sent.add(f"{case.method} {case.formatted_path} {case.query}")
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        answers[answer.status_code] += 1
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as found:
            faults.extend(f"{case.formatted_path} {case.query}: {one}" for one in found.exceptions)

    for result in schema.get_all_operations():
        operation = result.ok()
        # What takes nothing is the same request every time.
        examples = API_EXAMPLES if any(operation.iter_parameters()) else 3
        for mode in GenerationMode:
            tried(operation.as_strategy(mode), look, examples)
    record_property("requests", f"{answers.total()}, {len(sent)} different, {dict(answers)}")
    assert not faults, "\n".join(faults[:20])
    assert len(sent) >= FEWEST_TO_API, answers
    assert answers[200], answers


def description(app: Flask, read: dict[str, set[str]]) -> dict[str, Any]:
    """What the pages take, as OpenAPI: the URL map, and the query parameters that are read."""
    paths: dict[str, Any] = {}
    for rule in get_rules(app):
        path = "".join(
            f"{{{part}}}" if is_name else part for is_name, part in _parts(app, rule.rule)
        )
        names = [part for is_name, part in _parts(app, rule.rule) if is_name]
        wanted = read.get(address(app, rule), set())
        texts = {"type": "string", "maxLength": 60}
        asked: list[dict[str, Any]] = [
            {"name": name, "in": "path", "required": True, "schema": {**texts, "minLength": 1}}
            for name in names
        ]
        asked += [{"name": name, "in": "query", "schema": texts} for name in sorted(wanted)]
        paths[path] = {"get": {"parameters": asked, "responses": {"200": {"description": "x"}}}}
    return {"openapi": "3.1.0", "info": {"title": "Pages", "version": "1"}, "paths": paths}


def _parts(app: Flask, rule: str) -> list[tuple[bool, str]]:
    """A rule in its pieces: plain text, or a parameter's name."""
    pieces = []
    for piece in rule.replace("<", "\0<").replace(">", ">\0").split("\0"):
        is_name = piece.startswith("<")
        pieces.append((is_name, piece.strip("<>").rpartition(":")[2] if is_name else piece))
    return [one for one in pieces if one[1]]


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600 if BIG else 300)
def test_no_page_breaks_whatever_its_address(world: World, record_property: Record) -> None:
    app = world.app
    client = world.client("lep_manager")
    paths = {rule.endpoint: address(app, rule) for rule in get_rules(app)}
    raw = description(app, parameters(client, paths))
    assert len(raw["paths"]) >= FEWEST_PAGES
    schema = schemathesis.openapi.from_dict(raw)
    answers: Counter[int] = Counter()
    faults: list[str] = []
    sent: set[str] = set()
    client = world.client("lep_manager")

    def look(case: Any) -> None:
        asked = case.as_transport_kwargs(base_url="http://localhost")
        sent.add(f"{asked['url']} {asked['params']}")
        answer = client.get(
            asked["url"].removeprefix("http://localhost"), query_string=asked["params"]
        )
        told = answer.get_data().decode("utf-8", "replace")
        answer.close()
        answers[answer.status_code] += 1
        if answer.status_code >= 500:
            faults.append(f"{asked['url']} {asked['params']}: {answer.status_code}")
        if answer.mimetype == "text/html":
            faults.extend(f"{asked['url']}: {fault}" for fault in markup_faults(told))

    operations = list(schema.get_all_operations())
    # In a short cut every fourth page.
    for result in operations if BIG else operations[::4]:
        tried(result.ok().as_strategy(), look, PAGE_EXAMPLES)
    record_property("requests", f"{answers.total()}, {len(sent)} different, {dict(answers)}")
    assert not faults, "\n".join(faults[:20])
    assert len(sent) >= FEWEST_TO_PAGES, answers


def test_a_page_that_breaks_is_noticed(world: World) -> None:
    """The control: made-up values reach a page's parameters, and a fault is told."""

    def weak() -> str:
        asked = request.args.get("name", "")
        if len(asked) > 1:
            raise ZeroDivisionError
        return asked

    app = Flask("weak")
    app.add_url_rule("/weak", view_func=weak)
    asked = {"name": "name", "in": "query", "required": True, "schema": {"type": "string"}}
    operation = {"parameters": [asked], "responses": {"200": {"description": "x"}}}
    raw = {
        "openapi": "3.1.0",
        "info": {"title": "Weak", "version": "1"},
        "paths": {"/weak": {"get": operation}},
    }
    schema = schemathesis.openapi.from_dict(raw)
    seen: Counter[int] = Counter()

    def look(case: Any) -> None:
        params = case.as_transport_kwargs(base_url="http://localhost")["params"]
        seen[app.test_client().get("/weak", query_string=params).status_code] += 1

    tried(next(schema.get_all_operations()).ok().as_strategy(), look, 50)
    assert seen[500]
    assert seen[200]
