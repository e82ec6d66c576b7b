"""The second step: forced on staff, used once, recovered."""

from __future__ import annotations

import re

from flask import Flask

from portal.accounts import queries, service
from portal.db import unit_of_work
from portal.web.access import Actor
from tests.factories.accounts import (
    PASSWORD,
    make_user,
    sign_in,
    sign_in_with_password,
)
from tests.integration.accounts.journeys import (
    code_now,
    is_signed_in,
    later,
    mail_to,
    make_person_with_totp,
    new_browser,
    person,
    sign_in_fully,
    words,
)
from tests.support.client import PortalClient


def _code_from_page(app: Flask, html: str) -> tuple[str, str]:
    """The key on a set-up page and its code of this moment, as an authenticator app would."""
    from passlib.totp import TOTP

    key = re.search(r"<strong>([A-Z2-7-]+)</strong>", html)
    assert key is not None
    return key[1], TOTP(key[1].replace("-", "")).generate().token


def _strong(user_id: int) -> list[bool]:
    return [row.strong for row in queries.open_sessions(user_id)]


def test_staff_set_up_before_anything_else(app: Flask, client: PortalClient) -> None:
    user = make_user(roles=["lep_officer"])
    answer = sign_in_with_password(client, user)
    assert answer.request.path == "/account/tf-setup"
    assert "needs a second step" in words(answer)
    assert not is_signed_in(client)
    shown = client.submit("/account/tf-setup", form="set-up-form")
    html = shown.get_data(as_text=True)
    assert '<svg xmlns="http://www.w3.org/2000/svg"' in html
    assert "<img" not in html
    token = re.search(r'name="csrf_token" value="([^"]+)"', html)[1]  # type: ignore[index]
    wrong = client.post("/account/tf-validate", data={"code": "000000", "csrf_token": token})
    assert wrong.status_code == 200
    assert not is_signed_in(client)
    _, code = _code_from_page(app, html)
    done = client.post(
        "/account/tf-validate", data={"code": code, "csrf_token": token}, follow_redirects=True
    )
    assert done.request.path == "/account/mf-recovery-codes"
    assert is_signed_in(client)
    assert _strong(user.id) == [True]
    assert "second step of your sign-in" in mail_to(user.email)[0]


def test_staff_with_a_second_step_need_it_every_time(app: Flask, client: PortalClient) -> None:
    user = make_person_with_totp(roles=["adviser", "evaluator"])
    answer = sign_in_with_password(client, user)
    assert answer.request.path == "/account/tf-validate"
    assert not is_signed_in(client)
    client.submit("/account/tf-validate", {"code": f" {code_now(user)[:3]} {code_now(user)[3:]} "})
    assert is_signed_in(client)
    assert _strong(user.id) == [True]
    assert "Adviser, Evaluator" in client.soup("/account").get_text()


def test_a_code_works_once(app: Flask, client: PortalClient) -> None:
    user = make_person_with_totp(roles=["adviser"])
    # On a slow day half a minute passes meanwhile, and the second code would be another.
    with later(seconds=0):
        sign_in_fully(client, user)
        assert is_signed_in(client)
        replay = new_browser()
        answer = sign_in_fully(replay, user)
        assert "wrong or used already" in words(answer)
        assert not is_signed_in(replay)


def test_guessed_codes_lock_the_second_step(app: Flask, client: PortalClient) -> None:
    user = make_person_with_totp(roles=["adviser"])
    sign_in_with_password(client, user)
    for number in range(10):
        client.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        client.submit("/account/tf-validate", {"code": "123456"})
    fresh = new_browser()
    fresh.environ_base["REMOTE_ADDR"] = "198.51.100.1"
    sign_in_with_password(fresh, user)
    locked = fresh.submit("/account/tf-validate", {"code": code_now(user)})
    assert locked.status_code == 429
    assert not is_signed_in(fresh)
    with later(minutes=16):
        fresh.submit("/account/tf-validate", {"code": code_now(user)})
        assert is_signed_in(fresh)


def test_the_pages_of_the_second_step_need_the_first(app: Flask, client: PortalClient) -> None:
    make_person_with_totp(roles=["adviser"])
    for path in ("/account/tf-setup", "/account/tf-validate", "/account/mf-recovery"):
        assert client.get(path).location == "/account/login", path
    assert client.get("/account/tf-rescue").status_code == 404


