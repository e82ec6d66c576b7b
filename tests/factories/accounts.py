"""People for tests, and ways to sign them in."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select

from portal.accounts.models import Role, User, UserSession
from portal.accounts.rules import session_length
from portal.accounts.sessions import TOKEN_KEY
from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_token, token_hash

PASSWORD = "three calm otters"
_numbers = itertools.count(1)


@contextmanager
def _writing() -> Iterator[PortalSession]:
    """The open unit of work, or one of our own."""
    session = current_session()
    if session.writing:
        yield session
        session.flush()
    else:
        with unit_of_work() as opened:
            yield opened


def make_user(
    email: str | None = None,
    *,
    name: str = "Example Person",
    roles: Collection[str] = (),
    password: str | None = PASSWORD,
    confirmed: bool = True,
    active: bool = True,
) -> User:
    """A confirmed person who can sign in with ``PASSWORD``; staff when given roles.

    Staff made here have no second step yet: ``sign_in`` signs them in as if they had used one.
    """
    from flask_security.utils import hash_password

    with _writing() as session:
        user = User(
            email=email or f"person{next(_numbers)}@example.org",
            name=name,
            password=hash_password(password) if password else None,
            active=active,
            confirmed_at=utc_now() if confirmed else None,
            fs_uniquifier=uuid.uuid4().hex,
            fs_webauthn_user_handle=uuid.uuid4().hex,
            roles=list(session.scalars(select(Role).where(Role.name.in_(roles)))),
        )
        assert len(user.roles) == len(set(roles)), f"Unknown role among {roles}"
        session.add(user)
        session.flush()
    return user


def sign_in(client: FlaskClient, user: User, *, strong: bool | None = None) -> User:
    """Sign the person in on this client: a real session row and the cookie that names it.

    ``strong`` says whether a second step stood behind it; by default it did for staff.
    """
    token = new_token()
    with _writing() as session:
        session.add(
            UserSession(
                user_id=user.id,
                token_hash=token_hash(token),
                expires_at=utc_now() + session_length(user.role_names),
                address="127.0.0.1",
                browser="Test browser",
                strong=bool(user.roles) if strong is None else strong,
            )
        )
    with client.session_transaction() as cookie:
        cookie["_user_id"] = user.fs_uniquifier
        cookie["_fresh"] = True
        cookie["fs_paa"] = time.time()
        cookie[TOKEN_KEY] = token
    return user


def sign_in_with_password(client: FlaskClient, user: User, password: str = PASSWORD):
    """Sign in through the real page; returns the answer after redirects."""
    return client.submit("/account/login", {"email": user.email, "password": password})  # type: ignore[attr-defined]


def make_stale(client: FlaskClient, by: timedelta = timedelta(days=1)) -> None:
    """Make this client's sign-in old, so that sensitive pages ask for the password again."""
    with client.session_transaction() as cookie:
        cookie["fs_paa"] = time.time() - by.total_seconds()
        cookie.pop("fs_gexp", None)
