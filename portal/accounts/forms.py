"""The account pages' own forms; those of the sign-in library are in ``security/forms.py``."""

from __future__ import annotations

from portal.web.forms import EmailField, Form, SelectField, StringField


class AddressForm(Form):
    """An email address to send a link to."""

    email = EmailField("Email address", required="Enter your email address")


class NameForm(Form):
    """The name others see."""

    name = StringField("Your name", required="Enter your name", max_length=120)


class ProgrammeForm(Form):
    """Another programme of the installation, to link an account of."""

    programme = SelectField("Programme", blank="Choose one", required="Choose a programme")


class ButtonForm(Form):
    """A button and its CSRF token: nothing to fill in."""
