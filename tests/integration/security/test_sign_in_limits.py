"""Guessing at sign-in: how often, and that nothing tells whether there is an account."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.accounts import throttle
from portal.accounts.models import SignInCounter, User
from portal.accounts.security.hashing import PreparedContext
from portal.db import current_session, unit_of_work
from portal.web.security import limiter
from tests.factories.accounts import PASSWORD, make_user, sign_in, sign_in_with_password
from tests.integration.accounts.journeys import (
    code_now,
    is_signed_in,
    later,
    link_in,
    mail_to,
    make_person_with_totp,
    new_browser,
    words,
)
from tests.support.client import PortalClient

# As long as one another: an address that is said back makes no answer longer.
KNOWN, CLOSED, INVITED, WAITING, NOBODY = (
    f"{name}@example.org" for name in ("known", "close", "guest", "await", "nobod")
)
WRONG = "wrong words here"
FORMS = {
    "/account/login": {"password": WRONG},
    "/account/reset": {},
    "/account/confirm": {},
    "/account/register": {"name": "Example Person", "password": PASSWORD},
}


@pytest.fixture
def people(app: Flask) -> None:
    """An account of every standing."""
    make_user(KNOWN)
    make_user(CLOSED, active=False)
    make_user(INVITED, password=None)
    make_user(WAITING, confirmed=False)


@contextmanager
def hashing(app: Flask) -> Iterator[list[str]]:
    """The slow hashes worked out meanwhile: by far the most of the time a sign-in takes."""
    context = app.extensions["security"].pwd_context
    real = context._context
    done: list[str] = []

    class Counting:
        def __getattr__(self, name: str) -> object:
            if name in {"hash", "verify"}:
                done.append(name)
            return getattr(real, name)

    context._context = Counting()
    try:
        yield done
    finally:
        context._context = real


def browser_from(address: str) -> PortalClient:
    browser = new_browser()
    browser.environ_base["REMOTE_ADDR"] = address
    return browser


def shape(response: TestResponse, email: str) -> tuple[object, ...]:
    """All that a stranger can compare: words, status, headers and size."""
    changing = {"Content-Security-Policy", "Set-Cookie", "Date", "X-Request-ID"}
    headers = [(k, v) for k, v in response.headers if k not in changing]
    cookies = [
        re.sub(r"=[^;]*", "", one, count=1) for one in response.headers.getlist("Set-Cookie")
    ]
    return (response.status_code, headers, cookies, words(response).replace(email, "X"))


def answers(app: Flask, path: str, typed: dict[str, str]) -> dict[str, tuple[Any, ...]]:
    """What each address is answered, with the slow work behind it."""
    found = {}
    for number, email in enumerate((KNOWN, CLOSED, INVITED, WAITING, NOBODY)):
        browser = browser_from(f"192.0.2.{number}")
        browser.soup(path)
        with hashing(app) as worked:
            first = browser.submit(path, {"email": email, **typed}, follow=False)
        work = len(worked)
        landed = browser.get(first.location) if first.location else first
        found[email] = (shape(first, email), shape(landed, email), work)
    return found


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.usefixtures("people")
def test_nothing_tells_who_has_an_account(app: Flask, path: str) -> None:
    found = answers(app, path, FORMS[path])
    for email, answer in found.items():
        assert answer == found[NOBODY], (path, email)


@pytest.mark.parametrize(
    "password", ["", " ", "x", WRONG, "a\0b", "ﬁve ligatured words", "x" * 5000]
)
@pytest.mark.usefixtures("people")
def test_no_password_tells_who_has_an_account(app: Flask, password: str) -> None:
    """A blank one is worked on for nobody, and one longer than any is not worked on either."""
    found = answers(app, "/account/login", {"password": password})
    for email, answer in found.items():
        assert answer == found[NOBODY], (password[:9], email)
    assert found[KNOWN][0][0] == 200


@pytest.mark.usefixtures("people")
def test_an_answer_that_tells_is_noticed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PreparedContext, "hash", lambda _self, _secret, **_options: "")
    found = answers(app, "/account/login", FORMS["/account/login"])
    assert found[KNOWN] != found[NOBODY]


@pytest.mark.usefixtures("people")
def test_changing_to_an_address_tells_nothing(app: Flask, client: PortalClient) -> None:
    me = make_user()
    sign_in(client, me)
    said = {
        words(client.submit("/account/change-email", {"email": email})).replace(email, "X")
        for email in (KNOWN, CLOSED, INVITED, WAITING, NOBODY)
    }
    assert len(said) == 1


def seconds_each(app: Flask, rounds: int) -> dict[str, list[float]]:
    """How long failed sign-ins take for a known and an unknown address, turn by turn."""
    taken: dict[str, list[float]] = {KNOWN: [], NOBODY: []}
    tokens = {}
    browsers = {email: browser_from("192.0.2.9") for email in taken}
    for email, browser in browsers.items():
        browser.check_pages = False
        form = browser.soup("/account/login").find("input", {"name": "csrf_token"})
        tokens[email] = form["value"]  # type: ignore[index]
    for number in range(rounds * 2):
        email = (KNOWN, NOBODY, NOBODY, KNOWN)[number % 4]
        given = {"email": email, "password": WRONG, "csrf_token": tokens[email]}
        started = time.thread_time()
        browsers[email].post("/account/login", data=given)
        taken[email].append(time.thread_time() - started)
        with unit_of_work() as session:
            for row in session.scalars(select(SignInCounter)):
                session.delete(row)
    return taken


def apart(taken: dict[str, list[float]]) -> float:
    """By what part of the whole the usual times differ: 0 not at all, 1 entirely."""
    known, nobody = statistics.median(taken[KNOWN]), statistics.median(taken[NOBODY])
    return abs(known - nobody) / max(known, nobody)


@pytest.mark.parametrize("weakened", [False, True])
def test_time_does_not_tell(app: Flask, monkeypatch: pytest.MonkeyPatch, *, weakened: bool) -> None:
    """Time of this thread's own work, so that a busy machine blurs nothing; medians of turns."""
    context = app.extensions["security"].pwd_context
    slow = context._context.copy(argon2__time_cost=3, argon2__memory_cost=16_384)
    monkeypatch.setattr(context, "_context", slow)
    make_user(KNOWN)
    if weakened:
        monkeypatch.setattr(PreparedContext, "hash", lambda _self, _secret, **_options: "")
    # The account itself is made with the quick scheme: its hash names the cost of checking it.
    with unit_of_work() as session:
        session.merge(_user(KNOWN)).password = slow.hash(PASSWORD)
    difference = apart(seconds_each(app, 8))
    assert (difference > 0.4) if weakened else (difference < 0.25), difference


