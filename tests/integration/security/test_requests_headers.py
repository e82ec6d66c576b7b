"""Headers, hosts and cookies: of every answer, and of an installation as it is in production."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask, Response, send_file
from pydantic import ValidationError
from werkzeug.test import TestResponse

from config import Settings
from portal import create_app
from portal.db import unit_of_work
from portal.web import security
from tests.factories.accounts import PASSWORD, make_user, sign_in
from tests.integration.accounts.journeys import link_in, mail_to, new_browser
from tests.integration.conftest import make_settings
from tests.support import databases
from tests.support.attacks import (
    EVIL,
    PUBLIC_COPIES,
    address_of,
    cookie_faults,
    everybody_is_all_powerful,
    header_faults,
    nonce_of,
    rules_for,
)
from tests.support.client import PortalClient

ROOT = Path(__file__).resolve().parents[3]
HOST = "portal.example"
PRODUCTION = {
    "portal_env": "production",
    "secret_key": "a-test-secret-of-more-than-32-characters",
    "public_url": f"https://{HOST}",
    "mail_url": "smtp://127.0.0.1:9",
    "demo": None,
}


@pytest.fixture(scope="session")
def database_kind() -> str:
    """Headers do not depend on the database."""
    return "sqlite"


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An installation as it is in production, behind no proxy that says it is asked by https."""
    folder = tmp_path_factory.mktemp("production")
    app = create_app(make_settings(databases.new_sqlite(folder), folder, **PRODUCTION))
    yield app
    app.extensions["portal_db"].dispose()


def every_page(app: Flask, client: PortalClient) -> Iterator[tuple[str, TestResponse]]:
    """An answer of every route that can be read, whatever its status."""
    client.check_pages = client.check_headers = False
    for rule, _method in rules_for(app, "GET"):
        yield rule.endpoint, client.get(address_of(app, rule, "GET"))


def test_every_answer_has_the_headers_and_a_nonce_of_its_own(
    app: Flask, client: PortalClient
) -> None:
    sign_in(client, make_user())
    nonces: list[str] = []
    faults: list[str] = []
    with everybody_is_all_powerful(app):
        for endpoint, answer in every_page(app, client):
            faults += [f"{endpoint}: {fault}" for fault in header_faults(answer, endpoint)]
            nonces += [nonce] if (nonce := nonce_of(answer)) else []
    assert not faults, "\n".join(faults)
    assert len(nonces) > 300
    assert len(set(nonces)) == len(nonces), "a nonce was used twice"


@pytest.mark.parametrize(
    ("status", "ask"),
    [
        (404, lambda client: client.get("/nowhere")),
        (405, lambda client: client.post("/health")),
        (413, lambda client: client.post("/account/login", data=b"x" * 11_000_000)),
        (419, lambda client: client.post("/account/login")),
        (403, lambda client: client.get("/employers/0000000000/plan")),
        (302, lambda client: client.get("/account/name")),
        (404, lambda client: client.get("/static/nothing.js")),
        (308, lambda client: client.get("/account/")),
    ],
)
def test_faults_have_the_headers_too(client: PortalClient, status: int, ask) -> None:  # type: ignore[no-untyped-def]
    if status == 403:
        sign_in(client, make_user())
    answer = ask(client)
    assert answer.status_code in {status, 404 if status == 308 else status}
    assert header_faults(answer, None) == []


