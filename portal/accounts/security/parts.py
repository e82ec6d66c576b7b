"""The parts Flask-Security lets an application replace: mail, passwords, codes, passkeys."""

from __future__ import annotations

import hmac
from typing import Any

import qrcode
from flask import Flask, current_app
from flask_security.mail_util import MailUtil
from flask_security.password_util import PasswordUtil
from flask_security.recovery_codes import MfRecoveryCodesUtil
from flask_security.totp import Totp
from flask_security.webauthn_util import WebauthnUtil
from markupsafe import Markup
from passlib.exc import TokenError
from passlib.totp import TOTP, AppWallet
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.accounts import mails, queries, rules
from portal.accounts.keys import derived_keys
from portal.accounts.models import User
from portal.kernel.clock import utc_now


class PortalMail(MailUtil):  # type: ignore[misc]
    """Puts the library's messages into the outbox, so that they leave after the commit."""

    def send_mail(
        self,
        template: str,
        subject: str,
        recipient: str | tuple[str, str],
        sender: Any,
        body: str | None,
        html: str | None,
        **kwargs: Any,
    ) -> None:
        """Compose our own message of that name from the tokens the library made."""
        del subject, sender, body, html
        mails.compose(template, to=str(recipient), user=kwargs["user"], context=kwargs)


class PortalPasswords(PasswordUtil):  # type: ignore[misc]
    """Judges new passwords by our own rule."""

    def validate(
        self,
        password: str,
        is_register: bool,  # noqa: FBT001 - the library's signature
        **kwargs: Any,
    ) -> tuple[list[str] | None, str]:
        """The password in one Unicode form, and what is wrong with it."""
        normal = self.normalize(password)
        if is_register:
            email, name = kwargs.get("email"), kwargs.get("name")
        else:
            email, name = kwargs["user"].email, kwargs["user"].name
        fault = rules.password_fault(normal, email=email or "", name=name or "")
        return ([fault] if fault else None), normal


def _locked_and_as_before(person: User) -> bool:
    """Hold the person's row; whether nobody closed the account or ended its sign-ins meanwhile."""
    known = person.fs_uniquifier
    queries.lock_user(person)
    return person.active and person.fs_uniquifier == known


class PortalTotp(Totp):  # type: ignore[misc]
    """Authenticator codes that work once, under keys that can be changed."""

    def __init__(self, secrets: dict[str, str], issuer: str) -> None:
        wallet = AppWallet(secrets=secrets, default_tag=next(iter(secrets)))
        self._totp = TOTP.using(issuer=issuer, wallet=wallet, now=lambda: utc_now().timestamp())

    def verify_totp(self, token: str, totp_secret: str, user: Any, window: int = 0) -> bool:
        """Whether the code is right now and has not been used.

        The person's row is locked first, so that two tries with one code cannot both pass.
        """
        person: User = getattr(user, "_get_current_object", lambda: user)()
        if not _locked_and_as_before(person):
            return False
        # A new secret starts afresh: its codes say nothing about those of the last one.
        known = person.tf_last_counter if person.tf_totp_secret == totp_secret else None
        try:
            match = self._totp.verify(token, totp_secret, window=window, last_counter=known)
        except (TokenError, ValueError):
            return False
        person.tf_last_counter = match.counter
        return True

    def generate_qrcode(self, username: str, totp: str) -> Markup:
        """The code as an inline drawing: no image to fetch and no style of its own."""
        code = qrcode.QRCode(border=4, error_correction=qrcode.constants.ERROR_CORRECT_M)
        code.add_data(self.get_totp_uri(username, totp))
        matrix = code.get_matrix()
        size = len(matrix)
        path = "".join(
            f"M{x} {y}h1v1h-1z"
            for y, row in enumerate(matrix)
            for x, dark in enumerate(row)
            if dark
        )
        return Markup(  # noqa: S704 - numbers of our own making
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="232" '
            f'height="232" role="img" aria-labelledby="qr-title" shape-rendering="crispEdges">'
            f'<title id="qr-title">Code to scan with your authenticator app</title>'
            f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/><path fill="#000" d="{path}"/></svg>'
        )


class HashedRecoveryCodes(MfRecoveryCodesUtil):  # type: ignore[misc]
    """Recovery codes kept as keyed hashes: shown once when made, never again."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app)
        self._keys = derived_keys(app.config["SETTINGS"], "recovery-codes")

    def _hashes(self, code: str) -> list[str]:
        plain = "".join(character for character in code.lower() if character.isalnum())
        return [hmac.digest(key, plain.encode(), "sha256").hex() for key in self._keys]

    def create_recovery_codes(self, user: Any) -> list[str]:
        """New codes in place of all earlier ones."""
        count = current_app.config["SECURITY_MULTI_FACTOR_RECOVERY_CODES_N"]
        codes: list[str] = current_app.extensions["security"].totp_factory.generate_recovery_codes(
            count
        )
        user.mf_recovery_codes = [self._hashes(code)[0] for code in codes]
        return codes

    def get_recovery_codes(self, user: Any) -> list[str]:
        """Nothing: the codes themselves are not kept."""
        del user
        return []

    def check_recovery_code(self, user: Any, code: str) -> bool:
        """Whether the code is one of the person's unused ones."""
        return _locked_and_as_before(user) and self._place(user, code) is not None

    def delete_recovery_code(self, user: Any, code: str) -> bool:
        """Use the code up."""
        place = self._place(user, code)
        if place is None:
            return False
        left = list(user.mf_recovery_codes or [])
        left.pop(place)
        user.mf_recovery_codes = left
        return True

    def _place(self, user: Any, code: str) -> int | None:
        found = None
        for candidate in self._hashes(code):
            for index, kept in enumerate(user.mf_recovery_codes or []):
                if hmac.compare_digest(candidate, kept):
                    found = index
        return found


class PortalWebauthn(WebauthnUtil):  # type: ignore[misc]
    """What we ask of passkeys."""

    def authenticator_selection(self, user: Any, usage: str) -> AuthenticatorSelectionCriteria:
        """Any kind of passkey; one that stands for the password must check its owner."""
        del user
        first = usage == "first"
        return AuthenticatorSelectionCriteria(
            resident_key=(
                ResidentKeyRequirement.REQUIRED if first else ResidentKeyRequirement.PREFERRED
            ),
            user_verification=(
                UserVerificationRequirement.REQUIRED
                if first
                else UserVerificationRequirement.PREFERRED
            ),
        )

    def user_verification(self, user: Any, usage: list[str]) -> UserVerificationRequirement:
        """Demanded where the passkey is all there is."""
        del user
        if usage == ["first"]:
            return UserVerificationRequirement.REQUIRED
        return UserVerificationRequirement.PREFERRED
