"""Every Flask-Security setting that differs from its default, and its words in plain English."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from flask import Flask

from config import Settings
from portal.accounts import rules
from portal.accounts.keys import derived_keys
from portal.kernel.clock import utc_now

# The shortest argon2 there is: tests sign in hundreds of times.
_TEST_HASH = {"argon2__time_cost": 1, "argon2__memory_cost": 8, "argon2__parallelism": 1}


def totp_keys(settings: Settings) -> dict[str, str]:
    """Keys that encrypt authenticator secrets, by a tag that says which key it was.

    The present key comes first; earlier ones still read what they wrote.
    """
    return {
        f"k{hashlib.sha256(key).hexdigest()[:12]}": key.hex()
        for key in derived_keys(settings, "totp")
    }


def flask_security_settings(app: Flask) -> dict[str, Any]:
    """The settings as Flask-Security names them."""
    settings: Settings = app.config["SETTINGS"]
    values = {
        "BLUEPRINT_NAME": "security",
        "URL_PREFIX": "/account",
        "STATIC_FOLDER": None,
        "CLI_USERS_NAME": None,
        "CLI_ROLES_NAME": None,
        "DATETIME_FACTORY": utc_now,
        "RETURN_GENERIC_RESPONSES": True,
        "EMAIL_VALIDATOR_ARGS": {"check_deliverability": False},
        "API_ENABLED_METHODS": ["session"],
        "JOIN_USER_ROLES": True,
        "CACHE_CONTROL": None,
        **_passwords(settings),
        **_journeys(),
        **_second_steps(settings),
    }
    if settings.portal_env == "test":
        values["PASSWORD_HASH_PASSLIB_OPTIONS"] = _TEST_HASH
        values["EMAIL_VALIDATOR_ARGS"] = {"check_deliverability": False, "test_environment": True}
    named = {f"SECURITY_{name}": value for name, value in values.items()}
    for name, (text, category) in MESSAGES.items():
        named[f"SECURITY_MSG_{name}"] = (text, category)
    return named


def _passwords(_settings: Settings) -> dict[str, Any]:
    return {
        "PASSWORD_HASH": "argon2",
        "PASSWORD_SCHEMES": ["argon2"],
        # argon2 salts by itself; a second hash under a shared salt adds nothing to lose.
        "PASSWORD_SINGLE_HASH": {"argon2"},
        "PASSWORD_LENGTH_MIN": rules.MIN_PASSWORD,
        "PASSWORD_CONFIRM_REQUIRED": False,
        # Hashes inside signed links, of values that cannot be guessed from them: no need of a
        # slow one, which would hold the write transaction.
        "HASHING_SCHEMES": ["hex_sha256"],
        "DEPRECATED_HASHING_SCHEMES": [],
    }


def _journeys() -> dict[str, Any]:
    return {
        "REGISTERABLE": True,
        "USE_REGISTER_V2": True,
        "CONFIRMABLE": True,
        "RECOVERABLE": True,
        "CHANGEABLE": True,
        "CHANGE_EMAIL": True,
        "LOGOUT_METHODS": ["POST"],
        "FRESHNESS": timedelta(minutes=30),
        "FRESHNESS_GRACE_PERIOD": timedelta(minutes=10),
        "CONFIRM_EMAIL_WITHIN": timedelta(days=3),
        "RESET_PASSWORD_WITHIN": timedelta(days=1),
        "CHANGE_EMAIL_WITHIN": timedelta(days=1),
        "POST_LOGIN_VIEW": "/",
        "POST_LOGOUT_VIEW": "/",
        "POST_REGISTER_VIEW": "account.check_mail",
        "POST_CONFIRM_VIEW": "security.login",
        "POST_CHANGE_VIEW": "account.show",
        "POST_CHANGE_EMAIL_VIEW": "account.show",
        "POST_RESET_VIEW": "security.login",
        "REQUIRES_CONFIRMATION_ERROR_VIEW": "security.send_confirmation",
        # Messages are composed by our own mail, from the names below.
        "EMAIL_PLAINTEXT": False,
        "EMAIL_HTML": False,
        "REGISTER_EMAIL_TEMPLATE": "accounts_confirm",
        "REGISTER_EMAIL_EXISTING_TEMPLATE": "accounts_exists",
        "EMAIL_TEMPLATE_CONFIRM": "accounts_confirm",
        "EMAIL_TEMPLATE_PASSWORD_RESET": "accounts_reset",
        "EMAIL_TEMPLATE_PASSWORD_RESET_NOTICE": "password_reset",
        "EMAIL_TEMPLATE_PASSWORD_CHANGE_NOTICE": "password_changed",
        "CHANGE_EMAIL_EMAIL_TEMPLATE": "accounts_change_email",
    }


def _second_steps(settings: Settings) -> dict[str, Any]:
    return {
        "TWO_FACTOR": True,
        "TWO_FACTOR_ENABLED_METHODS": ["authenticator"],
        "TWO_FACTOR_RESCUE_EMAIL": False,
        "TWO_FACTOR_ALWAYS_VALIDATE": True,
        # One period either side allows for a slow clock or a slow typist.
        "TWO_FACTOR_AUTHENTICATOR_VALIDITY": 30,
        "TWO_FACTOR_POST_SETUP_VIEW": "account.show",
        "TOTP_SECRETS": totp_keys(settings),
        "TOTP_ISSUER": "Part-Time Talent Portal",
        "MULTI_FACTOR_RECOVERY_CODES": True,
        "MULTI_FACTOR_RECOVERY_CODES_N": 8,
        "WEBAUTHN": True,
        "WAN_RP_NAME": "Part-Time Talent Portal",
        # Passkeys that name their owner themselves: nobody can ask which accounts have one.
        "WAN_ALLOW_USER_HINTS": False,
        "WAN_POST_REGISTER_VIEW": "security.wan_register",
    }


MESSAGES: dict[str, tuple[str, str]] = {
    "GENERIC_AUTHN_FAILED": ("The email address or password is wrong. Check both", "error"),
    "GENERIC_RECOVERY": ("If there is an account with that address, a link is on its way", "info"),
    "UNAUTHORIZED": ("Your account does not have access to that page", "error"),
    "UNAUTHENTICATED": ("Sign in to open that page", "info"),
    "REAUTHENTICATION_REQUIRED": ("Before you change that, show that it is you", "info"),
    "REAUTHENTICATION_SUCCESSFUL": ("Thank you. Carry on", "success"),
    "CONFIRM_REGISTRATION": ("We have sent a link to %(email)s", "success"),
    "EMAIL_CONFIRMED": ("Your email address is confirmed. You can sign in now", "success"),
    "ALREADY_CONFIRMED": ("That address is confirmed already. You can sign in", "info"),
    "INVALID_CONFIRMATION_TOKEN": ("That link does not work. Ask for a new one here", "error"),
    "CONFIRMATION_REQUIRED": ("Confirm your email address first: use the link we sent", "error"),
    "CONFIRMATION_REQUEST": (
        "If %(email)s has an account to confirm, a new link is on its way",
        "info",
    ),
    "CONFIRMATION_EXPIRED": ("That link is too old. Ask for a new one here", "error"),
    "PASSWORD_RESET_REQUEST": ("If %(email)s has an account, a link is on its way", "info"),
    "PASSWORD_RESET_EXPIRED": ("That link is too old. Ask for a new one here", "error"),
    "INVALID_RESET_PASSWORD_TOKEN": (
        "That link does not work, or has been used. Ask for a new one here",
        "error",
    ),
    "PASSWORD_RESET_NO_LOGIN": ("Your password is set. Sign in with it", "success"),
    "PASSWORD_CHANGE": (
        "Your password is changed. Every other browser has been signed out",
        "success",
    ),
    "PASSWORD_NOT_PROVIDED": ("Enter your password", "error"),
    "INVALID_PASSWORD": ("That is not your password", "error"),
    "PASSWORD_IS_THE_SAME": ("Choose a password that differs from the present one", "error"),
    "EMAIL_NOT_PROVIDED": ("Enter your email address", "error"),
    "INVALID_EMAIL_ADDRESS": (
        "Enter an email address in the right form, like name@example.com",
        "error",
    ),
    "EMAIL_ALREADY_ASSOCIATED": ("That address cannot be used", "error"),
    "USER_DOES_NOT_EXIST": ("The email address or password is wrong. Check both", "error"),
    "DISABLED_ACCOUNT": ("This account is closed. Ask for help if that is wrong", "error"),
    "INVALID_REDIRECT": ("That address is not on this portal, so it was left out", "error"),
    "ANONYMOUS_USER_REQUIRED": ("You are signed in already", "info"),
    "TWO_FACTOR_INVALID_TOKEN": (
        "That code is wrong or used already. Wait for the next one and try it",
        "error",
    ),
    "TWO_FACTOR_LOGIN_SUCCESSFUL": ("You are signed in", "success"),
    "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL": ("Your second step is set up", "success"),
    "TWO_FACTOR_PERMISSION_DENIED": ("Start again: sign in first", "error"),
    "TWO_FACTOR_METHOD_NOT_AVAILABLE": ("That choice is not offered", "error"),
    "TWO_FACTOR_DISABLED": ("Your second step is switched off", "success"),
    "TWO_FACTOR_SETUP_EXPIRED": ("That took too long. Start again", "error"),
    "INVALID_RECOVERY_CODE": ("That recovery code is wrong or used already", "error"),
    "NO_RECOVERY_CODES_SETUP": ("You have no recovery codes yet", "info"),
    "CHANGE_EMAIL_SENT": ("Use the link we have sent to %(email)s", "success"),
    "CHANGE_EMAIL_CONFIRMED": ("Your email address is changed", "success"),
    "CHANGE_EMAIL_EXPIRED": ("That link is too old. Start again", "error"),
    "API_ERROR": ("That did not work. Start again", "error"),
    "INVALID_INPUT": ("That cannot be used", "error"),
    "WEBAUTHN_EXPIRED": ("That took too long. Start again", "error"),
    "WEBAUTHN_NAME_REQUIRED": ("Enter a name for the passkey", "error"),
    "WEBAUTHN_NAME_INUSE": ("You have a passkey called %(name)s already", "error"),
    "WEBAUTHN_NAME_NOT_FOUND": ("You have no passkey called %(name)s", "error"),
    "WEBAUTHN_NAME_DISALLOWED_CHARACTERS": (
        "Use letters, numbers, spaces, dashes and underscores in the name",
        "error",
    ),
    "WEBAUTHN_CREDENTIAL_DELETED": ("The passkey %(name)s is removed", "success"),
    "WEBAUTHN_REGISTER_SUCCESSFUL": ("The passkey %(name)s is added", "success"),
    "WEBAUTHN_CREDENTIAL_ID_INUSE": ("That passkey is added already", "error"),
    "WEBAUTHN_UNKNOWN_CREDENTIAL_ID": ("We do not know that passkey", "error"),
    "WEBAUTHN_NO_VERIFY": ("The passkey was not accepted. Try again", "error"),
    "WEBAUTHN_CREDENTIAL_WRONG_USAGE": ("That passkey was added for another use", "error"),
    "WEBAUTHN_MISMATCH_USER_HANDLE": ("That passkey belongs to another account", "error"),
}
