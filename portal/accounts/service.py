"""What is done to accounts: create, invite, rename, give roles, sign out. One function an action.

All of it is called inside a unit of work.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask import Flask, current_app
from flask_security.utils import hash_password

from portal.accounts import links, mails, queries, rules, sessions
from portal.accounts.models import Role, User
from portal.db import audit, current_session, outbox, unit_of_work
from portal.integrations.mail import MailboxMessage, recent_messages
from portal.kernel.clock import utc_now
from portal.kernel.result import Err, Ok, Problem

RECOVER_KIND = "accounts.recover"
LEAVING_EXTENSION = "portal_leaving_guards"
LeavingGuard = Callable[[int], Problem | None]


def register_leaving_guard(app: Flask, guard: LeavingGuard) -> None:
    """Ask ``guard(user_id)`` before an account is closed; its problem refuses the closing."""
    app.extensions.setdefault(LEAVING_EXTENSION, []).append(guard)


def may_leave(user_id: int) -> Problem | None:
    """What stands in the way of closing an account: work that nobody else has been given yet."""
    guards: list[LeavingGuard] = current_app.extensions.get(LEAVING_EXTENSION, [])
    found = (guard(user_id) for guard in guards)
    return next((problem for problem in found if problem is not None), None)


def create_user(
    *,
    email: str,
    name: str,
    password: str | None = None,
    roles: Collection[str] = (),
    confirmed: bool = False,
) -> Ok[User] | Err:
    """An account, with a password only if one is given; no mail is sent.

    Refused: an address in use or malformed, a name missing, a weak password, an unknown role.
    """
    try:
        address = validate_email(
            email.strip(), check_deliverability=False, test_environment=True
        ).normalized
    except EmailNotValidError:
        return Err(
            Problem("email_malformed", "Enter an email address like name@example.com", "email")
        )
    clean_name = " ".join(name.split())
    if not clean_name or len(clean_name) > User.name.type.length:
        return Err(Problem("name_missing", "Enter a name of up to 120 characters", "name"))
    if queries.user_by_email(address) is not None:
        return Err(Problem("email_taken", "There is an account with that address", "email"))
    fault = password and rules.password_fault(password, email=address, name=clean_name)
    if fault:
        return Err(Problem("password_weak", fault, "password"))
    found = _roles(roles)
    if isinstance(found, Err):
        return found
    user = User(
        email=address,
        name=clean_name,
        password=hash_password(password) if password else None,
        active=True,
        confirmed_at=utc_now() if confirmed else None,
        fs_uniquifier=uuid.uuid4().hex,
        fs_webauthn_user_handle=uuid.uuid4().hex,
        roles=found.value,
    )
    session = current_session()
    session.add(user)
    session.flush()
    audit.record(
        action="account.created", subject=f"user:{user.id}", detail={"roles": sorted(roles)}
    )
    return Ok(user)


def invite_user(*, email: str, name: str, roles: Collection[str] = ()) -> Ok[User] | Err:
    """An account without a password, and a message with the link to choose one.

    The address counts as confirmed: only its reader can choose the password. The link works for a
    day; after that "Forgotten password" sends another.
    """
    made = create_user(email=email, name=name, roles=roles, confirmed=True)
    if isinstance(made, Ok):
        mails.send_invitation(made.value)
        audit.record(action="account.invited", subject=f"user:{made.value.id}")
    return made


def _roles(names: Collection[str]) -> Ok[list[Role]] | Err:
    unknown = sorted(set(names) - set(rules.STAFF_ROLES))
    if unknown:
        words = ", ".join(unknown)
        return Err(Problem("role_unknown", f"There is no role called {words}", "roles"))
    return Ok(queries.roles_by_name(names))


def set_roles(*, user_id: int, roles: Collection[str]) -> Ok[User] | Err:
    """Give the person exactly these staff roles and sign them out, to sign in as the roles ask."""
    user = queries.user_by_id(user_id)
    found = _roles(roles)
    if user is None:
        return Err(Problem("user_unknown", "There is no such account"))
    if isinstance(found, Err):
        return found
    user.roles = found.value
    sessions.end_all(user_id=user_id)
    links.end_of([user_id], why="roles")
    audit.record(
        action="account.roles_set", subject=f"user:{user_id}", detail={"roles": sorted(roles)}
    )
    return Ok(user)


def rename(*, user_id: int, name: str) -> Ok[User] | Err:
    """Change the name others see."""
    user = queries.user_by_id(user_id)
    clean_name = " ".join(name.split())
    if user is None or not clean_name:
        return Err(Problem("name_missing", "Enter your name", "name"))
    user.name = clean_name
    return Ok(user)


def close_account(*, user_id: int) -> Ok[User] | Err:
    """Stop the person signing in and end every session; what they did stays on record.

    Refused while the person holds work that somebody has to go on with.
    """
    user = queries.user_by_id(user_id)
    if user is None:
        return Err(Problem("user_unknown", "There is no such account"))
    # Nobody gives the person work between the question and the closing.
    queries.lock_user(user)
    problem = may_leave(user_id)
    if problem is not None:
        return Err(problem)
    user.active = False
    _end_everything(user)
    audit.record(action="account.closed", subject=f"user:{user_id}")
    return Ok(user)


def sign_out_everywhere(*, user_id: int) -> None:
    """End every session and every sign-in under way."""
    user = queries.user_by_id(user_id)
    if user is None:
        return
    _end_everything(user)
    audit.record(action="account.signed_out_everywhere", subject=f"user:{user_id}")


def _end_everything(user: User) -> None:
    """End every session, and what stands between the password and the code as well."""
    current_app.extensions["security"].datastore.set_uniquifier(user)
    current_session().flush()


def end_links(*, user_ids: Collection[int], why: str) -> None:
    """End what links these people's accounts with theirs in other programmes."""
    links.end_of(user_ids, why=why)


