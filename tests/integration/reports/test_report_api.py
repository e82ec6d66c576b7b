"""Reports for other programs: tokens and what they open, and the description of it all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.accounts import service as accounts
from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.db.audit import AuditEntry
from portal.db.outbox import OutboxEntry
from portal.kernel.clock import freeze, today
from portal.kernel.ids import token_hash
from portal.kernel.people import PORTAL, Author
from portal.reports.models import ReportToken
from portal.reports.rules.document import to_text
from portal.reports.rules.openapi import PROBLEM
from portal.reports.rules.scope import Scope, View
from portal.reports.rules.tokens import LONGEST
from portal.reports.service import copies, tokens
from tests.factories.accounts import make_user
from tests.factories.reports import KEY, SECRETS, everything, full_report, person, registered
from tests.support.json_schema import faults, pointed_at

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LIST = "/api/v1/reports"
PAGE = "/reports/tokens"


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with freeze(NOW):
        yield


@pytest.fixture(autouse=True)
def reports() -> Iterator[None]:
    with registered(everything()):
        yield


def token(scope: str = "full", *, days: int = 30, maker: User | None = None) -> str:
    maker = maker or make_user(roles=("lep_manager",))
    with unit_of_work():
        accounts.set_up_totp(user=current_session().merge(maker))
        made = tokens.make(
            name="A dashboard",
            scope=scope,
            expires_on=today() + timedelta(days=days),
            by=Author(maker.id, maker.name, maker.email),
        )
    return made.value[1]


def ask(app: Flask, path: str, secret: str | None, **headers: str) -> TestResponse:
    client: FlaskClient = app.test_client()
    if secret is not None:
        headers["Authorization"] = f"Bearer {secret}"
    return client.get(path, headers=headers)


def refused(answer: TestResponse, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == PROBLEM
    body: dict[str, Any] = json.loads(answer.data)
    assert body["status"] == status
    assert set(body) == {"type", "title", "status", "detail"}
    return body


def entries(action: str) -> list[AuditEntry]:
    return list(
        current_session().scalars(
            select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
        )
    )


def release(first: date, last: date) -> None:
    made = full_report()
    with unit_of_work():
        copies.freeze(
            replace(made, key="statistics", first=first, last=last),
            view=View.STATISTICS,
            organisation_id=None,
            note="",
            by=PORTAL,
        )


# --- what opens and what does not


@pytest.mark.parametrize("path", [LIST, f"{LIST}/everything", f"{LIST}/nothing"])
@pytest.mark.parametrize("secret", [None, "", "pttp_", "pttp_wrong", "x" * 4000])
def test_nothing_without_a_token_that_is_in_force(app: Flask, path: str, secret: str) -> None:
    answer = ask(app, path, secret)
    refused(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_browser_that_is_signed_in_gets_no_more_than_a_stranger(app: Flask) -> None:
    refused(person(app, "lep_manager").client.get(LIST), 401)


@pytest.mark.parametrize("way", ["role", "closed", "second step"])
def test_a_token_for_everything_works_while_its_maker_may_read_everything(
    app: Flask, way: str
) -> None:
    maker = make_user(roles=("lep_manager",))
    everything_of, statistics_of = token(maker=maker), token("statistics", maker=maker)
    assert ask(app, LIST, everything_of).status_code == 200
    with unit_of_work():
        if way == "role":
            accounts.set_roles(user_id=maker.id, roles=["adviser"])
        elif way == "closed":
            accounts.close_account(user_id=maker.id)
        else:
            accounts.reset_second_step(user_id=maker.id)
    assert "made this token" in refused(ask(app, LIST, everything_of), 401)["detail"]
    # Statistics may leave the programme anyway.
    assert ask(app, LIST, statistics_of).status_code == 200
    page = person(app, "lep_manager").client.get(PAGE).get_data(as_text=True)
    assert page.count("its maker may not read everything any more") == 1


def test_a_token_ends_with_its_day_and_when_it_is_revoked(app: Flask) -> None:
    secret = token(days=3)
    with freeze(datetime(2026, 11, 25, 23, 59, tzinfo=UTC)):
        assert ask(app, LIST, secret).status_code == 200
    with freeze(datetime(2026, 11, 26, 0, 1, tzinfo=UTC)):
        refused(ask(app, LIST, secret), 401)
    other = token()
    assert ask(app, LIST, other).status_code == 200
    row = current_session().scalar(
        select(ReportToken).where(ReportToken.token_hash == token_hash(other))
    )
    with unit_of_work():
        tokens.revoke(row.reference, by=PORTAL)
    refused(ask(app, LIST, other), 401)


def test_a_full_token_reads_the_report_itself(app: Flask) -> None:
    secret = token()
    listing = json.loads(ask(app, LIST, secret).data)
    assert listing["scope"] == "full"
    found = {one["key"]: one["href"] for one in listing["reports"]}
    assert found[KEY] == f"{LIST}/{KEY}"
    answer = ask(app, f"{LIST}/everything?from=2026-07&to=2026-09", secret)
    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    body = json.loads(answer.data)
    expected = everything().build(Scope(date(2026, 7, 1), date(2026, 9, 30)))
    assert body["sections"][0]["figures"][0]["value"] == 1_204
    whole = json.loads(to_text(expected))
    for section in whole["sections"]:
        for figure in section["figures"]:
            figure["drill"] = None
        for table in section["tables"]:
            table["drills"] = []
    assert body == whole
    assert "drill_" not in answer.get_data(as_text=True)


def test_a_report_that_has_not_changed_is_not_sent_again(app: Flask) -> None:
    secret = token()
    first = ask(app, f"{LIST}/everything", secret)
    with freeze(NOW + timedelta(minutes=5)):
        again = ask(app, f"{LIST}/everything", secret, **{"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    other = ask(
        app, f"{LIST}/everything?to=2026-09", secret, **{"If-None-Match": first.headers["ETag"]}
    )
    assert other.status_code == 200


@pytest.mark.parametrize(
    "asked",
    [
        "from=2026-13",
        "from=2026-1",
        "from=yesterday",
        "from=2027-01",
        "from=2026-09&to=2026-07",
        "sector=fishing",
        "size=huge",
        "district=atlantis",
        "provider=999999",
        "provider=-1",
        "colour=red",
        "sector=retail&sector=retail",
    ],
)
def test_what_cannot_be_asked_is_refused_and_not_guessed(app: Flask, asked: str) -> None:
    refused(ask(app, f"{LIST}/everything?{asked}", token()), 400)


def test_statistics_are_those_that_were_released(app: Flask) -> None:
    secret = token("statistics")
    assert json.loads(ask(app, LIST, secret).data)["reports"] == []
    refused(ask(app, f"{LIST}/statistics", secret), 404)
    release(date(2026, 4, 1), date(2026, 6, 30))
    release(date(2026, 7, 1), date(2026, 9, 30))
    listing = json.loads(ask(app, LIST, secret).data)["reports"]
    assert [one["key"] for one in listing] == ["statistics", "statistics"]
    latest = ask(app, f"{LIST}/statistics", secret)
    assert json.loads(latest.data)["first"] == "2026-07-01"
    assert ask(app, listing[0]["href"], secret).data == latest.data
    earlier = json.loads(ask(app, listing[1]["href"], secret).data)
    assert earlier["last"] == "2026-06-30"
    assert earlier["protected"] is True
    assert not any(str(number) in latest.get_data(as_text=True) for number in SECRETS)
    # No other time, no filter, and no report that is not released.
    refused(ask(app, f"{LIST}/statistics?from=2026-04&to=2026-09", secret), 404)
    refused(ask(app, f"{LIST}/statistics?from=2026-05", secret), 404)
    refused(ask(app, f"{LIST}/statistics?sector=retail", secret), 400)
    for key in (KEY, "everything", "programme", "diagnostics"):
        refused(ask(app, f"{LIST}/{key}", secret), 404)


def test_what_is_given_to_whom_stands_in_the_audit_trail(app: Flask) -> None:
    secret = token()
    ask(app, f"{LIST}/everything?sector=retail", secret)
    ask(app, f"{LIST}/nothing", secret)
    (entry,) = entries("report.read_by_program")
    row = current_session().scalar(select(ReportToken))
    assert entry.subject == "report:everything"
    assert entry.detail["token"] == row.reference
    assert entry.detail["sector"] == "retail"
    assert row.used_at == NOW
    with freeze(NOW + timedelta(minutes=10)):
        ask(app, LIST, secret)
        assert current_session().scalar(select(ReportToken.used_at)) == NOW
    with freeze(NOW + timedelta(minutes=70)):
        ask(app, LIST, secret)
        assert current_session().scalar(select(ReportToken.used_at)) == NOW + timedelta(minutes=70)


def test_too_many_requests_are_refused_for_each_token_by_itself(app: Flask) -> None:
    secret, other = token(), token()
    answers = [ask(app, LIST, secret).status_code for _ in range(121)]
    assert answers.count(200) == 120
    answer = ask(app, LIST, secret)
    refused(answer, 429)
    assert answer.headers["Retry-After"] == "60"
    assert ask(app, LIST, other).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_changed(app: Flask, method: str) -> None:
    headers = {"Authorization": f"Bearer {token()}"}
    for path in (LIST, f"{LIST}/everything", "/api/v1/anything"):
        answer = getattr(app.test_client(), method)(path, headers=headers)
        refused(answer, 405)
        assert "GET" in answer.headers["Allow"]


def test_what_is_not_there_is_said_in_json(app: Flask) -> None:
    refused(ask(app, "/api/v1/anything", token()), 404)
    refused(ask(app, "/api/v1/anything", None), 401)


# --- the description


def description(app: Flask) -> dict[str, Any]:
    answer = ask(app, "/api/v1/openapi.json", None)
    assert answer.status_code == 200
    body: dict[str, Any] = json.loads(answer.data)
    return body


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_the_description_is_whole(app: Flask) -> None:
    found = description(app)
    assert found["openapi"] == "3.1.0"
    assert {"title", "version"} <= found["info"].keys()
    for reference in references(found):
        assert pointed_at(found, reference) is not None
    operations = [
        (path, method, operation)
        for path, item in found["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]
    names = [operation["operationId"] for _, _, operation in operations]
    assert len(names) == len(set(names))
    for path, method, operation in operations:
        assert method == "get"
        assert operation["responses"]
        for response in operation["responses"].values():
            assert response["description"]
        parameters = found["paths"][path].get("parameters", []) + operation.get("parameters", [])
        named = {one["name"] for one in parameters if one["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))
        assert all(one["required"] for one in parameters if one["in"] == "path")
    schemes = found["components"]["securitySchemes"]
    assert all(name in schemes for one in found["security"] for name in one)


def test_every_address_is_described_and_every_description_has_an_address(app: Flask) -> None:
    known = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("reports_api.") and rule.endpoint != "reports_api.nowhere"
    }
    assert known == set(description(app)["paths"])


def test_what_is_sent_is_what_is_described(app: Flask) -> None:
    found = description(app)
    release(date(2026, 7, 1), date(2026, 9, 30))
    asked = [
        (LIST, "full", LIST),
        (f"{LIST}/everything", "full", f"{LIST}/{{key}}"),
        (f"{LIST}/{KEY}?sector=retail", "full", f"{LIST}/{{key}}"),
        (f"{LIST}/programme", "full", f"{LIST}/{{key}}"),
        (f"{LIST}/diagnostics", "full", f"{LIST}/{{key}}"),
        (LIST, "statistics", LIST),
        (f"{LIST}/statistics", "statistics", f"{LIST}/{{key}}"),
        (f"{LIST}/nothing", "full", f"{LIST}/{{key}}"),
        (f"{LIST}/everything?sector=x", "full", f"{LIST}/{{key}}"),
    ]
    secrets = {scope: token(scope) for scope in ("full", "statistics")}
    for path, scope, template in asked:
        answer = ask(app, path, secrets[scope])
        described = found["paths"][template]["get"]["responses"][str(answer.status_code)]
        schema = described["content"][answer.mimetype]["schema"]
        assert list(faults(json.loads(answer.data), schema, found)) == [], path


def test_the_check_of_schemas_finds_what_is_wrong() -> None:
    schema = {
        "type": "object",
        "properties": {"n": {"anyOf": [{"type": "integer"}, {"type": "null"}]}},
        "required": ["n"],
        "additionalProperties": False,
    }
    assert list(faults({"n": 1}, schema, {})) == []
    assert list(faults({"n": True}, schema, {}))
    assert list(faults({}, schema, {}))
    assert list(faults({"n": 1, "m": 2}, schema, {}))
    assert list(faults([], schema, {}))


# --- making and revoking them


def test_a_manager_makes_a_token_and_sees_it_once(app: Flask) -> None:
    client = person(app, "lep_manager").client
    assert client.soup("/reports").find("a", href=PAGE)
    answer = client.submit(
        PAGE,
        {"name": "The board", "scope": "statistics"},
        form=PAGE,
        **{"expires_on-day": "1", "expires_on-month": "3", "expires_on-year": "2027"},
    )
    text = answer.get_data(as_text=True)
    (secret,) = set(re.findall(r"pttp_[\w-]{20,}", text))
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert ask(app, LIST, secret).status_code == 200
    row = current_session().scalar(select(ReportToken))
    assert row.expires_on == date(2027, 3, 1)
    assert row.token_hash == token_hash(secret)
    kept = json.dumps([entry.detail for entry in current_session().scalars(select(AuditEntry))])
    kept += json.dumps([one.payload for one in current_session().scalars(select(OutboxEntry))])
    page = client.get(PAGE).get_data(as_text=True)
    assert secret not in page + kept
    assert f"ends …{secret[-4:]}" in page
    client.submit(PAGE, form=f"{PAGE}/{row.reference}/revoke")
    refused(ask(app, LIST, secret), 401)
    assert "Revoked" in client.get(PAGE).get_data(as_text=True)
    assert len(client.statements) <= 6
    assert [one.action for one in (*entries("report.token_made"), *entries("report.token_revoked"))]


@pytest.mark.parametrize(
    "given",
    [
        {"name": ""},
        {"scope": "everything"},
        {"expires_on-year": "2020"},
        {"expires_on-year": "2099"},
    ],
)
def test_a_token_needs_a_name_a_scope_and_a_day_within_a_year(
    app: Flask, given: dict[str, str]
) -> None:
    client = person(app, "lep_manager").client
    answer = client.submit(PAGE, {"name": "The board", "scope": "full", **given}, form=PAGE)
    assert "There is a problem" in answer.get_data(as_text=True)
    assert current_session().scalar(select(ReportToken)) is None


def test_the_service_keeps_the_limit_by_itself(app: Flask) -> None:
    for days in (-1, LONGEST.days + 1):
        with unit_of_work():
            day = today() + timedelta(days=days)
            assert tokens.make(name="X", scope="full", expires_on=day, by=PORTAL).problem


@pytest.mark.parametrize("role", ["lep_officer", "evaluator", "provider_manager", "administrator"])
def test_nobody_else_makes_tokens(app: Flask, role: str) -> None:
    client = person(
        app, role, organisation="A Provider" if role == "provider_manager" else ""
    ).client
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, data={}).status_code in {403, 419}
