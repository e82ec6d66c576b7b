"""Forms of sign-in, on Flask-Security's.

The sign-in forms note whether a credential was tried and whether it was right; the view's wrapper
counts that (see ``security.flow``).
"""

from __future__ import annotations

from typing import Any

from flask import g
from flask_security import forms as library
from flask_security.recovery_codes import MfRecoveryForm
from flask_security.tf_plugin import TwoFactorSelectForm
from flask_security.webauthn import (
    WebAuthnRegisterForm,
    WebAuthnRegisterResponseForm,
    WebAuthnSigninResponseForm,
)
from wtforms import StringField as PlainStringField
from wtforms.validators import AnyOf, DataRequired, Length, ValidationError

from portal.accounts import rules, sessions

TRY_PASSED = "account_try_passed"
UNCONFIRMED = "account_unconfirmed"


def _note_try(*, passed: bool) -> None:
    setattr(g, TRY_PASSED, passed)


class SignInForm(library.LoginForm):  # type: ignore[misc]
    """Address and password. No "remember me": a session lasts as long as its row says."""

    remember = None

    def validate(self, **kwargs: Any) -> bool:
        """As the library does, noting how the try went."""
        valid: bool = super().validate(**kwargs)
        if self.ifield is not None:
            _note_try(passed=self.user_authenticated)
        if self.requires_confirmation:
            setattr(g, UNCONFIRMED, True)
        return valid


class ShowItIsYouForm(library.VerifyForm):  # type: ignore[misc]
    """The password once more, before something sensitive."""

    def validate(self, **kwargs: Any) -> bool:
        """As the library does, noting how the try went."""
        valid: bool = super().validate(**kwargs)
        if self.password.data:
            _note_try(passed=valid)
        return valid


class ChangePasswordForm(library.ChangePasswordForm):  # type: ignore[misc]
    """The present password and a new one."""

    new_password_confirm = None

    def validate(self, **kwargs: Any) -> bool:
        """As the library does, noting whether the present password was right."""
        valid: bool = super().validate(**kwargs)
        wrong = any("not your password" in str(message) for message in self.password.errors)
        if self.password.data and self.new_password.data:
            _note_try(passed=not wrong)
        return valid


class ResetPasswordForm(library.ResetPasswordForm):  # type: ignore[misc]
    """A new password, shown on request rather than typed twice."""

    password_confirm = None


class RegisterForm(library.RegisterFormV2):  # type: ignore[misc]
    """Name, address and password."""

    name = PlainStringField(
        "Your name",
        filters=[lambda value: " ".join(value.split()) if value else value],
        validators=[
            DataRequired("Enter your name"),
            Length(max=120, message="Name must be 120 characters or fewer"),
        ],
    )

    def validate(self, **kwargs: Any) -> bool:
        """As the library does, with the address as it is kept.

        Otherwise the message after registering would show the kept form of a new address and the
        typed form of a known one, and so tell which it was.
        """
        if self.email.data:
            self.email.data = rules.normal_email(self.email.data)
        valid: bool = super().validate(**kwargs)
        return valid


class CodeForm(library.TwoFactorVerifyCodeForm):  # type: ignore[misc]
    """The six figures of an authenticator app, spaces allowed."""

    def validate(self, **kwargs: Any) -> bool:
        """As the library does, noting how the try went and that a second step was proved."""
        if isinstance(self.code.data, str):
            self.code.data = "".join(self.code.data.split())
        valid: bool = super().validate(**kwargs)
        if self.code.data and not self.is_setup:
            _note_try(passed=valid)
        if valid:
            sessions.note_second_step()
        return valid


class RecoveryCodeForm(MfRecoveryForm):  # type: ignore[misc]
    """One of the recovery codes, used once."""

    def validate(self, **kwargs: Any) -> bool:
        """As the library does, noting how the try went and that a second step was proved."""
        valid: bool = super().validate(**kwargs)
        if self.code.data:
            _note_try(passed=valid)
        if valid:
            sessions.note_second_step()
        return valid


class SecondStepSetupForm(library.TwoFactorSetupForm):  # type: ignore[misc]
    """Which second step to set up, or that it is switched off."""

    setup = PlainStringField("Second step")


class ChoiceField(PlainStringField):
    """One of the choices the library's view gives it; each is a button on our page."""

    choices: list[tuple[str, str]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = []

    def pre_validate(self, form: Any) -> None:
        """Refuse what was not offered."""
        del form
        if self.data not in [value for value, _label in self.choices]:
            raise ValidationError("Choose one of the second steps offered")


class SecondStepChoiceForm(TwoFactorSelectForm):  # type: ignore[misc]
    """Which of several second steps to use now."""

    which = ChoiceField("Second step")


class RescueForm(library.TwoFactorRescueForm):  # type: ignore[misc]
    """Only read by the library, to learn what help it may offer; we link to recovery codes."""

    help_setup = ChoiceField("Help")


class PasskeyForm(WebAuthnRegisterForm):  # type: ignore[misc]
    """A name for a new passkey, and what it will stand for."""

    usage = PlainStringField(
        "Use",
        default="first",
        validators=[AnyOf(["first", "secondary"], "Choose how you will use the passkey")],
    )


class PasskeyAnswerForm(WebAuthnSigninResponseForm):  # type: ignore[misc]
    """What the browser's passkey answered."""

    def validate(self, **kwargs: Any) -> bool:
        """As the library does. A passkey that checked its owner is both steps at once."""
        valid: bool = super().validate(**kwargs)
        if valid and self.user is not None and self.user.confirmed_at is None:
            return False
        if valid and (self.is_secondary or self.mf_check):
            sessions.note_second_step()
        return valid


class NewPasskeyForm(WebAuthnRegisterResponseForm):  # type: ignore[misc]
    """What the browser answered when a passkey was made."""

    def validate(self, **kwargs: Any) -> bool:
        """As the library does, without keeping the browser's free-form extensions."""
        valid: bool = super().validate(**kwargs)
        self.extensions = ""
        return valid


SECURITY_FORMS: dict[str, Any] = {
    "login_form": SignInForm,
    "verify_form": ShowItIsYouForm,
    "register_form": RegisterForm,
    "reset_password_form": ResetPasswordForm,
    "change_password_form": ChangePasswordForm,
    "two_factor_verify_code_form": CodeForm,
    "two_factor_setup_form": SecondStepSetupForm,
    "two_factor_select_form": SecondStepChoiceForm,
    "two_factor_rescue_form": RescueForm,
    "wan_register_form": PasskeyForm,
    "mf_recovery_form": RecoveryCodeForm,
    "wan_signin_response_form": PasskeyAnswerForm,
    "wan_register_response_form": NewPasskeyForm,
}