@pytest.mark.parametrize("email", [KNOWN, NOBODY])
@pytest.mark.parametrize("path", ["/account/reset", "/account/confirm", "/account/register"])
@pytest.mark.usefixtures("people")
def test_mail_to_one_address_is_asked_for_ten_times(app: Flask, path: str, email: str) -> None:
    """From anywhere, in fifteen minutes; whoever it belongs to can sign in all the while."""
    typed = {"email": email, **FORMS[path]}
    for number in range(10):
        asked = browser_from(f"192.0.2.{number}").submit(path, typed)
        assert asked.status_code == 200, number
    refused = browser_from("198.51.100.1").submit(path, {**typed, "email": email.upper()})
    assert refused.status_code == 429
    other = browser_from("198.51.100.1").submit(path, {**typed, "email": "other@example.org"})
    assert other.status_code == 200
    if email == KNOWN:
        sign_in_with_password(browser := new_browser(), _user(email))
        assert is_signed_in(browser)
    with later(minutes=16):
        assert browser_from("198.51.100.1").submit(path, typed).status_code == 200


def _user(email: str) -> User:
    return current_session().scalars(select(User).where(User.email == email)).one()


@pytest.mark.parametrize("path", ["/account/reset", "/account/confirm"])
def test_one_address_asks_for_mail_ten_times(app: Flask, path: str) -> None:
    for number in range(10):
        asked = browser_from("192.0.2.1").submit(path, {"email": f"person{number}@example.org"})
        assert asked.status_code == 200
    given = {"email": "another@example.org"}
    assert browser_from("192.0.2.1").submit(path, given).status_code == 429
    assert browser_from("192.0.2.2").submit(path, given).status_code == 200
    signing_in = browser_from("192.0.2.1").submit("/account/login", {**given, "password": WRONG})
    assert signing_in.status_code == 200


def test_mail_to_a_new_address_of_ones_own_is_limited(app: Flask, client: PortalClient) -> None:
    sign_in(client, make_user())
    path, given = "/account/change-email", {"email": "victim@example.org"}
    assert [client.submit(path, given).status_code for _ in range(11)] == [200] * 10 + [429]
    assert len(mail_to("victim@example.org")) == 10


@pytest.mark.parametrize(
    "spelling",
    ["KNOWN@example.org", " known@example.org ", "known@EXAMPLE.ORG", "known@\uff45xample.org",
     "known@example。org", "known@exam\u00adple.org"],
)  # fmt: skip
@pytest.mark.usefixtures("people")
def test_another_spelling_is_no_other_account(app: Flask, spelling: str) -> None:
    """What the sign-in library takes for one account is counted, and hashed, as that account."""
    for number in range(10):
        browser = browser_from(f"192.0.2.{number}")
        browser.submit("/account/login", {"email": KNOWN, "password": WRONG})
    again = browser_from("198.51.100.1")
    again.submit("/account/login", {"email": spelling, "password": PASSWORD})
    assert not is_signed_in(again)


