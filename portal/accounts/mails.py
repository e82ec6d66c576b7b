"""Messages about accounts, composed inside the unit of work and sent after it.

Links are built on PUBLIC_URL, never on the Host header of a request, which anybody may choose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_security.confirmable import generate_confirmation_token
from flask_security.recoverable import generate_reset_password_token

from portal.accounts.models import User
from portal.integrations.mail import public_link, send_later

NOTICES: dict[str, tuple[str, str]] = {
    "password_changed": (
        "Your password was changed",
        "The password of your account was changed. Every other browser was signed out.",
    ),
    "password_reset": (
        "Your password was set",
        "A new password was set for your account, using a link sent to this address.",
    ),
    "email_changed": (
        "Your email address was changed",
        "The email address of your account was changed from this address to another.",
    ),
    "second_step_on": (
        "Your second step was set up",
        "An authenticator app was set up as the second step of your sign-in.",
    ),
    "second_step_off": (
        "Your second step was switched off",
        "The second step of your sign-in was switched off.",
    ),
    "recovery_codes": (
        "New recovery codes were made",
        "New recovery codes were made for your account. Earlier codes no longer work.",
    ),
    "recovery_code_used": (
        "A recovery code was used",
        "Somebody signed in to your account with one of your recovery codes.",
    ),
    "link_begun": (
        "Your account is being linked with another programme",
        (
            "Somebody signed in to your account began to link it with an account in another "
            "programme of this portal. Once they have signed in there too, whoever is signed in to "
            "that account can go over to yours. Your programmes, on your account page, shows it "
            "and ends it."
        ),
    ),
    "linked": (
        "Your account was linked with another programme",
        (
            "Your account was linked with an account in another programme of this portal. Whoever "
            "is signed in to one can go over to the other. Your programmes, on your account page, "
            "shows it and ends it."
        ),
    ),
    "passkey_added": ("A passkey was added", "A passkey was added to your account."),
    "passkey_removed": ("A passkey was removed", "A passkey was removed from your account."),
}


def _confirmation_token(user: User) -> str:
    return str(generate_confirmation_token(user))


def _reset_token(user: User) -> str:
    return str(generate_reset_password_token(user))


def compose(template: str, *, to: str, user: User, context: Mapping[str, Any]) -> None:
    """Compose the message the sign-in library asks for by name, from the tokens it made."""
    if template in NOTICES:
        send_notice(template, to=to, name=user.name)
    elif template == "accounts_confirm":
        _confirm(to, user.name, str(context["confirmation_token"]))
    elif template == "accounts_exists":
        send_exists(user)
    elif template == "accounts_reset":
        _reset(to, user.name, str(context["reset_token"]))
    elif template == "accounts_change_email":
        send_later(
            to=to,
            subject="Confirm your new email address",
            template="accounts_change_email",
            context={
                "name": user.name,
                "link": public_link("security.change_email_confirm", token=context["token"]),
            },
        )
    else:
        raise LookupError(f"No message called {template}")


def _confirm(to: str, name: str, token: str) -> None:
    send_later(
        to=to,
        subject="Confirm your email address",
        template="accounts_confirm",
        context={"name": name, "link": public_link("security.confirm_email", token=token)},
    )


def _reset(to: str, name: str, token: str) -> None:
    send_later(
        to=to,
        subject="Choose a new password",
        template="accounts_reset",
        context={"name": name, "link": public_link("security.reset_password", token=token)},
    )


def send_confirm(user: User) -> None:
    """A link that confirms the address."""
    _confirm(user.email, user.name, _confirmation_token(user))


def send_reset(user: User) -> None:
    """A link to choose a new password."""
    _reset(user.email, user.name, _reset_token(user))


def send_exists(user: User) -> None:
    """To somebody who registered again: their account, and the link it needs."""
    if user.confirmed_at is None:
        send_confirm(user)
        return
    send_later(
        to=user.email,
        subject="You have an account already",
        template="accounts_exists",
        context={
            "name": user.name,
            "link": public_link("security.login"),
            "reset_link": public_link("security.forgot_password"),
        },
    )


def send_invitation(user: User) -> None:
    """A link to choose the first password."""
    send_later(
        to=user.email,
        subject="Your account on the Part-Time Talent Portal",
        template="accounts_invitation",
        context={
            "name": user.name,
            "link": public_link("security.reset_password", token=_reset_token(user)),
            "again_link": public_link("security.forgot_password"),
        },
    )


def send_notice(kind: str, *, to: str, name: str) -> None:
    """Tell somebody what changed about their account, in case it was not they who did it."""
    subject, text = NOTICES[kind]
    send_later(
        to=to,
        subject=subject,
        template="accounts_notice",
        context={
            "name": name,
            "text": text,
            "reset_link": public_link("security.forgot_password"),
        },
    )