def reset_second_step(*, user_id: int) -> Ok[User] | Err:
    """Take away an authenticator and its recovery codes that the person has lost.

    Every session ends, and staff must set up a new second step at the next sign-in. Whoever asks
    for this has first made sure who the person is: the portal cannot.
    """
    user = queries.user_by_id(user_id)
    if user is None:
        return Err(Problem("user_unknown", "There is no such account"))
    user.tf_primary_method = None
    user.tf_totp_secret = None
    user.tf_last_counter = None
    user.mf_recovery_codes = None
    _end_everything(user)
    audit.record(action="account.second_step_reset", subject=f"user:{user_id}")
    return Ok(user)


def set_up_totp(*, user: User) -> str:
    """Give a demonstration account an authenticator secret without its owner scanning a code.

    Returns the secret in base 32, to type into an app.
    """
    security = current_app.extensions["security"]
    secret = security.totp_factory.generate_totp_secret()
    user.tf_primary_method, user.tf_totp_secret = "authenticator", secret
    user.tf_last_counter = None
    current_session().flush()
    key: str = security.totp_factory.get_totp_b32_key(secret)
    return key


def current_code(user: User) -> str | None:
    """The authenticator code of this moment, for demonstration accounts only."""
    if not user.tf_totp_secret:
        return None
    security = current_app.extensions["security"]
    code: str = security.totp_factory.generate_totp_password(user.tf_totp_secret)
    return code


def recent_mail(*, recipient: str | None) -> list[MailboxMessage]:
    """The newest kept messages of a demonstration, for everybody or one address."""
    return recent_messages(recipient=recipient)


def ask_for_link(*, email: str, purpose: str) -> None:
    """Promise to look whether the address has an account, and to send it the link it needs.

    The looking is the worker's: the page does the same work whether the account exists or not.
    """
    outbox.add(kind=RECOVER_KIND, payload={"email": rules.normal_email(email), "purpose": purpose})


def send_link(payload: Mapping[str, Any]) -> None:
    """The worker's part of ``ask_for_link``. Run twice it sends two links, which is harmless."""
    with unit_of_work():
        user = queries.user_by_email(str(payload["email"]))
        if user is None or not user.active:
            return
        if user.confirmed_at is None:
            mails.send_confirm(user)
        elif payload["purpose"] == "reset":
            mails.send_reset(user)
