"""The wrapper round every sign-in view: what is slow first, then one transaction, then the rest.

A POST to one of Flask-Security's views runs in a unit of work, since those views write through
the datastore and expect it to commit. Before it begins, password hashes are worked out (see
``hashing``); inside it, failures are counted and a locked key is refused whether or not the
credential was right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, abort, current_app, flash, g, make_response, redirect, request, url_for
from flask import session as cookie
from flask_security.utils import get_message
from werkzeug.wrappers import Response

from portal.accounts import mails, queries, rules, sessions, throttle
from portal.accounts.security import forms
from portal.accounts.security.hashing import is_worth_hashing
from portal.db import unit_of_work
from portal.web.security import limiter

View = Callable[..., Any]
# On top of the counters in the database, by address and process: guesses at links and codes, and
# mail to other people's addresses.
_LIMITS = {
    "security.login": "100 per 15 minutes",
    "security.register": "30 per hour",
    "security.forgot_password": "30 per hour",
    "security.send_confirmation": "30 per hour",
    "security.change_email": "20 per hour",
}
_LIMIT = "120 per 15 minutes"
_CODE_VIEWS = {"security.two_factor_token_validation", "security.mf_recovery"}
_UNUSED = ("security.two_factor_rescue",)


def fit_views(app: Flask, *, replaced: Mapping[str, View], link_pages: Mapping[str, View]) -> None:
    """Wrap every view of the sign-in library.

    ``replaced`` views stand in for the library's altogether; ``link_pages`` answer the GET of a
    mailed link with a page and a button, since the library's own GET writes.
    """
    for endpoint, view in list(app.view_functions.items()):
        if not endpoint.startswith("security."):
            continue
        if endpoint in _UNUSED:
            fitted: View = _gone
        elif endpoint in replaced:
            fitted = replaced[endpoint]
        else:
            fitted = _fitted(endpoint, view, link_pages.get(endpoint))
        limited = limiter.limit(_LIMITS.get(endpoint, _LIMIT), methods=["POST"], scope=endpoint)
        app.view_functions[endpoint] = limited(fitted)


def _gone(**_values: Any) -> Response:
    abort(404)


def _fitted(endpoint: str, view: View, link_page: View | None) -> View:
    def run(**values: Any) -> Response:
        if request.method != "POST":
            if endpoint in _CODE_VIEWS and "tf_state" not in cookie and sessions.current_sign_in():
                # Nobody waits for a code: the library would sign out whoever follows such a link.
                return redirect(url_for("account.show"))
            return make_response((link_page or view)(**values))
        return in_one_transaction(endpoint, lambda: view(**values))

    run.__name__ = endpoint.replace(".", "_")
    return run


def in_one_transaction(endpoint: str, act: Callable[[], Any]) -> Response:
    """Do the work of a sign-in view as one user action."""
    counted, mailing = _counted(endpoint), _mailing(endpoint)
    if throttle.is_locked({**counted, **mailing}, lock=False):
        abort(429)
    _prepare_hashes(endpoint)
    setting_up = cookie.get("tf_state") == "validating_profile"
    recovering = endpoint == "security.mf_recovery"
    with unit_of_work():
        if throttle.is_locked({**counted, **mailing}):
            abort(429)
        if endpoint == "security.logout":
            sessions.end_current()
        response = make_response(act())
        _count(counted)
        if mailing and (_is_redirect(response) or endpoint == "security.change_email"):
            throttle.failed(mailing)
        signed_in = sessions.just_signed_in()
        if signed_in is not None and (recovering or setting_up):
            person = queries.user_by_id(signed_in)
            assert person is not None  # noqa: S101 - has just signed in
            kind = "recovery_code_used" if recovering else "second_step_on"
            mails.send_notice(kind, to=person.email, name=person.name)
    sessions.run_signed_in_hooks()
    if signed_in is not None and setting_up:
        return redirect(url_for("security.mf_recovery_codes"))
    if g.pop(forms.UNCONFIRMED, False):
        flash(get_message("CONFIRMATION_REQUIRED")[0], "info")
        return redirect(url_for("security.send_confirmation"))
    return _only_own_paths(response)


def _is_redirect(response: Response) -> bool:
    return 300 <= response.status_code < 400  # noqa: PLR2004


def _only_own_paths(response: Response) -> Response:
    target = response.headers.get("Location")
    if target is not None:
        path = target.removeprefix(request.host_url.rstrip("/"))
        response.headers["Location"] = rules.own_path(path) or "/"
    return response


def _counted(endpoint: str) -> Mapping[str, str]:
    if endpoint == "security.login":
        return throttle.keys(email=_typed_email())
    if endpoint in {"security.verify", "security.change_password"}:
        known = sessions.current_sign_in()
        return throttle.keys(email=known.email) if known else {}
    if endpoint in _CODE_VIEWS and cookie.get("tf_state") == "ready":
        user_id = queries.user_id_by_uniquifier(str(cookie.get("tf_user_id")))
        return throttle.keys(second_step_user=user_id) if user_id else {}
    return {}


def _typed_email() -> str:
    return request.form.get("email", "")


def _mailing(endpoint: str) -> Mapping[str, str]:
    # Each of these writes to whatever address is typed, whoever's it is.
    if endpoint in {"security.register", "security.change_email"}:
        return throttle.mail_keys(email=_typed_email(), by_address=False)
    return {}


def _count(counted: Mapping[str, str]) -> None:
    passed = g.pop(forms.TRY_PASSED, None)
    if not counted or passed is None:
        return
    if passed:
        throttle.succeeded(counted)
    else:
        throttle.failed(counted)


def _prepare_hashes(endpoint: str) -> None:
    security = current_app.extensions["security"]
    context = security.pwd_context

    def typed(name: str) -> str:
        return str(security.password_util.normalize(request.form.get(name, "")))

    stored: str | None = None
    raw = request.form.get("password", "")
    tried = is_worth_hashing(raw) and is_worth_hashing(typed("password"))
    if endpoint == "security.login" and not tried:
        context.spare(raw)
    elif endpoint == "security.login":
        stored = queries.password_hash(email=throttle.address_typed(_typed_email()))
        if stored is None:
            # One hash either way: an account that does not exist takes just as long. The library
            # asks for that of what was typed, as it was typed.
            context.hash(raw)
    elif endpoint in {"security.verify", "security.change_password"}:
        known = sessions.current_sign_in()
        stored = queries.password_hash(email=known.email) if known else None
    if stored is not None and tried:
        context.verify(typed("password"), stored)
    new = {
        "security.register": "password",
        "security.reset_password": "password",
        "security.change_password": "new_password",
    }.get(endpoint)
    if new and rules.MIN_PASSWORD <= len(typed(new)) <= rules.MAX_PASSWORD:
        context.hash(typed(new))
