"""Which kinds of mail somebody gets: stopped with one press in a mail, or chosen in the account."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.db import unit_of_work
from portal.kernel.result import Err
from portal.network.forms.members import EmptyForm, MailForm
from portal.network.queries import mails as queries
from portal.network.rules.words import MAIL_KINDS
from portal.network.service import mails
from portal.network.views import blueprint
from portal.web.access import current_actor
from portal.web.security import csrf


def stop(token: str) -> ResponseReturnValue:
    """Send an address no more mail of a kind, at once.

    A mail program posts here by itself (RFC 8058) and has no form token, so none is asked for: the
    signed link is the key, and all it does is stop mail.
    """
    found = mails.read_token(token)
    if isinstance(found, Err):
        return render_template("network/mail/bad_link.html", problem=found.problem), 404
    email, kind = found.value
    with unit_of_work():
        mails.refuse(email=email, kind=kind)
    return render_template(
        "network/mail/stopped.html",
        email=email,
        kind=MAIL_KINDS[kind],
        token=token,
        form=EmptyForm(),
    )


@blueprint.get("/mail/stop/<token>")
def unsubscribe(token: str) -> ResponseReturnValue:
    """Which mail the link is about, with a button: opening a link changes nothing."""
    found = mails.read_token(token)
    if isinstance(found, Err):
        return render_template("network/mail/bad_link.html", problem=found.problem), 404
    email, kind = found.value
    return render_template(
        "network/mail/stop.html",
        email=email,
        kind=MAIL_KINDS[kind],
        token=token,
        stopped=queries.refuses(email, kind),
        form=EmptyForm(),
    )


csrf.exempt(stop)
blueprint.add_url_rule(
    "/mail/stop/<token>", endpoint="unsubscribe_now", view_func=stop, methods=["POST"]
)


@blueprint.post("/mail/start/<token>")
def resume_mail(token: str) -> ResponseReturnValue:
    """Take it back: whoever pressed by mistake gets the mail again."""
    found = mails.read_token(token)
    if isinstance(found, Err):
        return render_template("network/mail/bad_link.html", problem=found.problem), 404
    email, kind = found.value
    with unit_of_work():
        mails.allow(email=email, kind=kind)
    flash("You get this mail again.", "success")
    return redirect(url_for("network.unsubscribe", token=token))


@blueprint.route("/account/mail", methods=["GET", "POST"])
def mail_choices() -> ResponseReturnValue:
    """Every kind of mail of the network, on or off, for the address of the account."""
    email = (current_actor().email or "").lower()
    refused = queries.refused_kinds(email)
    form = MailForm(data={"kinds": [kind for kind in MAIL_KINDS if kind not in refused]})
    if form.validate_on_submit():
        wanted = set(form.kinds.data or ())
        with unit_of_work():
            for kind in MAIL_KINDS:
                if kind not in wanted and kind not in refused:
                    mails.refuse(email=email, kind=kind)
                elif kind in wanted and kind in refused:
                    mails.allow(email=email, kind=kind)
        flash("Your choices about mail are saved.", "success")
        return redirect(url_for("network.mail_choices"))
    return render_template("network/mail/choices.html", form=form, email=email)