def test_a_fault_of_ours_has_the_headers_too(
    app: Flask, client: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> str:
        raise LookupError("example")

    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(app.view_functions, "account.check_mail", broken)
    answer = client.get("/account/check-mail")
    assert answer.status_code == 500
    assert header_faults(answer, "account.check_mail") == []
    assert "example" not in answer.text


WEAKER = {
    "an inline script is allowed": ("Content-Security-Policy", "script-src 'unsafe-inline'"),
    "no policy": ("Content-Security-Policy", ""),
    "framed by others": ("X-Frame-Options", "SAMEORIGIN"),
    "kinds are guessed": ("X-Content-Type-Options", ""),
    "addresses are told": ("Referrer-Policy", "unsafe-url"),
    "copies are kept": ("Cache-Control", "max-age=60"),
    "copies are kept by all": ("Cache-Control", "public, max-age=60"),
    "others read": ("Access-Control-Allow-Origin", "*"),
    "a cookie that scripts read": ("Set-Cookie", "x=1; SameSite=Lax"),
    "a cookie that others send": ("Set-Cookie", "x=1; HttpOnly; SameSite=None"),
    "a cookie for a domain": ("Set-Cookie", "x=1; HttpOnly; SameSite=Lax; Domain=example"),
}


@pytest.mark.parametrize("weaker", WEAKER)
def test_a_weaker_answer_is_noticed(
    app: Flask, client: PortalClient, monkeypatch: pytest.MonkeyPatch, weaker: str
) -> None:
    name, value = WEAKER[weaker]

    def weak(response: Response) -> Response:
        response.headers[name] = value
        return response

    # The last that runs after a request is the first in the list.
    monkeypatch.setitem(app.after_request_funcs, None, [weak, *app.after_request_funcs[None]])
    with pytest.raises(AssertionError, match="account/check-mail"):
        client.get("/account/check-mail")


def test_a_nonce_that_stays_is_noticed(
    app: Flask, client: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(security.secrets, "token_urlsafe", lambda _size: "x" * 22)
    nonces = {nonce_of(client.get("/account/check-mail")) for _ in range(2)}
    assert nonces == {"x" * 22}
    monkeypatch.undo()
    assert len({nonce_of(client.get("/account/check-mail")) for _ in range(5)}) == 5


def test_a_file_is_not_kept_because_a_view_forgot_to_say(
    app: Flask, client: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Flask says "no-cache" of every file it sends, and that lets a proxy keep it."""

    def forgetful() -> Response:
        return send_file(BytesIO(b"an example"), mimetype="text/plain")

    monkeypatch.setitem(app.view_functions, "account.check_mail", forgetful)
    client.check_headers = False
    assert client.get("/account/check-mail").headers["Cache-Control"] == "no-store, private"


def test_every_public_copy_is_a_route(app: Flask) -> None:
    assert set(PUBLIC_COPIES) <= set(app.view_functions)


def test_files_of_the_portal_are_kept_and_carry_no_cookie(app: Flask, client: PortalClient) -> None:
    sign_in(client, make_user())
    page = client.get("/account").text
    address = page.partition('src="/static/')[2].partition('"')[0]
    assert address
    with client.get(f"/static/{address}") as answer:
        answer.get_data()
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in answer.headers
    assert client.get("/static/gone.js").headers["Cache-Control"] == "no-store, private"


def in_production(app: Flask, path: str, **given: object) -> TestResponse:
    client = app.test_client()
    return client.open(path, **{"base_url": f"http://{HOST}", **given})  # type: ignore[arg-type]


def test_production_sets_safe_cookies_and_says_https(production: Flask) -> None:
    answer = in_production(production, "/account/login")
    assert answer.status_code == 200
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie_faults(cookie, secure=True) == []
    # A browser takes a cookie of this name from this very host only, by https, for all of it.
    assert cookie.startswith("__Host-session=")
    assert "Path=/;" in f"{cookie};"
    for path in ("/account/login", "/nowhere", "/account/name", "/static/gone.js"):
        sent = in_production(production, path).headers["Strict-Transport-Security"]
        assert sent == "max-age=31536000; includeSubDomains"


def test_without_production_https_is_not_promised(client: PortalClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/account/login").headers
    secure = client.get("/account/login", base_url="https://localhost")
    assert "Strict-Transport-Security" in secure.headers


@pytest.mark.parametrize("name", ["debug", "cookie_secure"])
def test_production_refuses_unsafe_cookies(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValidationError, match="will not start"):
        make_settings("sqlite://", tmp_path, **{**PRODUCTION, name: name == "debug"})


HOSTS = [
    EVIL,
    f"{EVIL}:443",
    f"{HOST}.{EVIL}",
    f"{HOST}@{EVIL}",
    f"{EVIL}#{HOST}",
    f"x.{HOST}",
    f"{HOST}, {EVIL}",
    f"{HOST} {EVIL}",
    f"{HOST}/{EVIL}",
    f"{HOST}..",
    "[::ffff:10.0.0.1]",
    "10.0.0.1",
]


@pytest.mark.parametrize("host", HOSTS)
def test_production_answers_to_its_own_name_only(production: Flask, host: str) -> None:
    for path in ("/", "/account/login", "/account/reset", "/static/x", "/nowhere"):
        answer = in_production(production, path, headers={"Host": host})
        assert answer.status_code == 400, (path, answer.status_code)
        assert EVIL not in answer.text
        assert header_faults(answer, None) == []


def test_production_answers_to_its_own_names(production: Flask, tmp_path: Path) -> None:
    for host in (HOST, f"{HOST}:443", "127.0.0.1:8000", "localhost"):
        answer = in_production(production, "/account/login", headers={"Host": host})
        assert answer.status_code == 200, host
    more = {**PRODUCTION, "trusted_hosts": ["inner.example"]}
    settings: Settings = make_settings("sqlite://", tmp_path, **more)
    assert {"inner.example", HOST} <= set(settings.answered_hosts or ())
    assert make_settings("sqlite://", tmp_path).answered_hosts is None


def test_any_name_is_answered_where_names_are_not_checked(client: PortalClient) -> None:
    """The control, and why links are never made from the name a request gives."""
    answer = client.get("/account/login", headers={"Host": EVIL})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "header", ["Host", "X-Forwarded-Host", "X-Host", "Forwarded", "X-Forwarded-Server"]
)
def test_links_in_mail_never_follow_the_host_header(app: Flask, header: str) -> None:
    user = make_user()
    browser = new_browser()
    browser.check_headers = browser.check_pages = False
    value = f"host={EVIL}" if header == "Forwarded" else EVIL
    token = browser.soup("/account/reset").find("input", {"name": "csrf_token"})["value"]  # type: ignore[index]
    if header == "Host":
        # The cookie goes to the host it came from; this one is set for the other by hand.
        kept = browser.get_cookie("session")
        assert kept is not None
        browser.set_cookie("session", kept.value, domain=EVIL)
    given = {"email": user.email, "csrf_token": token}
    answer = browser.post("/account/reset", data=given, headers={header: value})
    assert answer.status_code == 302
    (message,) = mail_to(user.email)
    assert EVIL not in message
    assert "http://127.0.0.1:5000/account/reset/" in message
    assert link_in(message, "/reset/")


def test_no_address_is_made_from_the_host_header() -> None:
    """Besides where an answer's own address is compared with it."""
    allowed = {
        "portal/web/errors.py": "a form's origin is compared with where it was sent",
        "portal/web/programmes.py": "the host chooses among the programmes that are listed",
        "portal/accounts/security/flow.py": "an address of our own is cut to its path",
    }
    words = ("request.host", "host_url", "url_root", "request.base_url", " _external=True")
    found = {
        path.relative_to(ROOT).as_posix()
        for path in [*(ROOT / "portal").rglob("*.py"), *(ROOT / "templates").rglob("*.*")]
        if any(word in path.read_text(encoding="utf-8", errors="ignore") for word in words)
    }
    assert found <= allowed.keys(), found - allowed.keys()
    assert found == allowed.keys(), "an exception that is none any more"


def test_a_forwarded_host_is_believed_from_a_trusted_proxy_only(tmp_path: Path) -> None:
    app = create_app(
        make_settings(
            databases.new_sqlite(tmp_path), tmp_path, **{**PRODUCTION, "trusted_proxies": 1}
        )
    )
    try:
        behind = {"X-Forwarded-Host": EVIL, "X-Forwarded-Proto": "https"}
        assert in_production(app, "/account/login", headers=behind).status_code == 400
        own = {"Host": "web-1:8000", "X-Forwarded-Host": HOST, "X-Forwarded-Proto": "https"}
        assert in_production(app, "/account/login", headers=own).status_code == 200
    finally:
        app.extensions["portal_db"].dispose()


def test_sign_in_in_production_keeps_the_cookie_safe(production: Flask) -> None:
    with production.app_context(), unit_of_work():
        user = make_user("someone@example.org")
        email = user.email
    client = production.test_client()
    base = f"https://{HOST}"
    page = client.get("/account/login", base_url=base)
    token = page.text.partition('name="csrf_token"')[2].partition('value="')[2].partition('"')[0]
    given = {"email": email, "password": PASSWORD, "csrf_token": token}
    headers = {"Referer": f"{base}/account/login"}
    answer = client.post("/account/login", data=given, base_url=base, headers=headers)
    assert answer.status_code == 302
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies
    assert [fault for one in cookies for fault in cookie_faults(one, secure=True)] == []
    assert client.get("/account", base_url=base).status_code == 200
    plain = Response("x")
    plain.set_cookie("weak", "1")
    assert cookie_faults(plain.headers["Set-Cookie"], secure=True), "the control"
