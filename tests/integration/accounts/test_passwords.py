"""Forgotten, reset and changed passwords; changed addresses and names; sessions."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts import queries
from portal.accounts.models import UserSession
from portal.db import audit, current_session
from tests.factories.accounts import (
    PASSWORD,
    make_stale,
    make_user,
    sign_in,
    sign_in_with_password,
)
from tests.integration.accounts.journeys import (
    is_signed_in,
    later,
    link_in,
    mail_to,
    new_browser,
    person,
    words,
)
from tests.support.client import PortalClient

OTHER = "quiet green lanterns"


def test_reset_by_mail(app: Flask, client: PortalClient) -> None:
    user = make_user()
    elsewhere = new_browser()
    sign_in(elsewhere, user)
    asked = client.submit("/account/reset", {"email": user.email.upper()})
    assert "a link is on its way" in words(asked)
    path = link_in(mail_to(user.email)[0], "/reset/")
    weak = client.submit(path, {"password": "password"})
    assert "at least 10 characters" in words(weak)
    done = client.submit(path, {"password": OTHER})
    assert "Your password is set" in words(done)
    assert not is_signed_in(client), "a link alone signs nobody in"
    assert not is_signed_in(elsewhere), "old sessions end"
    assert "does not work" in words(client.get(path, follow_redirects=True))
    sign_in_with_password(client, user)
    assert not is_signed_in(client)
    sign_in_with_password(client, user, OTHER)
    assert is_signed_in(client)
    assert any("new password was set" in message for message in mail_to(user.email))


def test_reset_says_the_same_to_all(app: Flask, client: PortalClient) -> None:
    make_user("ada@example.org")
    make_user("gone@example.org", active=False)
    said = {
        words(client.submit("/account/reset", {"email": email})).replace(email, "X")
        for email in ("ada@example.org", "gone@example.org", "nobody@example.org")
    }
    assert len(said) == 1
    assert len(mail_to("ada@example.org")) == 1
    assert mail_to("gone@example.org") == mail_to("nobody@example.org") == []
    bad = client.submit("/account/reset", {"email": "nobody"})
    assert "There is a problem" in words(bad)


def test_reset_of_an_unconfirmed_account_sends_the_confirmation(
    app: Flask, client: PortalClient
) -> None:
    make_user("ada@example.org", confirmed=False)
    client.submit("/account/reset", {"email": "ada@example.org"})
    assert "/account/confirm/" in mail_to("ada@example.org")[0]


def test_a_reset_link_grows_old(app: Flask, client: PortalClient) -> None:
    user = make_user()
    app.config["SECURITY_RESET_PASSWORD_WITHIN"], kept = (
        app.config["SECURITY_RESET_PASSWORD_WITHIN"] * 0,
        app.config["SECURITY_RESET_PASSWORD_WITHIN"],
    )
    try:
        client.submit("/account/reset", {"email": user.email})
        path = link_in(mail_to(user.email)[0], "/reset/")
        import time

        time.sleep(1.1)
        assert "too old" in words(client.get(path, follow_redirects=True))
    finally:
        app.config["SECURITY_RESET_PASSWORD_WITHIN"] = kept


def test_changing_the_password_ends_other_sessions_only(app: Flask, client: PortalClient) -> None:
    user = make_user()
    sign_in(client, user, strong=True)
    elsewhere = new_browser()
    sign_in(elsewhere, user)
    wrong = client.submit("/account/change", {"password": "x" * 12, "new_password": OTHER})
    assert "not your password" in words(wrong)
    done = client.submit("/account/change", {"password": PASSWORD, "new_password": OTHER})
    assert "Your password is changed" in words(done)
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    row = queries.open_sessions(user.id)[0]
    assert row.strong, "as strong as it was"
    assert "password of your account was changed" in mail_to(user.email)[0]
    actions = set(current_session().scalars(select(audit.AuditEntry.action)))
    assert "account.password_changed" in actions


def test_guessing_the_present_password_locks(app: Flask, client: PortalClient) -> None:
    user = make_user()
    sign_in(client, user)
    for _ in range(10):
        client.submit("/account/change", {"password": "wrong words", "new_password": OTHER})
    locked = client.submit("/account/change", {"password": PASSWORD, "new_password": OTHER})
    assert locked.status_code == 429


def test_change_of_address(app: Flask, client: PortalClient) -> None:
    user = make_user("old@example.org")
    make_user("taken@example.org")
    sign_in(client, user)
    taken = words(client.submit("/account/change-email", {"email": "taken@example.org"}))
    free = words(client.submit("/account/change-email", {"email": "New@example.org"}))
    assert taken.replace("taken@", "X@").lower() == free.replace("New@", "X@").lower()
    assert mail_to("taken@example.org") == []
    path = link_in(mail_to("New@example.org")[0], "/change-email/")
    client.soup(path)
    assert person(user).email == "old@example.org"
    client.submit(path)
    assert person(user).email == "new@example.org"
    assert "changed from this address" in mail_to("old@example.org")[0]
    assert is_signed_in(client)


def test_sensitive_pages_ask_again_after_a_while(app: Flask, client: PortalClient) -> None:
    user = make_user()
    sign_in(client, user)
    make_stale(client)
    for path in ("/account/change-email", "/account/tf-setup", "/account/wan-register"):
        assert client.get(path).location.startswith("/account/verify?next="), path
    wrong = client.submit("/account/verify?next=/account/change-email", {"password": "no no no"})
    assert "not your password" in words(wrong)
    answer = client.submit("/account/verify?next=/account/change-email", {"password": PASSWORD})
    assert answer.request.path == "/account/change-email"


def test_change_of_name(app: Flask, client: PortalClient) -> None:
    user = make_user()
    sign_in(client, user)
    assert "Enter your name" in words(client.submit("/account/name", {"name": "  "}))
    client.submit("/account/name", {"name": "  مريم   O'Neil 😀 "})
    assert person(user).name == "مريم O'Neil 😀"
    assert "مريم O'Neil 😀" in client.soup("/account").get_text()


def test_sessions_are_listed_and_ended_one_by_one(app: Flask, client: PortalClient) -> None:
    user, stranger = make_user(), make_user()
    sign_in(client, user)
    elsewhere, foreign = new_browser(), new_browser()
    elsewhere.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (iPhone) Version/17 Safari/604.1"
    sign_in_with_password(elsewhere, user)
    sign_in(foreign, stranger)
    page = client.soup("/account")
    assert "Safari on iPhone" in page.get_text()
    theirs = queries.open_sessions(stranger.id)[0].id
    other = next(s for s in queries.open_sessions(user.id) if s.browser == "Safari on iPhone").id
    client.submit("/account", form=f"end-{other}")
    assert not is_signed_in(elsewhere)
    assert is_signed_in(client)
    token = page.find("input", {"name": "csrf_token"})["value"]  # type: ignore[index]
    answer = client.post(f"/account/sessions/{theirs}/end", data={"csrf_token": token})
    assert answer.status_code == 404
    assert is_signed_in(foreign)


def test_signing_out_everywhere(app: Flask, client: PortalClient) -> None:
    user = make_user()
    browsers = [client, new_browser(), new_browser()]
    for browser in browsers:
        sign_in(browser, user)
    client.submit("/account", form="end-all")
    assert [is_signed_in(browser) for browser in browsers] == [False] * 3


def test_last_seen_moves_on_posts_only(app: Flask, client: PortalClient) -> None:
    user = make_user()
    sign_in(client, user)
    seen = queries.open_sessions(user.id)[0].last_seen_at
    with later(minutes=10) as _:
        client.get("/account")
        current_session().expire_all()
        assert queries.open_sessions(user.id)[0].last_seen_at == seen
        client.submit("/account/name", {"name": "New Name"})
        current_session().expire_all()
        assert queries.open_sessions(user.id)[0].last_seen_at > seen


def test_sessions_end_by_themselves(app: Flask, client: PortalClient) -> None:
    sign_in(client, make_user())
    staff = new_browser()
    sign_in(staff, make_user(roles=["adviser"]))
    with later(hours=13):
        assert is_signed_in(client)
        assert not is_signed_in(staff)
    with later(days=15):
        assert not is_signed_in(client)
    assert current_session().scalars(select(UserSession)).first() is not None


def test_no_slow_hash_is_worked_out_inside_a_transaction(
    app: Flask, client: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_user()
    context = app.extensions["security"].pwd_context
    real, writing = context._context, []

    class Watched:
        def __getattr__(self, name: str) -> object:
            if name in {"hash", "verify"}:
                writing.append(current_session().writing)
            return getattr(real, name)

    monkeypatch.setattr(context, "_context", Watched())
    new = {"name": "Ada", "email": "ada@example.org", "password": PASSWORD}
    client.submit("/account/register", new)
    client.submit("/account/register", {**new, "email": user.email})
    assert writing == [False, False]
    client.submit("/account/login", {"email": user.email, "password": "wrong words"})
    client.submit("/account/login", {"email": "eve@example.org", "password": "wrong words"})
    client.submit("/account/login", {"email": user.email, "password": PASSWORD})
    assert writing == [False] * 5, "one each, whether or not the account exists"
    client.submit("/account/change", {"password": PASSWORD, "new_password": OTHER})
    client.submit("/account/verify", {"password": OTHER})
    client.submit("/account/reset", {"email": user.email})
    client.submit(link_in(mail_to(user.email)[0], "/reset/"), {"password": PASSWORD})
    assert writing == [False] * 9
