"""The account page: name, address, password, second step, passkeys and sessions."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_security.change_email import change_email_confirm
from flask_security.utils import logout_user
from werkzeug.wrappers import Response

from portal.accounts import queries, rules, service, sessions
from portal.accounts.forms import NameForm
from portal.accounts.security.flow import in_one_transaction
from portal.db import unit_of_work
from portal.db.programmes import are_several
from portal.kernel.result import Err
from portal.web.access import current_actor

blueprint = Blueprint("account", __name__, url_prefix="/account")


def _me() -> queries.SignedIn:
    known = sessions.current_sign_in()
    if known is None:
        abort(403)
    return known


@blueprint.get("")
def show() -> str:
    """Everything about the account, with what can be changed."""
    me = _me()
    person = queries.user_by_id(me.user_id)
    if person is None:
        abort(404)
    return render_template(
        "accounts/account.html",
        person=person,
        me=me,
        roles=[rules.STAFF_ROLES[role] for role in sorted(me.roles)],
        must_have_second_step=rules.needs_second_step(me.roles),
        codes_left=len(person.mf_recovery_codes or []),
        passkeys=queries.passkeys(me.user_id),
        open_sessions=queries.open_sessions(me.user_id),
        several=are_several(),
    )


@blueprint.route("/name", methods=["GET", "POST"])
def rename() -> str | Response:
    """Change the name others see."""
    me = _me()
    form = NameForm(data={"name": me.name})
    if form.validate_on_submit():
        with unit_of_work():
            result = service.rename(user_id=me.user_id, name=form.name.data)
        if not isinstance(result, Err):
            flash("Your name is changed", "success")
            return redirect(url_for("account.show"))
        form.refuse(result.problem)
    return render_template("accounts/name.html", form=form)


@blueprint.get("/check-mail")
def check_mail() -> str:
    """After registering: where to go now."""
    return render_template("accounts/check_mail.html")


@blueprint.post("/sessions/<int:session_id>/end")
def end_session(session_id: int) -> Response:
    """Sign out one browser."""
    me = _me()
    with unit_of_work():
        found = sessions.end_one(user_id=me.user_id, session_id=session_id)
    if not found:
        abort(404)
    flash("That browser is signed out", "success")
    return redirect(url_for("account.show", _anchor="sessions"))


@blueprint.post("/sessions/end")
def end_all_sessions() -> Response:
    """Sign out every browser, this one too."""
    actor = current_actor()
    assert actor.user_id is not None  # noqa: S101 - the access table lets only people in
    with unit_of_work():
        service.sign_out_everywhere(user_id=actor.user_id)
    logout_user()
    sessions.forget()
    flash("You are signed out everywhere", "success")
    return redirect(url_for("security.login"))


@blueprint.post("/change-email/<token>/confirm")
def confirm_new_email(token: str) -> Response:
    """Take the new address, from the button behind the mailed link."""
    return in_one_transaction("account.confirm_new_email", lambda: change_email_confirm(token))