def test_employers_may_set_it_up_and_off(app: Flask, client: PortalClient) -> None:
    user = make_user()
    sign_in(client, user)
    assert _strong(user.id) == [False]
    shown = client.submit("/account/tf-setup", form="set-up-form").get_data(as_text=True)
    action = re.search(r'action="(/account/tf-setup/[^"]+)"', shown)[1]  # type: ignore[index]
    token = re.search(r'name="csrf_token" value="([^"]+)"', shown)[1]  # type: ignore[index]
    _, code = _code_from_page(app, shown)
    done = client.post(action, data={"code": code, "csrf_token": token}, follow_redirects=True)
    assert "Authenticator app" in words(done)
    assert _strong(user.id) == [True]
    secret = person(user).tf_totp_secret
    assert secret is not None
    assert "enckey" in secret or "key" in secret
    second = new_browser()
    assert sign_in_with_password(second, user).request.path == "/account/tf-validate"
    client.submit("/account/tf-setup", form="switch-off-form")
    assert person(user).tf_totp_secret is None
    third = new_browser()
    sign_in_with_password(third, user)
    assert is_signed_in(third)
    assert len(mail_to(user.email)) == 2


def test_staff_cannot_switch_it_off(app: Flask, client: PortalClient) -> None:
    user = make_person_with_totp(roles=["adviser"])
    sign_in(client, user)
    page = client.soup("/account/tf-setup")
    assert page.find(id="switch-off-form") is None
    client.submit("/account/tf-setup", form="set-up-form", setup="disable")
    assert person(user).tf_totp_secret is not None


def test_a_recovery_code_works_once(app: Flask, client: PortalClient) -> None:
    user = make_person_with_totp(roles=["adviser"])
    sign_in(client, user)
    made = client.submit("/account/mf-recovery-codes").get_data(as_text=True)
    codes = re.findall(r"<code>([0-9a-f-]{14})</code>", made)
    assert len(set(codes)) == 8
    kept = person(user).mf_recovery_codes
    assert kept is not None
    assert not set(codes) & set(kept), "only hashes are kept"
    assert codes[0] not in client.get("/account/mf-recovery-codes?show_codes=1").get_data(
        as_text=True
    )
    lost = new_browser()
    sign_in_with_password(lost, user)
    wrong = lost.submit("/account/mf-recovery", {"code": "1111-2222-3333"})
    assert "wrong or used" in words(wrong)
    lost.submit("/account/mf-recovery", {"code": codes[0].replace("-", " ").upper()})
    assert is_signed_in(lost)
    assert _strong(user.id) == [True, True]
    again = new_browser()
    sign_in_with_password(again, user)
    again.submit("/account/mf-recovery", {"code": codes[0]})
    assert not is_signed_in(again)
    assert "7 left" in client.soup("/account").get_text()
    assert "one of your recovery codes" in " ".join(mail_to(user.email))


def test_a_role_given_ends_weak_sessions(app: Flask, client: PortalClient) -> None:
    user = make_user()
    sign_in(client, user)
    with unit_of_work():
        service.set_roles(user_id=user.id, roles=["evaluator"])
    assert not is_signed_in(client)
    assert sign_in_with_password(client, user).request.path == "/account/tf-setup"


def test_roles_count_only_with_a_second_step() -> None:
    from portal.web.access import has_role

    weak = Actor(user_id=1, roles=frozenset({"adviser"}))
    strong = Actor(user_id=1, roles=frozenset({"adviser"}), strong=True)
    assert not has_role("adviser")(weak, {})
    assert has_role("adviser")(strong, {})


def test_a_reset_password_does_not_pass_the_second_step(app: Flask, client: PortalClient) -> None:
    user = make_person_with_totp(roles=["adviser"])
    sign_in_with_password(client, user)
    with unit_of_work():
        service.sign_out_everywhere(user_id=user.id)
    answer = client.get("/account/tf-validate")
    assert answer.location == "/account/login", "a pending sign-in dies with the rest"
    assert sign_in_with_password(client, user, PASSWORD).request.path == "/account/tf-validate"
