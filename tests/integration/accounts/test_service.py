"""Creating and inviting people, the command, the mailbox page and the route table."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from portal import create_app
from portal.accounts import queries, service
from portal.accounts.models import Role
from portal.accounts.rules import STAFF_ROLES
from portal.db import current_session, unit_of_work
from portal.kernel.result import Err, Ok
from portal.web.access import TABLE_EXTENSION
from tests.factories.accounts import PASSWORD, make_user, sign_in, sign_in_with_password
from tests.integration.accounts.journeys import (
    is_signed_in,
    link_in,
    mail_to,
    make_person_with_totp,
    words,
)
from tests.integration.conftest import make_settings
from tests.support import databases
from tests.support.client import PortalClient


def test_the_migration_seeds_the_roles(app: Flask) -> None:
    assert set(current_session().scalars(select(Role.name))) == set(STAFF_ROLES)


def test_an_address_is_unique_whatever_its_capitals(app: Flask) -> None:
    make_user("ada@example.org")
    with unit_of_work():
        again = service.create_user(email=" ADA@Example.org", name="Ada")
    assert isinstance(again, Err)
    assert again.problem.code == "email_taken"
    with pytest.raises(IntegrityError), unit_of_work() as session:
        session.execute(text("UPDATE users SET email = 'ADA@example.org'"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"email": "nobody"}, "email_malformed"),
        ({"name": "  "}, "name_missing"),
        ({"password": "short"}, "password_weak"),
        ({"roles": ["king"]}, "role_unknown"),
    ],
)
def test_what_is_refused(app: Flask, change: dict[str, object], code: str) -> None:
    values = {"email": "ada@example.org", "name": "Ada", **change}
    with unit_of_work():
        result = service.create_user(**values)  # type: ignore[arg-type]
    assert isinstance(result, Err)
    assert result.problem.code == code


def test_an_invitation(app: Flask, client: PortalClient) -> None:
    with unit_of_work():
        result = service.invite_user(email="Bo@example.org", name="Bo", roles=["adviser"])
    assert isinstance(result, Ok)
    client.submit("/account/login", {"email": "bo@example.org", "password": PASSWORD})
    assert not is_signed_in(client)
    path = link_in(mail_to("bo@example.org")[0], "/reset/")
    done = client.submit(path, {"password": PASSWORD})
    assert "Your password is set" in words(done)
    answer = client.submit("/account/login", {"email": "bo@example.org", "password": PASSWORD})
    assert answer.request.path == "/account/tf-setup"


def test_names_by_id(app: Flask) -> None:
    one, two = make_user(name="One"), make_user(name="Two")
    assert queries.user_names([one.id, two.id, 10**6]) == {one.id: "One", two.id: "Two"}
    assert queries.user_names([]) == {}


def test_closing_an_account_ends_it(app: Flask, client: PortalClient) -> None:
    user = make_user()
    sign_in_with_password(client, user)
    with unit_of_work():
        service.close_account(user_id=user.id)
    assert not is_signed_in(client)


def test_the_command_invites(app: Flask) -> None:
    runner = app.test_cli_runner()
    done = runner.invoke(
        args=["accounts", "create", "bo@example.org", "--name", "Bo", "--role", "lep_manager"]
    )
    assert done.exit_code == 0, done.output
    assert "invitation is on its way" in done.output
    assert "http://127.0.0.1:5000/account/reset/" in mail_to("bo@example.org")[0]
    again = runner.invoke(args=["accounts", "create", "bo@example.org", "--name", "Bo"])
    assert again.exit_code == 1
    assert "There is an account" in again.output


def test_the_command_makes_demonstration_staff(app: Flask, client: PortalClient) -> None:
    done = app.test_cli_runner().invoke(
        args=[
            "accounts", "create", "demo@example.org", "--name", "Demo", "--role", "adviser",
            "--demo-totp", "--demo-password", PASSWORD,
        ]
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    code = re.search(r"moment: (\d{6})", done.output)
    assert code is not None
    client.submit("/account/login", {"email": "demo@example.org", "password": PASSWORD})
    client.submit("/account/tf-validate", {"code": code[1]})
    assert is_signed_in(client)


def test_the_mailbox_page(app: Flask, client: PortalClient) -> None:
    staff = make_person_with_totp(email="staff@example.org", roles=["adviser"])
    user = make_user("ada@example.org", name="<b>Ada</b>")
    client.submit("/account/reset", {"email": user.email})
    mail_to(user.email)
    page = client.soup("/dev/mailbox")
    assert page.find("a", href=re.compile(r"^http://127\.0\.0\.1:5000/account/reset/"))
    assert page.main.find("b") is None  # type: ignore[union-attr]
    assert staff.email in page.get_text()
    assert re.fullmatch(r"\d{6}", page.find("code").get_text())  # type: ignore[union-attr]
    assert "Choose a new password" not in client.soup("/dev/mailbox?to=x@example.org").get_text()


@pytest.mark.parametrize("changes", [{"demo": False}, {"demo": None}])
def test_without_a_demonstration_there_is_no_mailbox(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    url = databases.new_database("sqlite", tmp_path)
    other = create_app(make_settings(url, tmp_path, **changes))
    assert other.test_client().get("/dev/mailbox").status_code == 404
    refused = other.test_cli_runner().invoke(
        args=["accounts", "create", "x@example.org", "--name", "X", "--demo-totp"]
    )
    assert refused.exit_code == 2
    other.extensions["portal_db"].dispose()


def test_every_page_of_accounts_stands_in_the_table(app: Flask) -> None:
    ours = {e for e in app.view_functions if e.split(".")[0] in {"security", "account", "mailbox"}}
    table = app.extensions[TABLE_EXTENSION]
    assert ours <= table.keys()
    assert {e for e in table if e.split(".")[0] in {"security", "account", "mailbox"}} <= ours


def test_a_lost_second_step_is_reset_by_command(app: Flask) -> None:
    with unit_of_work():
        user = make_user("lost@example.org", roles=["adviser"])
        service.set_up_totp(user=user)
        user.mf_recovery_codes = ["x"]
        user_id = user.id
    client = app.test_client()
    sign_in(client, user)
    done = app.test_cli_runner().invoke(args=["accounts", "reset-second-step", "lost@example.org"])
    assert done.exit_code == 0, done.output
    current_session().expire_all()
    after = queries.user_by_id(user_id)
    assert after is not None
    assert (after.tf_totp_secret, after.tf_primary_method, after.mf_recovery_codes) == (
        None,
        None,
        None,
    )
    assert client.get("/account").status_code == 302, "every session has ended"
    missing = app.test_cli_runner().invoke(args=["accounts", "reset-second-step", "no@example.org"])
    assert missing.exit_code == 1
