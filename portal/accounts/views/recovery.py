"""Asking for links, and the pages behind mailed links.

Asking does the same work for every address, so neither the words nor the time tell whether there
is an account. A mailed link opens a page with a button: mail scanners follow links, and no GET
writes.
"""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask import request as web_request
from werkzeug.wrappers import Response

from portal.accounts import service, throttle
from portal.accounts.forms import AddressForm, ButtonForm
from portal.db import unit_of_work


def forgot_password() -> str | Response:
    """Ask for a link to choose a new password."""
    return _ask("reset", "security/forgot_password.html")


def send_confirmation() -> str | Response:
    """Ask for another link to confirm an address."""
    return _ask("confirm", "security/send_confirmation.html")


def _ask(purpose: str, template: str) -> str | Response:
    form = AddressForm()
    if web_request.method == "POST" and form.validate():
        counted = throttle.mail_keys(email=form.email.data)
        with unit_of_work():
            if throttle.is_locked(counted):
                abort(429)
            throttle.failed(counted)
            service.ask_for_link(email=form.email.data, purpose=purpose)
        flash(
            f"If there is an account for {form.email.data}, a link is on its way to it. "
            "Look in your junk mail too.",
            "success",
        )
        return redirect(url_for("security.login"))
    return render_template(template, form=form)


def confirm_page(token: str) -> str:
    """The page behind the link that confirms an address."""
    return render_template(
        "accounts/link.html",
        form=ButtonForm(),
        title="Confirm your email address",
        text="One more step: press the button, then sign in.",
        button_text="Confirm my address",
        action=url_for("security.confirm_email", token=token),
    )


def change_email_page(token: str) -> str:
    """The page behind the link that confirms a new address."""
    return render_template(
        "accounts/link.html",
        form=ButtonForm(),
        title="Confirm your new email address",
        text="Press the button to sign in with this address from now on.",
        button_text="Use this address",
        action=url_for("account.confirm_new_email", token=token),
    )
