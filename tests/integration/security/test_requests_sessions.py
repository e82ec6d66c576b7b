"""Whose a session is, and when it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts import queries, rules, service, sessions
from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from tests.factories.accounts import PASSWORD, make_user, sign_in, sign_in_with_password
from tests.factories.employers import make_employer, make_membership
from tests.integration.accounts.journeys import (
    code_now,
    is_signed_in,
    later,
    link_in,
    mail_to,
    make_person_with_totp,
    new_browser,
    sign_in_fully,
    words,
)
from tests.support.client import PortalClient

OTHER = "quiet green lanterns"


def cookie_of(client: PortalClient) -> dict[str, object]:
    with client.session_transaction() as cookie:
        return dict(cookie)


def browser_with(cookie: dict[str, object]) -> PortalClient:
    """Another browser that holds a copy of a cookie."""
    browser = new_browser()
    with browser.session_transaction() as own:
        own.update(cookie)
    return browser


def code_form(client: PortalClient) -> dict[str, object]:
    """What the page that asks for a code sends, but for the code."""
    form = client.soup("/account/tf-validate").find("form")
    assert form is not None
    return {str(one["name"]): one.get("value", "") for one in form.select("input[type=hidden]")}


def test_a_planted_cookie_gives_nobody_the_session(app: Flask, client: PortalClient) -> None:
    """The attacker visits first, makes the victim carry that cookie, and waits."""
    attacker = new_browser()
    attacker.soup("/account/login")
    planted = cookie_of(attacker)
    victim = browser_with(planted)
    user = make_user()
    sign_in_with_password(victim, user)
    assert is_signed_in(victim)
    assert not is_signed_in(attacker)
    assert not is_signed_in(browser_with(planted))
    token = planted["csrf_token"]
    assert cookie_of(victim).get("csrf_token") != token
    # The form token the attacker knows is worth nothing after the sign-in.
    with attacker.session_transaction() as cookie:
        raw = cookie["csrf_token"]
    forged = app.extensions["security"].remember_token_serializer.dumps(raw)
    answer = victim.post("/account/name", data={"name": "Forged", "csrf_token": forged})
    assert answer.status_code == 419


def test_a_planted_session_of_the_attacker_ends_at_sign_in(app: Flask) -> None:
    attacker, user = make_user(), make_user()
    own = new_browser()
    sign_in(own, attacker)
    victim = browser_with({k: v for k, v in cookie_of(own).items() if k != "_user_id"})
    sign_in_with_password(victim, user)
    assert user.email in victim.soup("/account").get_text()
    assert not is_signed_in(own), "the session it carried has ended"


def test_each_sign_in_has_a_session_of_its_own(app: Flask, client: PortalClient) -> None:
    user = make_user()
    kept = []
    for _ in range(3):
        browser = new_browser()
        sign_in_with_password(browser, user)
        kept.append(cookie_of(browser)[sessions.TOKEN_KEY])
    assert len(set(kept)) == 3
    assert all(isinstance(one, str) and len(one) >= 43 for one in kept)


@pytest.mark.parametrize("part", ["signature", "payload", "other key"])
def test_a_cookie_that_was_changed_is_nobodys(app: Flask, client: PortalClient, part: str) -> None:
    sign_in(client, make_user())
    kept = client.get_cookie("session")
    assert kept is not None
    value = kept.value
    if part == "other key":
        real, app.secret_key = app.secret_key, "another-key-of-more-than-32-characters"
        forged = app.session_interface.get_signing_serializer(app)
        assert forged is not None
        value = str(forged.dumps(cookie_of(new_browser())))
        app.secret_key = real
    else:
        place = -3 if part == "signature" else 5
        letter = "A" if value[place] != "A" else "B"
        value = value[:place] + letter + value[place:][1:]
    client.set_cookie("session", value)
    assert not is_signed_in(client)


@pytest.mark.parametrize("how", ["change", "reset", "role", "leaving", "second step", "everywhere"])
def test_old_sessions_die(app: Flask, how: str) -> None:
    user = make_user()
    stranger = make_user()
    browsers = [new_browser(), new_browser()]
    for browser in browsers:
        sign_in_with_password(browser, user)
    copies = [browser_with(cookie_of(browser)) for browser in browsers]
    unharmed = new_browser()
    sign_in(unharmed, stranger)
    if how == "change":
        acting = new_browser()
        sign_in_with_password(acting, user)
        acting.submit("/account/change", {"password": PASSWORD, "new_password": OTHER})
        assert is_signed_in(acting)
    elif how == "reset":
        new_browser().submit("/account/reset", {"email": user.email})
        path = link_in(mail_to(user.email)[0], "/reset/")
        new_browser().submit(path, {"password": OTHER})
    elif how == "everywhere":
        browsers[0].submit("/account", form="end-all")
    else:
        with unit_of_work():
            if how == "role":
                service.set_roles(user_id=user.id, roles=["evaluator"])
            elif how == "leaving":
                service.close_account(user_id=user.id)
            else:
                service.reset_second_step(user_id=user.id)
    assert [is_signed_in(one) for one in browsers + copies] == [False] * 4
    assert is_signed_in(unharmed)


def test_a_session_that_lives_on_is_noticed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user()
    browser = new_browser()
    sign_in(browser, user)
    monkeypatch.setattr(sessions, "end_all", lambda **_who: 0)
    with unit_of_work():
        service.set_roles(user_id=user.id, roles=["evaluator"])
    assert is_signed_in(browser)


@pytest.mark.parametrize("how", ["change", "leaving", "everywhere", "second step"])
def test_a_sign_in_under_way_dies_too(app: Flask, how: str) -> None:
    """Between the password and the code: whoever stands there gets in no more."""
    user = make_person_with_totp(roles=["adviser"])
    owner = new_browser()
    sign_in_fully(owner, user)
    assert is_signed_in(owner)
    thief = new_browser()
    sign_in_with_password(thief, user)
    form = code_form(thief)
    with later(seconds=61):
        code = code_now(user)
        if how == "change":
            owner.submit("/account/change", {"password": PASSWORD, "new_password": OTHER})
        elif how == "everywhere":
            owner.submit("/account", form="end-all")
        else:
            with unit_of_work():
                if how == "leaving":
                    service.close_account(user_id=user.id)
                else:
                    service.reset_second_step(user_id=user.id)
        form["code"] = code
        thief.post("/account/tf-validate", data=form)
        assert thief.get("/account/tf-validate").location == "/account/login"
        assert not is_signed_in(thief)
        # Whoever changed the password goes on; nobody else holds a session.
        assert len(queries.open_sessions(user.id)) == (how == "change")


def test_a_sign_in_under_way_ends_well_otherwise(app: Flask) -> None:
    """The control: the same form, sent at the same later moment, signs in."""
    user = make_person_with_totp(roles=["adviser"])
    browser = new_browser()
    sign_in_fully(new_browser(), user)
    sign_in_with_password(browser, user)
    form = code_form(browser)
    with later(seconds=61):
        form["code"] = code_now(user)
        assert browser.post("/account/tf-validate", data=form).status_code == 302
        assert is_signed_in(browser)


def test_mailed_links_die_with_the_password(app: Flask, client: PortalClient) -> None:
    """Links to reset it, and one by which a thief would take the account to another address."""
    user = make_user()
    for _ in range(2):
        new_browser().submit("/account/reset", {"email": user.email})
    first, second = (link_in(one, "/reset/") for one in mail_to(user.email)[:2])
    thief = new_browser()
    sign_in(thief, user)
    thief.submit("/account/change-email", {"email": "thief@example.org"})
    taking = link_in(mail_to("thief@example.org")[0], "/change-email/")
    done = new_browser().submit(first, {"password": OTHER})
    assert "Your password is set" in words(done)
    again = new_browser().get(second, follow_redirects=True)
    assert "does not work" in words(again)
    new_browser().submit(taking)
    assert current_session().get_one(User, user.id, populate_existing=True).email == user.email


def test_a_role_taken_away_is_gone_at_once(app: Flask, client: PortalClient) -> None:
    """Belonging to an employer is asked at every page; it does not stand in the cookie."""
    user = make_user()
    with unit_of_work():
        employer = make_employer(owner_id=make_user().id)
        make_membership(employer_id=employer.id, user_id=user.id)
    sign_in(client, user)
    path = f"/employers/{employer.reference}"
    assert client.get(path).status_code == 200
    with unit_of_work() as session:
        session.delete(membership_of(employer.id, user.id))
    assert client.get(path).status_code == 403


def membership_of(employer_id: int, user_id: int) -> object:
    from portal.employers.models import Membership

    return (
        current_session()
        .scalars(
            select(Membership).where(
                Membership.employer_id == employer_id, Membership.user_id == user_id
            )
        )
        .one()
    )


@pytest.mark.parametrize(
    ("roles", "idle"), [((), rules.IDLE_LENGTH), (("adviser",), rules.STAFF_IDLE_LENGTH)]
)
def test_a_session_nobody_uses_ends(app: Flask, roles: tuple[str, ...], idle: timedelta) -> None:
    """Also the copy of a cookie, however busy its owner is meanwhile."""
    user = make_user(roles=roles)
    used, unused = new_browser(), new_browser()
    for browser in (used, unused):
        sign_in(browser, user)
    old = cookie_of(used)
    half = idle.total_seconds() / 2
    for number in range(1, 4):
        with later(seconds=half * number):
            assert is_signed_in(used), "opening pages is using it"
    with later(seconds=half * 3 + 60):
        assert is_signed_in(used)
        assert not is_signed_in(unused)
        assert not is_signed_in(browser_with(old))
    with later(seconds=half * 5 + 120):
        assert not is_signed_in(used)


def test_a_session_without_an_end_for_idling_is_noticed(
    app: Flask, client: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, make_user(roles=["adviser"]))
    monkeypatch.setattr(sessions, "_is_idle", lambda _known: False)
    with later(hours=3):
        assert is_signed_in(client)


@pytest.mark.parametrize(
    "headers", [{"X-Poll": "1"}, {"Sec-Fetch-Mode": "cors"}, {"Sec-Fetch-Mode": "no-cors"}]
)
def test_what_a_script_asks_for_keeps_no_session_alive(
    app: Flask, client: PortalClient, headers: dict[str, str]
) -> None:
    sign_in(client, make_user(roles=["adviser"]))
    for minutes in (20, 40, 59):
        with later(minutes=minutes):
            assert client.get("/account", headers=headers).status_code == 200
    with later(minutes=61):
        assert not is_signed_in(client)


def test_however_busy_a_session_ends(app: Flask, client: PortalClient) -> None:
    """Staff sign in once a working day, everybody once in two weeks."""
    staff = new_browser()
    sign_in(staff, make_user(roles=["adviser"]))
    sign_in(client, make_user())
    for half_hours in range(1, 24):
        with later(minutes=30 * half_hours):
            assert is_signed_in(staff)
    with later(hours=12, minutes=1):
        assert not is_signed_in(staff)
    for days in range(2, 14, 2):
        with later(days=days):
            assert is_signed_in(client)
    with later(days=14, minutes=1):
        assert not is_signed_in(client)


def test_no_get_writes_to_keep_a_session(app: Flask, client: PortalClient) -> None:
    sign_in(client, make_user())
    with later(minutes=30):
        answer = client.get("/account")
        assert answer.headers.getlist("Set-Cookie")
        assert not [one for one in client.statements if one.startswith(("UPDATE", "INSERT"))]
        again = client.get("/account")
        assert "Set-Cookie" not in again.headers, "every five minutes is enough"


def test_a_form_sent_when_the_session_has_ended_is_not_lost(
    app: Flask, client: PortalClient
) -> None:
    user = make_user()
    sign_in(client, user)
    page = client.soup("/account/name")
    token = page.find("input", {"name": "csrf_token"})["value"]  # type: ignore[index]
    with unit_of_work():
        sessions.end_all(user_id=user.id)
    given = {"name": "Written for an hour", "csrf_token": token}
    own = {"Sec-Fetch-Site": "same-origin"}
    answer = client.post("/account/name", data=given, headers=own)
    assert answer.status_code == 419
    assert "Written for an hour" in answer.text
    # A visitor, who never was signed in, is sent to do so.
    visitor = new_browser()
    token = visitor.soup("/account/login").find("input", {"name": "csrf_token"})["value"]  # type: ignore[index]
    sent = visitor.post("/account/name", data={"name": "x", "csrf_token": token})
    assert sent.location == "/account/login"


def test_signing_out_everywhere_reaches_sign_ins_under_way(app: Flask) -> None:
    user = make_person_with_totp()
    owner, elsewhere, pending = new_browser(), new_browser(), new_browser()
    sign_in(owner, user)
    sign_in(elsewhere, user)
    sign_in_with_password(pending, user)
    copy = browser_with(cookie_of(elsewhere))
    owner.submit("/account", form="end-all")
    assert not any(is_signed_in(one) for one in (owner, elsewhere, copy))
    assert pending.get("/account/tf-validate").location == "/account/login"
    assert queries.open_sessions(user.id) == []


@pytest.mark.parametrize("way", ["/account/tf-validate", "/account/mf-recovery"])
def test_a_link_signs_nobody_out(app: Flask, client: PortalClient, way: str) -> None:
    sign_in(client, make_user(roles=("lep_manager",)))
    addresses = {rule.rule for rule in app.url_map.iter_rules()}
    assert way in addresses
    answer = client.get(way)
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("/account")
    assert is_signed_in(client)
