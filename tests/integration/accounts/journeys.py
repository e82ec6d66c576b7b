"""What the tests of accounts do over and over."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

from bs4 import BeautifulSoup
from flask import current_app
from sqlalchemy import select

from portal.accounts import service
from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.integrations.jobs import sweep
from portal.integrations.mail import recent_messages
from portal.kernel.clock import freeze, utc_now
from tests.factories.accounts import PASSWORD, make_user, sign_in_with_password
from tests.support.client import PortalClient


def mail_to(address: str) -> list[str]:
    """Every message to the address, newest first, once the worker has had its turns."""
    while sweep():
        pass
    return [f"{m.subject}\n{m.body}" for m in recent_messages(recipient=address)]


def link_in(message: str, part: str) -> str:
    """The path of the link in a message whose address holds the part."""
    links = [link for link in re.findall(r"https?://\S+", message) if part in link]
    assert links, message
    parts = urlsplit(links[0])
    return parts.path + (f"?{parts.query}" if parts.query else "")


def new_browser() -> PortalClient:
    client = current_app.test_client()
    assert isinstance(client, PortalClient)
    return client


def is_signed_in(client: PortalClient) -> bool:
    return client.get("/account").status_code == 200


def words(response: object) -> str:
    soup = BeautifulSoup(response.get_data(as_text=True), "html5lib")  # type: ignore[attr-defined]
    return " ".join(soup.get_text(" ").split())


def person(user: User) -> User:
    found = current_session().scalar(
        select(User).where(User.id == user.id).execution_options(populate_existing=True)
    )
    assert found is not None
    return found


def make_person_with_totp(**options: object) -> User:
    user = make_user(**options)  # type: ignore[arg-type]
    with unit_of_work():
        service.set_up_totp(user=person(user))
    return user


def code_now(user: User) -> str:
    code = service.current_code(person(user))
    assert code is not None
    return code


def sign_in_fully(client: PortalClient, user: User) -> object:
    sign_in_with_password(client, user, PASSWORD)
    return client.submit("/account/tf-validate", {"code": code_now(user)})


def later(**amount: float):
    return freeze(utc_now() + timedelta(**amount))
