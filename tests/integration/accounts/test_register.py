"""Registering, confirming, and what a stranger can learn from it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.accounts import queries
from portal.accounts.models import User
from portal.db import current_session
from tests.factories.accounts import PASSWORD, make_user, sign_in_with_password
from tests.integration.accounts.journeys import is_signed_in, link_in, mail_to, words
from tests.support.client import PortalClient

NEW = {"name": "Ada  Example", "email": "Ada@Example.org", "password": PASSWORD}


def test_register_confirm_and_sign_in(app: Flask, client: PortalClient) -> None:
    answer = client.submit("/account/register", NEW)
    assert answer.request.path == "/account/check-mail"
    user = queries.user_by_email("ADA@example.ORG")
    assert user is not None
    assert (user.email, user.name, user.confirmed_at) == ("ada@example.org", "Ada Example", None)
    assert user.password is not None
    assert user.password.startswith("$argon2")

    refused = sign_in_with_password(client, user)
    assert "Confirm your email address first" in words(refused)
    assert not is_signed_in(client)

    (message,) = mail_to("ada@example.org")
    assert "http://127.0.0.1:5000/account/confirm/" in message
    path = link_in(message, "/confirm/")
    client.soup(path)
    assert queries.user_by_email("ada@example.org").confirmed_at is None, "a GET wrote"  # type: ignore[union-attr]
    confirmed = client.submit(path)
    assert "is confirmed" in words(confirmed)
    assert confirmed.request.path == "/account/login"
    assert not is_signed_in(client)

    sign_in_with_password(client, user)
    assert is_signed_in(client)


def test_a_link_confirms_once_and_a_broken_one_never(app: Flask, client: PortalClient) -> None:
    client.submit("/account/register", NEW)
    path = link_in(mail_to("ada@example.org")[0], "/confirm/")
    client.submit(path)
    assert "confirmed already" in words(client.submit(path))
    assert "does not work" in words(client.submit(path + "x"))


def test_registering_a_known_address_looks_the_same(app: Flask, client: PortalClient) -> None:
    make_user("ada@example.org")
    known = client.submit("/account/register", NEW)
    new = client.submit("/account/register", {**NEW, "email": "eve@example.org"})
    assert words(known).replace("ada@example.org", "X") == words(new).replace(
        "eve@example.org", "X"
    )
    assert "have an account already" in mail_to("ada@example.org")[0]
    assert current_session().scalar(select(func.count()).select_from(User)) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": " "}, "Enter your name"),
        ({"email": "nobody"}, "Enter an email address in the right form"),
        ({"email": ""}, "Enter your email address"),
        ({"password": "short"}, "at least 10 characters"),
        ({"password": "password123"}, "too easy to guess"),
        ({"password": ""}, "Enter your password"),
        ({"name": "x" * 121}, "120 characters or fewer"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    app: Flask, client: PortalClient, change: dict[str, str], message: str
) -> None:
    answer = client.submit("/account/register", {**NEW, **change})
    assert answer.status_code == 200
    assert message in words(answer)
    assert "There is a problem" in words(answer)
    kept = {**NEW, **change}["email"]
    assert kept.lower() in answer.get_data(as_text=True).lower()
    assert queries.user_by_email(NEW["email"]) is None


def test_roles_cannot_be_registered(app: Flask, client: PortalClient) -> None:
    client.submit("/account/register", NEW, roles="administrator", active="", confirmed_at="1")
    user = queries.user_by_email("ada@example.org")
    assert user is not None
    assert user.roles == []
    assert user.confirmed_at is None


def test_asking_for_the_link_again_says_the_same_to_all(app: Flask, client: PortalClient) -> None:
    make_user("ada@example.org", confirmed=False)
    first = words(client.submit("/account/confirm", {"email": "ada@example.org"}))
    other = words(client.submit("/account/confirm", {"email": "eve@example.org"}))
    assert first.replace("ada@", "eve@") == other
    assert len(mail_to("ada@example.org")) == 1
    assert mail_to("eve@example.org") == []


def test_somebody_signed_in_cannot_register_again(app: Flask, client: PortalClient) -> None:
    sign_in_with_password(client, make_user())
    assert client.get("/account/register").status_code == 302


def test_links_ignore_the_host_header(app: Flask, client: PortalClient) -> None:
    client.submit("/account/register", NEW, follow=False)
    make_user("host@example.org")
    token = client.soup("/account/reset").find("input", {"name": "csrf_token"})["value"]  # type: ignore[index]
    with client.session_transaction() as cookie:
        kept = dict(cookie)
    evil = app.test_client()
    with evil.session_transaction(base_url="http://evil.example") as cookie:
        cookie.update(kept)
    evil.post(
        "/account/reset",
        data={"email": "host@example.org", "csrf_token": token},
        base_url="http://evil.example",
    )
    assert "evil.example" not in mail_to("host@example.org")[0]
