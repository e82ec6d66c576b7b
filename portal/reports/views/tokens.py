"""Tokens by which other programs read reports: the list, making one, revoking one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.clock import today
from portal.kernel.ids import normalise_reference
from portal.kernel.result import Err
from portal.reports.forms.tokens import RevokeForm, TokenForm
from portal.reports.offers import is_backed
from portal.reports.queries import tokens as queries
from portal.reports.service import tokens as service
from portal.reports.views import blueprint
from portal.web.access import current_author
from portal.web.security import limiter

_STATES = {
    "active": ("Works", "green"),
    "expired": ("Expired", "grey"),
    "revoked": ("Revoked", ""),
    "unbacked": ("Stopped", "red"),
}


@blueprint.get("/reports/tokens")
def tokens() -> ResponseReturnValue:
    """Every token, and the form for another."""
    return _page(TokenForm.fresh())


@blueprint.post("/reports/tokens")
@limiter.limit("20/hour")
def token_make() -> ResponseReturnValue:
    """Make a token and show it, once."""
    form = TokenForm()
    if not form.validate_on_submit():
        return _page(form)
    with unit_of_work():
        made = service.make(
            name=form.name.data,
            scope=str(form.scope.data),
            expires_on=form.expires_on.data,
            by=current_author(),
        )
    if isinstance(made, Err):
        form.refuse(made.problem)
        return _page(form)
    reference, secret = made.value
    token = queries.token_of(reference)
    # Never behind a redirect: it must be kept nowhere, and no answer of ours is cached.
    return render_template(
        "reports/token.html",
        token=token,
        secret=secret,
    )


@blueprint.post("/reports/tokens/<token>/revoke")
def token_revoke(token: str) -> ResponseReturnValue:
    """Let a token open nothing more."""
    if not RevokeForm().validate_on_submit():
        abort(400)
    with unit_of_work():
        done = service.revoke(normalise_reference(token), by=current_author())
    if isinstance(done, Err):
        abort(404)
    flash("The token is revoked. Whatever used it reads nothing any more.", "success")
    return redirect(url_for("reports.tokens"))


def _page(form: TokenForm) -> str:
    day = today()
    # Makers are a few managers, however many tokens they made.
    backed = cache(is_backed)
    lines = [(one, *_STATES[_state(one, day, backed)]) for one in queries.tokens()]
    return render_template("reports/tokens.html", form=form, lines=lines, revoke=RevokeForm())


def _state(token: queries.Token, day: date, backed: Callable[[str, int | None], bool]) -> str:
    state = token.state(day)
    return "unbacked" if state == "active" and not backed(token.scope, token.made_by) else state
