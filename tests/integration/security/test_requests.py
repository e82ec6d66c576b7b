"""Requests that another site, or a script pretending to be a form, sends in somebody's name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from portal.web.security import csrf
from tests.factories.accounts import make_user, sign_in
from tests.integration.accounts.journeys import is_signed_in, new_browser
from tests.support.attacks import (
    EVIL,
    WRITING,
    address_of,
    everybody_is_all_powerful,
    is_change,
    rules_for,
)
from tests.support.client import PortalClient

# Writes that need no token of a form, each with its reason.
WITHOUT_TOKEN = {
    "network.unsubscribe_now": "a mail program presses it (RFC 8058); the link itself is signed",
    "reports.mail_stop_now": "a mail program presses it (RFC 8058); the link itself is signed",
    "reports_api.nowhere": "the interface knows no cookie, only its own tokens, and only reads",
}


@pytest.fixture(scope="session")
def database_kind() -> str:
    """What is refused before anything is read does not depend on the database."""
    return "sqlite"


@pytest.fixture
def powerful(app: Flask, client: PortalClient) -> Iterator[PortalClient]:
    """A browser in which somebody is signed in who may do everything."""
    sign_in(client, make_user())
    with everybody_is_all_powerful(app):
        yield client


def token_of(client: PortalClient) -> str:
    """The form token of a browser."""
    return str(client.soup("/account/check-mail").find("input", {"name": "csrf_token"})["value"])  # type: ignore[index]


def _attempts(path: str, foreign: str) -> dict[str, dict[str, Any]]:
    known: dict[str, dict[str, Any]] = {
        "no token": {"data": {"x": "1"}},
        "another browser's": {"data": {"csrf_token": foreign}},
    }
    if path.startswith("/account"):
        # Where a token may stand does not depend on the route.
        known["another's in a header"] = {"headers": {"X-CSRFToken": foreign}}
        known["in JSON"] = {"json": {"csrf_token": foreign}}
    return known


def token_faults(app: Flask, client: PortalClient, foreign: str, part: str = "/") -> list[str]:
    """Writes that are not refused without a token, or with one of another browser."""
    faults = []
    for rule, method in rules_for(app, *WRITING):
        if rule.endpoint in WITHOUT_TOKEN or not rule.rule.startswith(part):
            continue
        path = address_of(app, rule, method)
        for name, given in _attempts(rule.rule, foreign).items():
            answer = client.open(path, method=method, **given)  # type: ignore[arg-type]
            changed = [one for one in client.statements if is_change(one)]
            if answer.status_code != 419 or changed:
                faults.append(f"{method} {rule.rule}, {name}: {answer.status_code} {changed}")
    return faults


def test_every_write_wants_its_own_token(app: Flask, powerful: PortalClient) -> None:
    powerful.check_pages = False
    stranger = new_browser()
    foreign = token_of(stranger)
    token_of(powerful)
    assert len(rules_for(app, *WRITING)) > 200
    faults = token_faults(app, powerful, foreign)
    assert not faults, "\n".join(faults)


def test_a_write_that_wants_no_token_is_noticed(
    app: Flask, powerful: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    powerful.check_pages = False
    view = app.view_functions["account.rename"]
    weakened = {*csrf._exempt_views, f"{view.__module__}.{view.__name__}"}
    monkeypatch.setattr(csrf, "_exempt_views", weakened)
    faults = token_faults(app, powerful, token_of(new_browser()), "/account")
    assert len(faults) == 4
    assert all("/account/name" in fault for fault in faults)


def test_the_exceptions_are_those_with_a_reason(app: Flask) -> None:
    exempt = {
        rule.endpoint
        for rule, _method in rules_for(app, *WRITING)
        if rule.endpoint.split(".")[0] in {one.name for one in csrf._exempt_blueprints}
        or f"{app.view_functions[rule.endpoint].__module__}."
        f"{app.view_functions[rule.endpoint].__name__}"
        in csrf._exempt_views
    }
    assert exempt == set(WITHOUT_TOKEN)


@pytest.mark.parametrize("endpoint", sorted(WITHOUT_TOKEN))
def test_the_exceptions_change_nothing_for_a_cookie(
    app: Flask, powerful: PortalClient, endpoint: str
) -> None:
    for rule, method in rules_for(app, *WRITING):
        if rule.endpoint == endpoint:
            answer = powerful.open(address_of(app, rule, method), method=method, data={"x": "1"})
            assert answer.status_code in {401, 404, 405}, (rule.rule, method)
            assert not [one for one in powerful.statements if is_change(one)]


def test_a_token_in_the_address_does_not_count(app: Flask, client: PortalClient) -> None:
    sign_in(client, make_user(name="Example Person"))
    token = token_of(client)
    answer = client.post(f"/account/name?csrf_token={token}", data={"name": "Changed"})
    assert answer.status_code == 419
    done = client.post("/account/name", data={"name": "Changed", "csrf_token": token})
    assert done.location == "/account", "the control: in the form it does"


@pytest.mark.parametrize(
    "referer", [f"https://{EVIL}/", f"https://localhost.{EVIL}/", "http://localhost/", None]
)
def test_over_https_a_form_comes_from_our_own_pages(
    app: Flask, client: PortalClient, referer: str | None
) -> None:
    sign_in(client, make_user())
    headers = {"Referer": referer} if referer else {}
    given = {"name": "Changed", "csrf_token": token_of(client)}
    base = "https://localhost"
    answer = client.post("/account/name", data=given, base_url=base, headers=headers)
    assert answer.status_code == 419
    own = {"Referer": f"{base}/account/name"}
    done = client.post("/account/name", data=given, base_url=base, headers=own)
    assert done.location == "/account"


def test_a_form_of_another_site_is_not_offered_again(app: Flask, client: PortalClient) -> None:
    sign_in(client, make_user())
    given = {"name": "planted-by-another-site"}
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": f"https://{EVIL}"}, {}):
        answer = client.post("/account/name", data=given, headers=headers)
        assert answer.status_code == 419
        assert "planted-by" not in answer.text
    own = client.post("/account/name", data=given, headers={"Sec-Fetch-Site": "same-origin"})
    assert "planted-by" in own.text


@pytest.mark.parametrize(
    "header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-METHOD"]
)
@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
def test_the_method_is_the_method(
    app: Flask, powerful: PortalClient, header: str, method: str
) -> None:
    """A GET that says it is a POST is a GET; a POST cannot become what no route takes."""
    token = token_of(powerful)
    name = "/account/name"
    given = {"_method": method, "name": "Changed", "csrf_token": token}
    answer = powerful.get(name, query_string=given, headers={header: method})
    assert answer.status_code == 200
    assert not [one for one in powerful.statements if is_change(one)]
    # Signing out takes POST only.
    posing = powerful.get("/account/logout", query_string=given, headers={header: "POST"})
    assert posing.status_code == 405
    assert is_signed_in(powerful)


def test_trace_and_unknown_methods_are_refused(app: Flask, powerful: PortalClient) -> None:
    """TRACE would hand a script the cookies it may not read."""
    powerful.check_pages = False
    with powerful.session_transaction() as cookie:
        cookie["planted"] = "in-the-cookie"
    for method in ("TRACE", "TRACK", "CONNECT", "PROPFIND", "DEBUG", "FOO"):
        for rule, _method in rules_for(app, "GET")[::10]:
            answer = powerful.open(address_of(app, rule, "GET"), method=method)
            assert answer.status_code in {405, 401}, (method, rule.rule, answer.status_code)
            assert "session=" not in answer.text


def other_origins(app: Flask, client: PortalClient, method: str, part: str = "") -> list[str]:
    """Routes that let pages of another site read them."""
    faults = []
    for rule, _method in rules_for(app, method):
        if part not in rule.rule:
            continue
        path = address_of(app, rule, "GET" if "GET" in (rule.methods or ()) else "POST")
        headers = {
            "Origin": f"https://{EVIL}",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "X-CSRFToken",
        }
        answer = client.open(path, method=method, headers=headers)
        said = [name for name in dict(answer.headers) if "access-control" in name.lower()]
        if said:
            faults.append(f"{method} {rule.rule}: {said}")
    return faults


def test_no_other_site_may_read_anything(app: Flask, powerful: PortalClient) -> None:
    powerful.check_pages = powerful.check_headers = False
    assert other_origins(app, powerful, "OPTIONS") == []
    assert other_origins(app, new_browser(), "GET", "new") == []


def test_a_route_that_other_sites_may_read_is_noticed(
    app: Flask, powerful: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    powerful.check_pages = powerful.check_headers = False
    real = app.view_functions["account.check_mail"]

    def open_to_all() -> object:
        return app.make_response(real()), {"Access-Control-Allow-Origin": "*"}

    monkeypatch.setitem(app.view_functions, "account.check_mail", open_to_all)
    (fault,) = other_origins(app, powerful, "GET", "/account")
    assert "/account/check-mail" in fault
