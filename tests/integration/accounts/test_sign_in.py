"""Signing in and out, locks, redirects and what survives in the browser."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import SignInCounter, UserSession
from portal.accounts.rules import own_path
from portal.accounts.sessions import HOOKS_EXTENSION, on_signed_in
from portal.db import audit, current_session, unit_of_work
from tests.factories.accounts import PASSWORD, make_user, sign_in, sign_in_with_password
from tests.integration.accounts.journeys import is_signed_in, later, new_browser, words
from tests.support.client import PortalClient


def _fail(client: PortalClient, email: str, times: int) -> str:
    answer = None
    for _ in range(times):
        answer = client.submit("/account/login", {"email": email, "password": "wrong words here"})
        assert answer.status_code == 200
    return words(answer)


def test_sign_in_and_out(app: Flask, client: PortalClient) -> None:
    user = make_user()
    sign_in_with_password(client, user)
    page = client.soup("/account")
    assert user.email in page.get_text()
    row = current_session().scalars(select(UserSession)).one()
    with client.session_transaction() as cookie:
        assert row.token_hash not in str(dict(cookie)), "the cookie holds the token, not its hash"
    token = page.find("input", {"name": "csrf_token"})["value"]  # type: ignore[index]
    client.post("/account/logout", data={"csrf_token": token})
    assert not is_signed_in(client)
    current_session().expire_all()
    assert current_session().scalars(select(UserSession)).one().ended_at is not None
    assert client.get("/account/logout").status_code == 405


def test_signing_out_ends_a_copied_cookie(app: Flask, client: PortalClient) -> None:
    sign_in(client, make_user())
    with client.session_transaction() as cookie:
        copied = dict(cookie)
    thief = new_browser()
    with thief.session_transaction() as cookie:
        cookie.update(copied)
    assert is_signed_in(thief)
    client.submit("/account", form="end-all")
    assert not is_signed_in(thief)


@pytest.mark.parametrize(("role", "statements"), [("lep_officer", 2), ("adviser", 3)])
def test_who_somebody_is_takes_few_statements(
    app: Flask, client: PortalClient, role: str, statements: int
) -> None:
    # Who it is, their employers, and for a provider's staff whom they work for.
    sign_in(client, make_user(roles=[role]))
    client.get("/account/check-mail")
    assert len([s for s in client.statements if "user_sessions" in s]) == 1
    assert len(client.statements) == statements, client.statements
    visitor = new_browser()
    visitor.get("/account/check-mail")
    assert visitor.statements == []


def test_wrong_password_and_unknown_account_look_the_same(app: Flask, client: PortalClient) -> None:
    make_user("ada@example.org")
    known = _fail(client, "ada@example.org", 1)
    unknown = _fail(client, "eve@example.org", 1)
    assert "The email address or password is wrong" in known
    assert known == unknown


def test_closed_account_looks_the_same(app: Flask, client: PortalClient) -> None:
    make_user("ada@example.org", active=False)
    answer = client.submit("/account/login", {"email": "ada@example.org", "password": PASSWORD})
    assert "The email address or password is wrong" in words(answer)
    assert not is_signed_in(client)


@pytest.mark.parametrize("email", ["ada@example.org", "nobody@example.org"])
def test_ten_failures_lock_the_account(app: Flask, client: PortalClient, email: str) -> None:
    make_user("ada@example.org")
    _fail(client, email, 10)
    elsewhere = new_browser()
    elsewhere.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    locked = elsewhere.submit("/account/login", {"email": email.upper(), "password": PASSWORD})
    assert locked.status_code == 429
    assert "Too many tries" in words(locked)
    with later(minutes=16):
        answer = elsewhere.submit("/account/login", {"email": email, "password": PASSWORD})
        assert answer.status_code == 200
        assert is_signed_in(elsewhere) == (email == "ada@example.org")
    locks = select(audit.AuditEntry).where(audit.AuditEntry.action == "account.locked")
    assert len(current_session().scalars(locks).all()) == 2


def test_ten_failures_lock_the_address(app: Flask, client: PortalClient) -> None:
    make_user("ada@example.org")
    for number in range(10):
        _fail(client, f"person{number}@example.org", 1)
    assert (
        client.submit(
            "/account/login", {"email": "ada@example.org", "password": PASSWORD}
        ).status_code
        == 429
    )
    elsewhere = new_browser()
    elsewhere.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    elsewhere.submit("/account/login", {"email": "ada@example.org", "password": PASSWORD})
    assert is_signed_in(elsewhere)


def test_success_forgives_the_account_and_not_the_address(app: Flask, client: PortalClient) -> None:
    user = make_user("ada@example.org")
    _fail(client, user.email, 3)
    sign_in_with_password(client, user)
    rows = current_session().scalars(select(SignInCounter)).all()
    assert [(row.scope, row.failures) for row in rows] == [("address", 3)]
    assert all(user.email not in row.key_hash for row in rows)


def test_old_counters_are_forgotten(app: Flask, client: PortalClient) -> None:
    _fail(client, "one@example.org", 1)
    with later(days=2):
        _fail(client, "two@example.org", 1)
    rows = current_session().scalars(select(SignInCounter)).all()
    assert len(rows) == 2


@pytest.mark.parametrize(
    ("target", "lands"),
    [
        ("/account/name", "/account/name"),
        ("http://localhost/account", "/account"),
        ("https://evil.example/", None),
        ("//evil.example", None),
        ("///evil.example", None),
        ("/\\evil.example", None),
        ("\\\\evil.example", None),
        ("/\t/evil.example", None),
        ("javascript:alert(1)", None),
    ],
)
def test_next_leads_to_own_pages_only(
    app: Flask, client: PortalClient, target: str, lands: str | None
) -> None:
    user = make_user()
    answer = client.submit(
        "/account/login", {"email": user.email, "password": PASSWORD}, follow=False, next=target
    )
    if lands is not None:
        assert answer.location == lands
    elif answer.status_code == 302:
        assert own_path(answer.location) == answer.location
    else:
        assert "not on this portal" in words(answer)


def test_next_in_the_address_is_kept(app: Flask, client: PortalClient) -> None:
    user = make_user()
    turned_away = client.get("/account/name")
    assert turned_away.location == "/account/login?next=/account/name"
    answer = client.submit(
        turned_away.location, {"email": user.email, "password": PASSWORD}, follow=False
    )
    assert answer.location == "/account/name"


def test_forms_without_their_token_are_refused(app: Flask, client: PortalClient) -> None:
    user = make_user()
    for path in ("/account/login", "/account/register", "/account/reset", "/account/wan-signin"):
        answer = client.post(path, data={"email": user.email, "password": PASSWORD})
        assert answer.status_code == 419, path
    sign_in(client, user)
    for path in ("/account/logout", "/account/sessions/end", "/account/change", "/account/name"):
        assert client.post(path).status_code == 419, path
    assert is_signed_in(client)


def test_visitor_keys_survive_and_the_form_token_does_not(app: Flask, client: PortalClient) -> None:
    user = make_user()
    client.soup("/account/login")
    with client.session_transaction() as cookie:
        cookie["another_feature"] = ["ABC"]
        planted = cookie["csrf_token"]
    sign_in_with_password(client, user)
    with client.session_transaction() as cookie:
        assert cookie["another_feature"] == ["ABC"]
        assert cookie.get("csrf_token") != planted
    client.submit("/account", form="end-all")
    with client.session_transaction() as cookie:
        assert cookie["another_feature"] == ["ABC"]


def test_hooks_run_after_signing_in_and_cannot_break_it(app: Flask, client: PortalClient) -> None:
    seen: list[int] = []

    def claim(user_id: int) -> None:
        with unit_of_work():
            seen.append(user_id)

    def broken(_user_id: int) -> None:
        raise LookupError("a fault of another feature")

    known = list(app.extensions.get(HOOKS_EXTENSION, []))
    try:
        on_signed_in(app, broken)
        on_signed_in(app, claim)
        user = make_user()
        sign_in_with_password(client, user)
        assert seen == [user.id]
        assert is_signed_in(client)
        _fail(new_browser(), user.email, 1)
        assert seen == [user.id]
    finally:
        app.extensions[HOOKS_EXTENSION] = known


def test_signing_in_ends_the_session_this_browser_had(app: Flask, client: PortalClient) -> None:
    first, second = make_user(), make_user()
    sign_in(client, first)
    with client.session_transaction() as cookie:
        old = dict(cookie)
    client.submit("/account", form="end-all")
    sign_in_with_password(client, second)
    assert second.email in client.soup("/account").get_text()
    again = new_browser()
    with again.session_transaction() as cookie:
        cookie.update(old)
    assert not is_signed_in(again)


def test_no_sign_in_by_token_or_json(app: Flask, client: PortalClient) -> None:
    user = make_user()
    token = client.soup("/account/login").find("input", {"name": "csrf_token"})["value"]  # type: ignore[index]
    answer = client.post(
        "/account/login?include_auth_token",
        json={"email": user.email, "password": PASSWORD},
        headers={"Accept": "application/json", "X-CSRFToken": token},
    )
    assert not answer.is_json
    assert answer.status_code in {200, 302}
    assert b"auth_token" not in answer.data
