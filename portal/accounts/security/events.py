"""What is recorded and told when Flask-Security has done something."""

from __future__ import annotations

from flask import Flask
from flask_security import signals

from portal.accounts import links, mails, sessions
from portal.accounts.models import User
from portal.db import audit


def _record(action: str, user: User) -> None:
    audit.record(action=f"account.{action}", subject=f"user:{user.id}", actor_id=user.id)


def _person(user: User) -> User:
    person: User = getattr(user, "_get_current_object", lambda: user)()
    return person


def on_confirmed(_app: Flask, *, user: User, **_extra: object) -> None:
    """An address was confirmed."""
    _record("confirmed", user)


def on_password_changed(_app: Flask, *, user: User, **_extra: object) -> None:
    """A password was changed by its owner."""
    _record("password_changed", _person(user))


def on_password_reset(_app: Flask, *, user: User, **_extra: object) -> None:
    """A password was set through a mailed link."""
    _record("password_reset", user)


def on_second_step_set(_app: Flask, *, user: User, **_extra: object) -> None:
    """An authenticator app was set up by somebody signed in, who has just shown a code of it."""
    person = _person(user)
    sessions.make_strong(person.id)
    links.end_of([person.id], why="second_step")
    _record("second_step_set", person)
    mails.send_notice("second_step_on", to=person.email, name=person.name)


def on_second_step_off(_app: Flask, *, user: User, **_extra: object) -> None:
    """The authenticator app was switched off."""
    person = _person(user)
    person.tf_last_counter = None
    person.mf_recovery_codes = None
    links.end_of([person.id], why="second_step")
    _record("second_step_removed", person)
    mails.send_notice("second_step_off", to=person.email, name=person.name)


def on_passkey_added(_app: Flask, *, user: User, **_extra: object) -> None:
    """A passkey was added."""
    person = _person(user)
    links.end_of([person.id], why="passkey")
    _record("passkey_added", person)
    mails.send_notice("passkey_added", to=person.email, name=person.name)


def on_passkey_removed(_app: Flask, *, user: User, **_extra: object) -> None:
    """A passkey was removed."""
    person = _person(user)
    links.end_of([person.id], why="passkey")
    _record("passkey_removed", person)
    mails.send_notice("passkey_removed", to=person.email, name=person.name)


def on_email_changed(_app: Flask, *, user: User, old_email: str, **_extra: object) -> None:
    """The address was changed; the old one is told."""
    links.end_of([user.id], why="email")
    _record("email_changed", user)
    mails.send_notice("email_changed", to=old_email, name=user.name)


def connect(app: Flask) -> None:
    """Listen for this application's events."""
    for signal, receiver in (
        (signals.user_confirmed, on_confirmed),
        (signals.password_changed, on_password_changed),
        (signals.password_reset, on_password_reset),
        (signals.tf_profile_changed, on_second_step_set),
        (signals.tf_disabled, on_second_step_off),
        (signals.wan_registered, on_passkey_added),
        (signals.wan_deleted, on_passkey_removed),
        (signals.change_email_confirmed, on_email_changed),
    ):
        signal.connect(receiver, sender=app)