@pytest.mark.usefixtures("people")
def test_another_spelling_that_is_not_known_is_noticed(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttle, "address_typed", lambda email: email.strip().lower())
    for number in range(10):
        browser = browser_from(f"192.0.2.{number}")
        browser.submit("/account/login", {"email": KNOWN, "password": WRONG})
    again = browser_from("198.51.100.1")
    again.submit("/account/login", {"email": "known@\uff45xample.org", "password": PASSWORD})
    assert is_signed_in(again)


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Client-IP", "CF-Connecting-IP"]
)
def test_where_somebody_comes_from_is_not_theirs_to_say(app: Flask, header: str) -> None:
    for number in range(11):
        browser = browser_from("192.0.2.1")
        address = f"203.0.113.{number}"
        value = f"for={address}" if header == "Forwarded" else address
        browser.environ_base[f"HTTP_{header.upper().replace('-', '_')}"] = value
        given = {"email": f"person{number}@example.org", "password": WRONG}
        answer = browser.submit("/account/login", given)
    assert answer.status_code == 429


@pytest.mark.parametrize("path", ["/account/tf-validate", "/account/mf-recovery"])
def test_the_second_step_is_tried_ten_times(app: Flask, path: str) -> None:
    """By account whatever the address, and by codes of both kinds together."""
    user = make_person_with_totp(roles=["adviser"])
    paths = ["/account/tf-validate", "/account/mf-recovery"]
    for number in range(10):
        browser = browser_from(f"192.0.2.{number}")
        sign_in_with_password(browser, user)
        given = {"code": "123456" if number % 2 == 0 else "1111-2222-3333"}
        assert browser.submit(paths[number % 2], given).status_code == 200
    last = browser_from("198.51.100.1")
    sign_in_with_password(last, user)
    assert last.submit(path, {"code": code_now(user)}).status_code == 429
    assert not is_signed_in(last)
    with later(minutes=16):
        fresh = browser_from("198.51.100.1")
        sign_in_with_password(fresh, user)
        fresh.submit("/account/tf-validate", {"code": code_now(user)})
        assert is_signed_in(fresh)


def test_signing_in_does_not_forgive_the_second_step(app: Flask) -> None:
    """Whoever knows the password cannot clear the count of guessed codes by using it again."""
    user = make_person_with_totp(roles=["adviser"])
    for number in range(9):
        browser = browser_from(f"192.0.2.{number}")
        sign_in_with_password(browser, user)
        browser.submit("/account/tf-validate", {"code": "123456"})
    rows = current_session().scalars(
        select(SignInCounter.failures).where(SignInCounter.scope == "second_step")
    )
    assert list(rows) == [9]


@pytest.mark.parametrize("seconds", [0, 29])
def test_a_code_is_good_once_even_where_it_is_still_in_time(app: Flask, seconds: int) -> None:
    user = make_person_with_totp(roles=["adviser"])
    code = code_now(user)
    first, second = new_browser(), new_browser()
    for browser in (first, second):
        sign_in_with_password(browser, user)
    first.submit("/account/tf-validate", {"code": code})
    assert is_signed_in(first)
    with later(seconds=seconds):
        answer = second.submit("/account/tf-validate", {"code": code})
        assert "wrong or used already" in words(answer)
        assert not is_signed_in(second)


def test_a_used_code_proves_nothing_elsewhere(app: Flask) -> None:
    """Neither is it a recovery code, nor does a fresh password make it good again."""
    user = make_person_with_totp(roles=["adviser"])
    code = code_now(user)
    sign_in_with_password(browser := new_browser(), user)
    browser.submit("/account/tf-validate", {"code": code})
    sign_in_with_password(thief := new_browser(), user)
    thief.submit("/account/mf-recovery", {"code": code})
    assert not is_signed_in(thief)
    new_browser().submit("/account/reset", {"email": user.email})
    new_browser().submit(link_in(mail_to(user.email)[0], "/reset/"), {"password": "green lamps 22"})
    sign_in_with_password(thief := new_browser(), user, "green lamps 22")
    thief.submit("/account/tf-validate", {"code": code})
    assert not is_signed_in(thief)


def test_a_code_that_may_be_used_twice_is_noticed(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = make_person_with_totp(roles=["adviser"])
    code = code_now(user)
    signed_in = []
    for browser in (new_browser(), new_browser()):
        sign_in_with_password(browser, user)
        browser.submit("/account/tf-validate", {"code": code})
        signed_in.append(is_signed_in(browser))
        with unit_of_work() as session:
            session.get_one(User, user.id).tf_last_counter = None
    assert signed_in == [True, True]


def test_limits_are_of_routes_alone(app: Flask) -> None:
    """Wider ones would be passed over: see ``RouteLimits``."""
    known = limiter.limit_manager
    assert list(known.application_limits) == list(known.default_limits) == []
    assert not any(known.blueprint_limits(app, name) for name in app.blueprints)
    assert limiter._marked_for_limiting
